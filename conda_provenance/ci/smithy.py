"""conda-smithy: https://github.com/conda-forge/conda-smithy/blob/main/conda_smithy/templates/run_docker_build.sh.tmpl

Not a CI: its scripts run on one, and pass into the container that builds only ``flow_run_id``, ``remote_url`` and ``sha``
(lower case) of all that the CI says.

- Builds on one's own machine have them empty. A CI variable that was missing leaves ``travis_``, ``azure_.``
  or an unexpanded ``azure_$(…)``: none of these names a run.
- The recipe's folder is mounted by itself, without the ``.git`` above it.
- The URL is GitHub's public one even where the repository is on a server of one's own.
"""

from __future__ import annotations

import re

from conda_provenance.ci.adapter import Adapter, Environ

_ID = re.compile(
    r"(?P<provider>[a-z][a-z0-9-]*)_(?P<run>(?!(?:undefined|none|null)\Z)[^\s.$%](?:[^$%]*(?<![\s.]))?)\Z", re.IGNORECASE
)


def is_active(environ: Environ) -> bool:
    return _ID.match(_get(environ, "flow_run_id")) is not None


def read(environ: Environ) -> dict[str, str | None]:
    run = _ID.match(_get(environ, "flow_run_id"))
    if run is None:
        return {}
    return {
        "provider": run["provider"],
        "name": f"conda-smithy on {run['provider']}",
        "run_id": run["run"],
        "sha": _get(environ, "sha"),
        "remote_url": _get(environ, "remote_url"),
        "workspace": environ.first("RECIPE_ROOT", "FEEDSTOCK_ROOT"),
    }


def _get(environ: Environ, name: str) -> str:
    # A copy of Windows' environment has its names in upper case.
    return environ.get(name) or (environ.get(name.upper(), "") if environ.get("OS") == "Windows_NT" else "")


ADAPTER = Adapter(
    "smithy",
    "conda-smithy",
    "https://github.com/conda-forge/conda-smithy/blob/main/conda_smithy/templates/run_docker_build.sh.tmpl",
    is_active,
    read,
)
