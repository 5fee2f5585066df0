"""CircleCI: https://circleci.com/docs/reference/variables/

- ``CIRCLE_BUILD_NUM`` and ``CIRCLE_BUILD_URL`` are a job's; the run is the workflow (CEP 31).
- ``CIRCLE_REPOSITORY_URL`` is scp-like as a rule, and not set for projects of the GitHub App and of GitLab.
- ``CIRCLE_WORKING_DIRECTORY`` begins with an unexpanded ``~``.
- A CircleCI server of one's own sets the same variables; where its workflows' pages are is not said.
"""

from __future__ import annotations

import re

from conda_provenance.ci.adapter import Adapter, Environ


def is_active(environ: Environ) -> bool:
    return environ.on("CIRCLECI")


def read(environ: Environ) -> dict[str, str | None]:
    in_cloud = re.match(r"https://([a-z0-9-]+\.)*circleci\.com/", environ.get("CIRCLE_BUILD_URL", "https://circleci.com/"))
    return {
        "run_id": environ.get("CIRCLE_WORKFLOW_ID"),
        "run_url": environ.fill("https://app.circleci.com/pipelines/workflows/{CIRCLE_WORKFLOW_ID}") if in_cloud else None,
        "sha": environ.get("CIRCLE_SHA1"),
        "remote_url": environ.get("CIRCLE_REPOSITORY_URL"),
        "workspace": _expanded(environ.get("CIRCLE_WORKING_DIRECTORY"), environ.first("HOME", "USERPROFILE")),
    }


def _expanded(folder: str | None, home: str | None) -> str | None:
    if folder is None or not (folder == "~" or folder.startswith("~/")):
        return folder
    return home.rstrip("/") + folder[1:] if home else None


ADAPTER = Adapter("circle", "CircleCI", "https://circleci.com/docs/reference/variables/", is_active, read)
