"""Screwdriver.

- On a pull request the checkout step merges the target branch into the head: what is built is a local commit, which git knows.
- ``SD_BUILD_SHA`` is the head then. ``SD_PULL_REQUEST`` is blank where there is none; older servers wrote ``false``.
- ``GIT_BRANCH`` is the pipeline's branch also where a tag or a release started the build.
- ``SCM_URL`` may hold a login, or be ``git@host:owner/name``.
- ``SCREWDRIVER`` is ``false`` where ``sd-local`` runs a build on one's own machine.
- ``SD_SOURCE_DIR`` may be a folder inside the checkout, where the pipeline has a root folder.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter, Environ

_NUMBER = "{SD_PULL_REQUEST:\\d+}"


def _sha(environ: Environ) -> str | None:
    """The commit, where no pull request is built."""
    return None if environ.fill(_NUMBER) else environ.get("SD_BUILD_SHA")


def _head_sha(environ: Environ) -> str | None:
    """The commit, where a pull request is built."""
    return environ.get("SD_BUILD_SHA") if environ.fill(_NUMBER) else None


ADAPTER = Adapter(
    provider="screwdriver",
    name="Screwdriver",
    docs="https://docs.screwdriver.cd/user-guide/environment-variables",
    active=("SCREWDRIVER",),
    run_id="{SD_BUILD_ID:\\d+}",
    run_url="{SD_UI_BUILD_URL}",
    sha=_sha,
    remote_url="{SCM_URL}",
    workspace=("{SD_CHECKOUT_DIR}", "{SD_SOURCE_DIR}"),
    branch="{PR_BRANCH_NAME:(?:origin|upstream)/(.+)}",
    pull_request=_NUMBER,
    head_sha=_head_sha,
    left_out={
        "sha": "on a pull request it is made in the job, and no variable tells it",
        "merge": "the merge in the job changes nothing where the head has the target already",
        "event": "SD_SCHEDULED_BUILD tells schedules only",
        "branch": "GIT_BRANCH is the pipeline's, also where a tag of another branch is built",
        "tag": "no variable of the page tells it",
        "head_remote_url": "no variable of the page names the fork",
        "attempt": "a build that is started again has a new id, and nothing counts",
    },
)
