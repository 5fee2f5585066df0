"""GitHub Actions: https://docs.github.com/en/actions/reference/workflows-and-actions/variables

- Gitea and Forgejo set ``GITHUB_ACTIONS`` and the rest of these variables too.
- ``ACT`` is nektos/act, which runs a workflow on somebody's own machine: there is no run to name.
- Inside conda-smithy's container ``GITHUB_ACTIONS`` is set and nothing else of it, so there is no id.
- On ``pull_request`` events ``GITHUB_SHA`` is a merge commit that lasts as long as the pull request.
- A run keeps its id when it is run again; only its page tells the attempts apart.
"""

from __future__ import annotations

import re

from conda_provenance.ci.adapter import Adapter, Environ


def is_active(environ: Environ) -> bool:
    return environ.on("GITHUB_ACTIONS") and not environ.any_on("FORGEJO_ACTIONS", "GITEA_ACTIONS", "ACT")


def read(environ: Environ) -> dict[str, str | None]:
    server = environ.get("GITHUB_SERVER_URL", "").rstrip("/")
    page = environ.fill("/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}")
    attempt = environ.fill("/attempts/{GITHUB_RUN_ATTEMPT}") or ""
    return {
        "run_id": environ.get("GITHUB_RUN_ID"),
        "run_url": server + page + attempt if server and page else None,
        "sha": environ.get("GITHUB_SHA"),
        "remote_url": environ.fill("{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}"),
        "workspace": environ.get("GITHUB_WORKSPACE"),
        "merge_of": _merge_of(environ),
    }


def _merge_of(environ: Environ) -> str | None:
    # pull_request_target runs on the base branch; its ref says so.
    match = re.fullmatch(r"refs/pull/(\d+)/merge", environ.get("GITHUB_REF", ""), re.ASCII)
    return match[1] if match and environ.get("GITHUB_EVENT_NAME", "").startswith("pull_request") else None


ADAPTER = Adapter(
    "github",
    "GitHub Actions",
    "https://docs.github.com/en/actions/reference/workflows-and-actions/variables",
    is_active,
    read,
)
