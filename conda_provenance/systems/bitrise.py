"""Bitrise.

- ``BITRISE_IO`` is its cloud's; its command line tool runs anywhere and does not set it.
- Drone and Harness copy these variables, ``BITRISE_IO`` too, for steps of Bitrise's (github.com/drone/plugin).
- A pull request is built "as if it was already merged": what is built is a local commit, which git knows.
- ``GIT_REPOSITORY_URL`` and ``GIT_CLONE_COMMIT_HASH`` are anybody's names: they count only beside ``BITRISE_IO``.
- ``BITRISE_GIT_COMMIT`` is empty where a build was started for a branch; the step that clones sets ``GIT_CLONE_COMMIT_HASH``.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter, Environ

_NUMBER = "{BITRISE_PULL_REQUEST:\\d+}"


def _sha(environ: Environ) -> str | None:
    """The cloned commit, else the one that started the build, where no pull request is built."""
    if environ.on("PR") or environ.fill(_NUMBER):
        return None
    return environ.first("GIT_CLONE_COMMIT_HASH", "BITRISE_GIT_COMMIT")


def _head_sha(environ: Environ) -> str | None:
    """The commit that started the build of a pull request."""
    return environ.get("BITRISE_GIT_COMMIT") if environ.fill(_NUMBER) else None


ADAPTER = Adapter(
    provider="bitrise",
    name="Bitrise",
    docs="https://docs.bitrise.io/en/bitrise-ci/references/available-environment-variables",
    active=("BITRISE_IO",),
    unless=("DRONE", "HARNESS_BUILD_ID"),
    run_id="{BITRISE_BUILD_SLUG}",
    run_url="{BITRISE_BUILD_URL}",
    sha=_sha,
    remote_url="{GIT_REPOSITORY_URL}",
    workspace="{BITRISE_SOURCE_DIR}",
    event="{BITRISE_TRIGGER_METHOD}",
    branch="{BITRISE_GIT_BRANCH}",
    tag="{BITRISE_GIT_TAG}",
    pull_request=_NUMBER,
    head_sha=_head_sha,
    head_remote_url="{BITRISEIO_PULL_REQUEST_REPOSITORY_URL}",
    left_out={
        "sha": "on a pull request it is made in the job, and no variable tells it for sure",
        "merge": "whether the step that clones merges is a setting of its own",
        "attempt": "a build that is started again has a new slug, and nothing counts",
    },
)
