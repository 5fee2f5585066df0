"""Forgejo Actions.

- It sets GitHub's variables and ``GITEA_ACTIONS`` too. Old runners set only ``GITEA_ACTIONS``: they are taken for Gitea's.
- A run's page ends in the run's number, by what Codeberg's links look like; it is not documented: no page.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter
from conda_provenance.ci.github_event import head_remote_url, head_sha

ADAPTER = Adapter(
    provider="forgejo",
    name="Forgejo Actions",
    docs="https://forgejo.org/docs/latest/user/actions/reference/",
    active=("FORGEJO_ACTIONS",),
    unless=(),
    run_id="{GITHUB_RUN_ID}",
    sha="{GITHUB_SHA}",
    remote_url="{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}",
    workspace="{GITHUB_WORKSPACE}",
    event="{GITHUB_EVENT_NAME}",
    branch=("{GITHUB_HEAD_REF}", "{GITHUB_REF:refs/heads/(.+)}"),
    tag="{GITHUB_REF:refs/tags/(.+)}",
    pull_request="{GITHUB_REF:refs/pull/(\\d+)/.+}",
    merge="{GITHUB_REF:refs/pull/\\d+/merge}",
    head_sha=head_sha,
    head_remote_url=head_remote_url,
    attempt="{GITHUB_RUN_ATTEMPT}",
    left_out={"run_url": "the form of the page is not documented"},
)
