"""Forgejo Actions.

- Runners from 7.0 on set ``FORGEJO_ACTIONS``, ``GITEA_ACTIONS`` and ``ACT``. They set GitHub's
  variables under their own names and as ``FORGEJO_…``. Older runners set ``GITEA_ACTIONS`` only and
  are taken for Gitea's.
- ``forgejo-runner exec`` runs a workflow on one's own machine, with ``FORGEJO_ACTIONS`` too.
  ``ACT_EXEC`` marks it.
- The page of a run ends in its number within the repository, not in its id.
- ``GITHUB_SERVER_URL`` is the address at which the runner was registered. It may work inside one
  network only.
- On a pull request the ref and the commit are the head's, and there is no merge commit. On
  ``pull_request_target`` they are the base's.
- ``GITHUB_RUN_ATTEMPT`` counts the job's tries. The event of a called workflow is
  ``workflow_call``.
"""

from __future__ import annotations

from dataclasses import replace

from conda_provenance.systems.github.actions import ACTIONS

ADAPTER = replace(
    ACTIONS,
    provider="forgejo",
    name="Forgejo Actions",
    docs="https://forgejo.org/docs/latest/user/actions/reference/",
    active=("FORGEJO_ACTIONS",),
    unless=("ACT_EXEC",),
    forge="conda_provenance.systems.gitea.forge:FORGE",
    forge_api="conda_provenance.systems.forgejo.forge_api:ForgejoApi",
    run_api="conda_provenance.systems.forgejo.run_api:ForgejoRuns",
    run_url="{GITHUB_SERVER_URL:(.*?)/*}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_NUMBER}",
)
