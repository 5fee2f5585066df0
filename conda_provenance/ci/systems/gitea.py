"""Gitea Actions.

- It sets GitHub's variables, and its runner ``ACT``, being made from nektos/act; ``GITEA_ACTIONS`` alone tells.
- Forgejo's runner sets ``GITEA_ACTIONS`` as well.
- A run's page ends in the run's number in older versions and in its id in newer ones, and the environment does not say
  which: no page.
- ``GITHUB_SERVER_URL`` ends in a slash.
- On a pull request the ref is the head's: there is no merge commit.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter
from conda_provenance.ci.github_event import head_remote_url, head_sha

ADAPTER = Adapter(
    provider="gitea",
    name="Gitea Actions",
    docs="https://docs.gitea.com/usage/actions/actions-variables",
    active=("GITEA_ACTIONS",),
    unless=("FORGEJO_ACTIONS",),
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
    left_out={
        "run_url": "the page ends in the run's number in older versions and in its id in newer ones, and no variable says which"
    },
)
