"""Codemagic.

- Builds of pull requests "verify the resulting merge commit", but ``CM_COMMIT`` is the head.
  Git knows the commit that is built.
- ``CM_REPO_SLUG`` has no host, and is not set for a git server of one's own. Git knows the
  repository.
- ``CM_PULL_REQUEST`` is ``true`` or ``false``. The number has a variable of its own.
- ``BUILD_NUMBER`` and ``PROJECT_BUILD_NUMBER`` are set as well. ``CM_BUILD_ID`` is unique.
"""

from __future__ import annotations

from conda_provenance.ci import NO_VARIABLE, Adapter, unless, when

ADAPTER = Adapter(
    provider="codemagic",
    name="Codemagic",
    docs="https://docs.codemagic.io/yaml-basic-configuration/environment-variables/",
    active=("CM_BUILD_ID",),
    run_id="{CM_BUILD_ID}",
    run_url="https://codemagic.io/app/{CM_PROJECT_ID}/build/{CM_BUILD_ID}",
    sha=unless("CM_PULL_REQUEST", "{CM_COMMIT}"),
    workspace="{CM_BUILD_DIR}",
    event="{CM_TRIGGER_SOURCE}",
    branch="{CM_BRANCH}",
    tag="{CM_TAG}",
    pull_request=r"{CM_PULL_REQUEST_NUMBER:\d+}",
    head_sha=when("CM_PULL_REQUEST", "{CM_COMMIT}"),
    left_out={
        "sha": "on a pull request a merge is built, and no variable holds its commit",
        "remote_url": "CM_REPO_SLUG has no host",
        "merge": "the commit that a variable holds is never the merge",
        "head_remote_url": NO_VARIABLE,
        "attempt": NO_VARIABLE,
    },
)
