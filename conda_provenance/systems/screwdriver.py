"""Screwdriver.

- On a pull request the checkout step merges the target branch into the head. What is built is a
  local commit, which git knows; ``SD_BUILD_SHA`` is the head.
- ``SD_PULL_REQUEST`` is blank if there is no pull request. Older servers wrote ``false``.
- ``GIT_BRANCH`` is the pipeline's branch, also where a tag or a release started the build.
- ``SCM_URL`` may hold a login, or be ``git@host:owner/name``.
- ``SCREWDRIVER`` is ``false`` where ``sd-local`` runs a build on one's own machine.
- ``SD_SOURCE_DIR`` may be a folder inside the checkout, where the pipeline has a root folder.
"""

from __future__ import annotations

from conda_provenance.ci import NO_VARIABLE, Adapter, unless, when

_NUMBER = r"{SD_PULL_REQUEST:\d+}"

ADAPTER = Adapter(
    provider="screwdriver",
    name="Screwdriver",
    docs="https://docs.screwdriver.cd/user-guide/environment-variables",
    active=("SCREWDRIVER",),
    run_id=r"{SD_BUILD_ID:\d+}",
    run_url="{SD_UI_BUILD_URL}",
    sha=unless(_NUMBER, "{SD_BUILD_SHA}"),
    remote_url="{SCM_URL}",
    workspace=("{SD_CHECKOUT_DIR}", "{SD_SOURCE_DIR}"),
    branch="{PR_BRANCH_NAME:(?:origin|upstream)/(.+)}",
    pull_request=_NUMBER,
    head_sha=when(_NUMBER, "{SD_BUILD_SHA}"),
    left_out={
        "sha": "on a pull request it is made in the job, and no variable holds it",
        "merge": "the merge in the job changes nothing if the head already holds the target",
        "event": "SD_SCHEDULED_BUILD marks scheduled builds only",
        "branch": "GIT_BRANCH is the pipeline's, also where a tag of another branch is built",
        "tag": NO_VARIABLE,
        "head_remote_url": NO_VARIABLE,
        "attempt": "a build that is started again has a new id, and nothing counts the tries",
    },
)
