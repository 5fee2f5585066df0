"""Harness CI.

- It sets Drone's variables as well (``DRONE=true``), being made from Drone.
- ``HARNESS_BUILD_ID`` counts within one pipeline; ``HARNESS_EXECUTION_ID`` is unique.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter, Environ


def _branch(environ: Environ) -> str | None:
    """``DRONE_COMMIT_BRANCH``; of a pull request, the branch it comes from."""
    if environ.get("DRONE_PULL_REQUEST"):
        return environ.get("DRONE_SOURCE_BRANCH")
    return None if environ.get("DRONE_TAG") else environ.get("DRONE_COMMIT_BRANCH")


ADAPTER = Adapter(
    provider="harness",
    name="Harness CI",
    docs="https://developer.harness.io/docs/continuous-integration/troubleshoot-ci/ci-env-var/",
    active=("HARNESS_BUILD_ID", "HARNESS_EXECUTION_ID"),
    run_id="{HARNESS_EXECUTION_ID}",
    run_url="{CI_BUILD_LINK}",
    sha="{DRONE_COMMIT_SHA}",
    remote_url=("{CI_REPO_REMOTE}", "{CI_REMOTE_URL}", "{DRONE_REMOTE_URL}"),
    workspace="{DRONE_WORKSPACE}",
    event="{DRONE_BUILD_EVENT}",
    branch=_branch,
    tag="{DRONE_TAG}",
    pull_request="{DRONE_PULL_REQUEST:\\d+}",
)
