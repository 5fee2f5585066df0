"""Runs the real conda-build by each of its doors."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

ORIGIN = "https://github.com/example/hello-feedstock"
RUN = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_RUN_ID": "77",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "example/hello-feedstock",
}
API = "import sys, conda_build.api as api; api.build(sys.argv[1], output_folder=sys.argv[2])"
DOORS = {
    "conda build": ["conda", "build"],
    "conda-build": ["conda-build"],
    "api": [sys.executable, "-c", API],
    "api, conda first": [
        sys.executable,
        "-c",
        f"from conda.base.context import context; context.plugins; {API}",
    ],
    "api, conda_build first": [
        sys.executable,
        "-c",
        f"import conda_build.build; from conda.base.context import context; {API}",
    ],
}


def build(
    run, door: str, recipe: Path, out: Path, *more: str, status: int | None = 0, **variables: str
) -> Any:
    option = [] if door.startswith("api") else ["--output-folder"]
    return run(*DOORS[door], recipe, *option, out, *more, status=status, **{**RUN, **variables})


def packages(out: Path) -> list[Path]:
    return sorted([*out.glob("noarch/*.conda"), *out.glob("noarch/*.tar.bz2")])


def stamp(recipe: Path, git) -> dict[str, str]:
    return {
        "sha": git(recipe, "rev-parse", "HEAD"),
        "remote_url": ORIGIN,
        "flow_run_id": "github_77",
    }
