"""What GitHub Actions, Gitea Actions and Forgejo Actions have in common.

Gitea and Forgejo took over GitHub's variables. Each of the three is this adapter with another name,
marks of its own, and the facts in which it differs.
"""

from __future__ import annotations

from conda_provenance.ci import Adapter
from conda_provenance.systems.github.event import branch, head_remote_url, head_sha, pull_request

ACTIONS = Adapter(
    provider="actions",
    name="Actions",
    docs="https://docs.github.com/en/actions/reference/workflows-and-actions/variables",
    active=("GITHUB_ACTIONS",),
    run_id=r"{GITHUB_RUN_ID:[1-9]\d*}",
    sha="{GITHUB_SHA}",
    remote_url="{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}",
    workspace="{GITHUB_WORKSPACE}",
    event="{GITHUB_EVENT_NAME}",
    branch=branch,
    tag="{GITHUB_REF:refs/tags/(.+)}",
    pull_request=pull_request,
    head_sha=head_sha,
    head_remote_url=head_remote_url,
    attempt="{GITHUB_RUN_ATTEMPT}",
)
"""It is not a system by itself: its provider's name is never used."""
