"""Gitea Actions.

- It sets GitHub's variables, and its runner ``ACT`` (newer ones need not), being made from nektos/act; ``GITEA_ACTIONS`` tells.
- Forgejo's runner sets ``GITEA_ACTIONS`` as well.
- A run's page ends in the run's number up to Gitea 1.25 and in its id from 1.26 on. No variable tells the server's version
  (``GITEA_ACTIONS_RUNNER_VERSION`` is the runner's), and the number of one run may be another's id: no page.
- ``GITHUB_SERVER_URL`` is the address at which the runner was registered, which may be known inside one network only.
- On a pull request the ref and the commit are the head's: there is no merge commit. On ``pull_request_target``
  they are the base's.
- A pull request without a branch of its own has ``GITHUB_HEAD_REF=refs/pull/3/head``.
- ``GITHUB_RUN_ATTEMPT`` counts the job's tries before Gitea counted the run's. A called workflow's event is ``workflow_call``.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter
from conda_provenance.systems.github.event import branch, head_remote_url, head_sha, pull_request

ADAPTER = Adapter(
    provider="gitea",
    name="Gitea Actions",
    docs="https://docs.gitea.com/usage/actions/actions-variables",
    active=("GITEA_ACTIONS",),
    unless=("FORGEJO_ACTIONS", "ACT_EXEC"),
    run_id="{GITHUB_RUN_ID:[1-9]\\d*}",
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
    left_out={
        "run_url": "the page ends in the run's number up to Gitea 1.25 and in its id from 1.26 on, and no variable says which"
    },
)
