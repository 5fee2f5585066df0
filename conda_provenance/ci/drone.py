"""Drone: https://docs.drone.io/pipeline/environment/reference/

- Harness CI sets ``DRONE_…`` next to its ``HARNESS_…``; such a run is none of Drone's, and is not named.
- Woodpecker, which began as a copy, sets ``DRONE_…`` for old plugins.
- CEP 31 names a run by its number, which counts within one repository; the page is unambiguous.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter, Environ


def is_active(environ: Environ) -> bool:
    if not environ.on("DRONE") or environ.get("CI_SYSTEM_NAME") == "woodpecker":
        return False
    return not any(name.startswith("HARNESS_") for name in environ)


def read(environ: Environ) -> dict[str, str | None]:
    return {
        "run_id": environ.get("DRONE_BUILD_NUMBER"),
        "run_url": environ.get("DRONE_BUILD_LINK"),
        "sha": environ.get("DRONE_COMMIT_SHA"),
        "remote_url": environ.first("DRONE_GIT_HTTP_URL", "DRONE_REMOTE_URL", "DRONE_REPO_LINK"),
        "workspace": environ.get("DRONE_WORKSPACE"),
    }


ADAPTER = Adapter("drone", "Drone", "https://docs.drone.io/pipeline/environment/reference/", is_active, read)
