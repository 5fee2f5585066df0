"""Woodpecker CI: https://woodpecker-ci.org/docs/usage/environment

- ``CI`` is ``woodpecker`` unless somebody sets it anew, as conda-smithy does (``drone``); ``CI_SYSTEM_NAME`` says the same.
- Numbers count within one repository: the id names the server and the repository with them.
- 1.0 renamed ``CI_BUILD_…`` to ``CI_PIPELINE_…``; the older ``CI_BUILD_LINK`` was the forge's page, not the run's.
"""

from __future__ import annotations

import re

from conda_provenance.ci.adapter import Adapter, Environ


def is_active(environ: Environ) -> bool:
    return "woodpecker" in (environ.get("CI_SYSTEM_NAME"), environ.get("CI"))


def read(environ: Environ) -> dict[str, str | None]:
    return {
        "run_id": _run_id(environ),
        "run_url": environ.get("CI_PIPELINE_URL"),
        "sha": environ.get("CI_COMMIT_SHA"),
        "remote_url": environ.first("CI_REPO_CLONE_URL", "CI_REPO_URL"),
        "workspace": environ.get("CI_WORKSPACE"),
    }


def _run_id(environ: Environ) -> str | None:
    repository, number = environ.get("CI_REPO"), environ.first("CI_PIPELINE_NUMBER", "CI_BUILD_NUMBER")
    # Some versions give the server's whole URL as its host.
    host = re.fullmatch(r"(?:https?://)?([\w.:\[\]-]+)/?", environ.get("CI_SYSTEM_HOST", ""))
    return f"{host[1]}/{repository}/{number}" if host and repository and number else None


ADAPTER = Adapter("woodpecker", "Woodpecker CI", "https://woodpecker-ci.org/docs/usage/environment", is_active, read)
