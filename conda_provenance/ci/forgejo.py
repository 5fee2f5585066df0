"""Forgejo Actions: https://forgejo.org/docs/latest/user/actions/reference/

- It sets GitHub's variables and ``GITEA_ACTIONS`` too: asked before both. Old runners set only ``GITEA_ACTIONS``.
- A run's page ends in the run's number, by what Codeberg's links look like; it is not documented: no page.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter, Environ


def is_active(environ: Environ) -> bool:
    return environ.on("FORGEJO_ACTIONS")


def read(environ: Environ) -> dict[str, str | None]:
    return {
        "run_id": environ.get("GITHUB_RUN_ID"),
        "sha": environ.get("GITHUB_SHA"),
        "remote_url": environ.fill("{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}"),
        "workspace": environ.get("GITHUB_WORKSPACE"),
    }


ADAPTER = Adapter("forgejo", "Forgejo Actions", "https://forgejo.org/docs/latest/user/actions/reference/", is_active, read)
