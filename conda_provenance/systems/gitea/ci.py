"""Gitea Actions.

- Its runner is made from nektos/act. It sets GitHub's variables and ``ACT``, which newer ones may
  leave out. ``GITEA_ACTIONS`` tells it apart.
- Forgejo's runner sets ``GITEA_ACTIONS`` as well.
- The page of a run ends in the run's number up to Gitea 1.25, and in its id from 1.26 on. No
  variable has the server's version (``GITEA_ACTIONS_RUNNER_VERSION`` is the runner's), and the
  number of one run may be the id of another. So there is no page.
- ``GITHUB_SERVER_URL`` is the address at which the runner was registered. It may work inside one
  network only.
- On a pull request the ref and the commit are the head's, and there is no merge commit. On
  ``pull_request_target`` they are the base's.
- A pull request without a branch of its own has ``GITHUB_HEAD_REF=refs/pull/3/head``.
- ``GITHUB_RUN_ATTEMPT`` counts the job's tries in older versions of Gitea and the run's in newer
  ones. The event of a called workflow is ``workflow_call``.
"""

from __future__ import annotations

from dataclasses import replace

from conda_provenance.systems.github.actions import ACTIONS

ADAPTER = replace(
    ACTIONS,
    provider="gitea",
    name="Gitea Actions",
    docs="https://docs.gitea.com/usage/actions/actions-variables",
    active=("GITEA_ACTIONS",),
    unless=("FORGEJO_ACTIONS", "ACT_EXEC"),
    forge="conda_provenance.systems.gitea.forge:FORGE",
    forge_api="conda_provenance.systems.gitea.forge_api:GiteaApi",
    run_api="conda_provenance.systems.gitea.run_api:GiteaRuns",
    left_out={
        "run_url": "the page ends in the run's number up to Gitea 1.25 and in its id from 1.26 on, "
        "and no variable says which"
    },
)
