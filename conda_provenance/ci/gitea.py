"""Gitea Actions: https://docs.gitea.com/usage/actions/actions-variables

- It sets GitHub's variables, and its runner ``ACT``, being made from nektos/act; ``GITEA_ACTIONS`` alone tells.
- Forgejo's runner sets ``GITEA_ACTIONS`` as well.
- A run's page ends in the run's number in older versions and in its id in newer ones, and the
  environment does not say which: no page.
- ``GITHUB_SERVER_URL`` ends in a slash.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter, Environ


def is_active(environ: Environ) -> bool:
    return environ.on("GITEA_ACTIONS") and not environ.on("FORGEJO_ACTIONS")


def read(environ: Environ) -> dict[str, str | None]:
    return {
        "run_id": environ.get("GITHUB_RUN_ID"),
        "sha": environ.get("GITHUB_SHA"),
        "remote_url": environ.fill("{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}"),
        "workspace": environ.get("GITHUB_WORKSPACE"),
    }


ADAPTER = Adapter("gitea", "Gitea Actions", "https://docs.gitea.com/usage/actions/actions-variables", is_active, read)
