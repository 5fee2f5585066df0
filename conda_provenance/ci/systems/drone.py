"""Drone.

- Harness CI sets ``DRONE_…`` next to its ``HARNESS_…``; such a run is none of Drone's.
- Woodpecker, which began as a copy, sets ``DRONE_…`` for old plugins.
- CEP 31 names a run by its number, which counts within one repository; the page is unambiguous.
- On a pull request ``DRONE_BRANCH`` is the branch it goes to.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter, Environ


def _branch(environ: Environ) -> str | None:
    """``DRONE_BRANCH``; of a pull request, the branch it comes from."""
    if environ.get("DRONE_PULL_REQUEST"):
        return environ.get("DRONE_SOURCE_BRANCH")
    return None if environ.get("DRONE_TAG") else environ.get("DRONE_BRANCH")


ADAPTER = Adapter(
    provider="drone",
    name="Drone",
    docs="https://docs.drone.io/pipeline/environment/reference/",
    active=("DRONE",),
    unless=("HARNESS_*", "CI_SYSTEM_NAME=woodpecker"),
    run_id="{DRONE_BUILD_NUMBER}",
    run_url="{DRONE_BUILD_LINK}",
    sha="{DRONE_COMMIT_SHA}",
    remote_url=("{DRONE_GIT_HTTP_URL}", "{DRONE_REMOTE_URL}", "{DRONE_REPO_LINK}"),
    workspace="{DRONE_WORKSPACE}",
    event="{DRONE_BUILD_EVENT}",
    branch=_branch,
    tag="{DRONE_TAG}",
    pull_request="{DRONE_PULL_REQUEST:\\d+}",
)
