"""Harness CI.

- It is made from Drone and sets Drone's variables as well (``DRONE=true``). Drone sets no
  ``HARNESS_…``.
- ``HARNESS_BUILD_ID`` counts within one pipeline. ``HARNESS_EXECUTION_ID`` is unique.
- ``DRONE_BRANCH`` is the branch that a pull request goes to, and on a tag its whole ref.
  ``DRONE_COMMIT_SHA`` is the head; on pull requests of Bitbucket it is short.
- Older pages have ``/ng/#/`` in their address. Without the fragment that is another page.
"""

from __future__ import annotations

from conda_provenance.ci import NO_VARIABLE, Adapter, unless, when

_PULL = "{DRONE_PULL_REQUEST}"

ADAPTER = Adapter(
    provider="harness",
    name="Harness CI",
    docs="https://developer.harness.io/docs/continuous-integration/troubleshoot-ci/ci-env-var",
    active=("HARNESS_BUILD_ID", "HARNESS_EXECUTION_ID"),
    run_id="{HARNESS_EXECUTION_ID}",
    run_url=("{CI_BUILD_LINK:[^#]+}", "{DRONE_BUILD_LINK:[^#]+}"),
    sha=("{DRONE_COMMIT_SHA}", "{CI_COMMIT_SHA}"),
    remote_url=(
        "{CI_REPO_REMOTE}",
        "{DRONE_GIT_HTTP_URL}",
        "{CI_REMOTE_URL}",
        "{DRONE_REMOTE_URL}",
    ),
    workspace=("{HARNESS_WORKSPACE}", "{DRONE_WORKSPACE}"),
    event="{DRONE_BUILD_EVENT}",
    branch=when(
        _PULL,
        "{DRONE_SOURCE_BRANCH}",
        otherwise=unless("{DRONE_TAG}", "{DRONE_COMMIT_BRANCH:(?!refs/)(.+)}"),
    ),
    tag="{DRONE_TAG}",
    pull_request=r"{DRONE_PULL_REQUEST:\d+}",
    head_sha=when(_PULL, "{DRONE_COMMIT_SHA}"),
    left_out={
        "merge": "a setting of the pipeline decides whether the clone has a merge commit, "
        "and no variable holds that setting",
        "head_remote_url": "no variable names the repository that a pull request comes from",
        "attempt": NO_VARIABLE,
    },
)
