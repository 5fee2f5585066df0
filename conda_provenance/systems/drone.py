"""Drone.

- Harness CI sets ``DRONE_…`` next to its ``HARNESS_…``; such a run is none of Drone's.
- Harness Open Source (Gitness) runs Drone's own runner: ``DRONE=true`` and no mark of its own. Its links and actions tell.
- Woodpecker, which began as a copy, sets ``DRONE_…`` for old plugins, but not ``DRONE``.
- ``drone exec``, on somebody's own machine, has build number 0: that is no run.
- CEP 31 names a run by its number, which counts within one repository; the page is unambiguous. A restart has a new number.
- On a pull request ``DRONE_BRANCH`` is the branch it goes to and ``DRONE_COMMIT_SHA`` the head, which the clone step merges
  into that branch: ``HEAD`` may then be a commit that is nowhere else.
- ``DRONE_PULL_REQUEST`` is the first number in the ref, whatever ref that is: the ref is asked.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter, Environ


def _is_pull(environ: Environ) -> bool:
    return environ.get("DRONE_BUILD_EVENT") == "pull_request"


def _branch(environ: Environ) -> str | None:
    """``DRONE_BRANCH``; of a pull request, the branch it comes from."""
    if _is_pull(environ):
        return environ.get("DRONE_SOURCE_BRANCH")
    return None if environ.get("DRONE_TAG") else environ.fill("{DRONE_BRANCH:(?!refs/)(.+)}")


def _head_sha(environ: Environ) -> str | None:
    """``DRONE_COMMIT_SHA`` on a pull request."""
    return environ.get("DRONE_COMMIT_SHA") if _is_pull(environ) else None


ADAPTER = Adapter(
    provider="drone",
    name="Drone",
    docs="https://docs.drone.io/pipeline/environment/reference/",
    active=("DRONE",),
    unless=(
        "HARNESS_BUILD_ID",
        "HARNESS_EXECUTION_ID",
        "HARNESS_PIPELINE_ID",
        "CI_SYSTEM_NAME=woodpecker",
        # Harness Open Source's
        "DRONE_WORKSPACE=/gitness",
        "{DRONE_BUILD_LINK:https?://.+/pipelines/[^/]+/execution/\\d+}",
        "{DRONE_BUILD_LINK:https?://[^/]+//\\d+}",
        "{DRONE_BUILD_ACTION:(?:branch|tag|pullreq)_.+}",
    ),
    run_id="{DRONE_BUILD_NUMBER:[1-9]\\d*}",
    run_url="{DRONE_BUILD_LINK}",
    sha="{DRONE_COMMIT_SHA}",
    remote_url=("{DRONE_GIT_HTTP_URL}", "{DRONE_REMOTE_URL}", "{DRONE_REPO_LINK}"),
    workspace="{DRONE_WORKSPACE}",
    event="{DRONE_BUILD_EVENT}",
    branch=_branch,
    tag="{DRONE_TAG}",
    pull_request="{DRONE_COMMIT_REF:refs/(?:pull|pull-requests|merge-requests)/(\\d+)/.+}",
    head_sha=_head_sha,
    left_out={
        "head_remote_url": "the fork is known to the server, but no variable names it",
        "attempt": "a restart is a build of its own, with a new number",
    },
)
