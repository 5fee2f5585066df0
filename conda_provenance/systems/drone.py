"""Drone.

- Harness CI sets ``DRONE_…`` next to its ``HARNESS_…``. Such a run is not Drone's.
- Harness Open Source (Gitness) uses Drone's own runner, which sets ``DRONE=true`` and no mark of
  its own. Its links and actions tell it apart.
- Woodpecker began as a copy of Drone. It sets ``DRONE_…`` for old plugins, but not ``DRONE``.
- ``drone exec``, on one's own machine, has build number 0. That is no run.
- CEP 31 names a run by its number, which counts within one repository. The page is unambiguous. A
  restart has a new number.
- On a pull request ``DRONE_BRANCH`` is the branch that it goes to and ``DRONE_COMMIT_SHA`` its
  head. The clone step merges the head into that branch, so ``HEAD`` may be a commit that exists
  nowhere else.
- ``DRONE_PULL_REQUEST`` is the first number in the ref, whatever ref it is. So the number is taken
  from the ref itself.
"""

from __future__ import annotations

from conda_provenance.ci import Adapter, unless, when

_PULL = "DRONE_BUILD_EVENT=pull_request"

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
        # Marks of Harness Open Source
        "DRONE_WORKSPACE=/gitness",
        r"{DRONE_BUILD_LINK:https?://.+/pipelines/[^/]+/execution/\d+}",
        r"{DRONE_BUILD_LINK:https?://[^/]+//\d+}",
        "{DRONE_BUILD_ACTION:(?:branch|tag|pullreq)_.+}",
    ),
    run_id=r"{DRONE_BUILD_NUMBER:[1-9]\d*}",
    run_url="{DRONE_BUILD_LINK}",
    sha="{DRONE_COMMIT_SHA}",
    remote_url=("{DRONE_GIT_HTTP_URL}", "{DRONE_REMOTE_URL}", "{DRONE_REPO_LINK}"),
    workspace="{DRONE_WORKSPACE}",
    event="{DRONE_BUILD_EVENT}",
    branch=when(
        _PULL,
        "{DRONE_SOURCE_BRANCH}",
        otherwise=unless("{DRONE_TAG}", "{DRONE_BRANCH:(?!refs/)(.+)}"),
    ),
    tag="{DRONE_TAG}",
    pull_request=r"{DRONE_COMMIT_REF:refs/(?:pull|pull-requests|merge-requests)/(\d+)/.+}",
    head_sha=when(_PULL, "{DRONE_COMMIT_SHA}"),
    left_out={
        "head_remote_url": "the server knows the fork, but no variable names it",
        "attempt": "a restart is a build of its own, with a new number",
    },
)
