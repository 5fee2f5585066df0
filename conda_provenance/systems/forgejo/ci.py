"""Forgejo Actions.

- Runners from 7.0 on set ``FORGEJO_ACTIONS``, GitHub's variables, the same as ``FORGEJO_…``, ``GITEA_ACTIONS`` and ``ACT``.
  Older ones set ``GITEA_ACTIONS`` only: they are taken for Gitea's.
- ``forgejo-runner exec`` runs a workflow on somebody's own machine, with ``FORGEJO_ACTIONS`` too; ``ACT_EXEC`` tells it.
- A run's page ends in its number within the repository, not in its id.
- ``GITHUB_SERVER_URL`` is the address at which the runner was registered, which may be known inside one network only.
- On a pull request the ref and the commit are the head's: there is no merge commit. On ``pull_request_target``
  they are the base's.
- ``GITHUB_RUN_ATTEMPT`` counts the job's tries. A called workflow's event is ``workflow_call``.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter
from conda_provenance.systems.github.event import branch, head_remote_url, head_sha, pull_request

ADAPTER = Adapter(
    provider="forgejo",
    name="Forgejo Actions",
    docs="https://forgejo.org/docs/latest/user/actions/reference/",
    active=("FORGEJO_ACTIONS",),
    unless=("ACT_EXEC",),
    run_id="{GITHUB_RUN_ID:[1-9]\\d*}",
    run_url="{GITHUB_SERVER_URL:(.*?)/*}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_NUMBER}",
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
