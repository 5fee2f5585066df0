"""Codemagic.

- Builds of pull requests "verify the resulting merge commit", while ``CM_COMMIT`` is the source's:
  git knows the commit that is built.
- ``CM_REPO_SLUG`` has no host, and is not set for a source of one's own: git knows the repository.
- ``CM_PULL_REQUEST`` is ``true`` or ``false``; the number has a variable of its own.
- ``BUILD_NUMBER`` and ``PROJECT_BUILD_NUMBER`` are set as well; ``CM_BUILD_ID`` is unique.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter, Environ


def _sha(environ: Environ) -> str | None:
    """The commit, where no pull request is built."""
    return None if environ.on("CM_PULL_REQUEST") else environ.get("CM_COMMIT")


def _head_sha(environ: Environ) -> str | None:
    """The commit, where a pull request is built."""
    return environ.get("CM_COMMIT") if environ.on("CM_PULL_REQUEST") else None


ADAPTER = Adapter(
    provider="codemagic",
    name="Codemagic",
    docs="https://docs.codemagic.io/yaml-basic-configuration/environment-variables/",
    active=("CM_BUILD_ID",),
    run_id="{CM_BUILD_ID}",
    run_url="https://codemagic.io/app/{CM_PROJECT_ID}/build/{CM_BUILD_ID}",
    sha=_sha,
    workspace="{CM_BUILD_DIR}",
    event="{CM_TRIGGER_SOURCE}",
    branch="{CM_BRANCH}",
    tag="{CM_TAG}",
    pull_request="{CM_PULL_REQUEST_NUMBER:\\d+}",
    head_sha=_head_sha,
    left_out={
        "sha": "on a pull request a merge is built, and no variable tells its commit",
        "remote_url": "CM_REPO_SLUG has no host",
        "merge": "the merge is not the commit that a variable tells",
        "head_remote_url": "no variable of the page names the fork",
        "attempt": "no variable of the page counts tries",
    },
)
