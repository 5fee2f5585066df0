"""Bitrise.

- ``BITRISE_IO`` is set by Bitrise's cloud. Its command line tool runs anywhere and does not set it.
- For steps that were written for Bitrise, Drone and Harness set the same variables, ``BITRISE_IO``
  too (github.com/drone/plugin).
- A pull request is built "as if it was already merged". What is built is a local commit, which git
  knows.
- Other programs use the names ``GIT_REPOSITORY_URL`` and ``GIT_CLONE_COMMIT_HASH`` too. They count
  only next to ``BITRISE_IO``.
- ``BITRISE_GIT_COMMIT`` is empty if a build was started for a branch. The step that clones sets
  ``GIT_CLONE_COMMIT_HASH``.
"""

from __future__ import annotations

from conda_provenance.ci import Adapter, unless, when

_NUMBER = r"{BITRISE_PULL_REQUEST:\d+}"

ADAPTER = Adapter(
    provider="bitrise",
    name="Bitrise",
    docs="https://docs.bitrise.io/en/bitrise-ci/references/available-environment-variables",
    active=("BITRISE_IO",),
    unless=("DRONE", "HARNESS_BUILD_ID"),
    run_id="{BITRISE_BUILD_SLUG}",
    run_url="{BITRISE_BUILD_URL}",
    sha=unless(("PR", _NUMBER), ("{GIT_CLONE_COMMIT_HASH}", "{BITRISE_GIT_COMMIT}")),
    remote_url="{GIT_REPOSITORY_URL}",
    workspace="{BITRISE_SOURCE_DIR}",
    event="{BITRISE_TRIGGER_METHOD}",
    branch="{BITRISE_GIT_BRANCH}",
    tag="{BITRISE_GIT_TAG}",
    pull_request=_NUMBER,
    head_sha=when(_NUMBER, "{BITRISE_GIT_COMMIT}"),
    head_remote_url="{BITRISEIO_PULL_REQUEST_REPOSITORY_URL}",
    left_out={
        "sha": "on a pull request it is made in the job, and no variable is certain to hold it",
        "merge": "whether the step that clones also merges is a setting of that step",
        "attempt": "a build that is started again has a new slug, and nothing counts the tries",
    },
)
