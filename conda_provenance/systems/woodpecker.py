"""Woodpecker CI.

- ``CI`` is ``woodpecker`` unless somebody sets it anew, as conda-smithy does (``drone``); ``CI_SYSTEM_NAME`` says the same.
- Numbers count within one repository: the id names the server and the repository with them. A restart has a new number.
- 1.0 renamed ``CI_BUILD_…`` to ``CI_PIPELINE_…``. Before 2.0 ``CI_BUILD_LINK`` and ``CI_PIPELINE_URL`` were the forge's page.
- On a pull request ``CI_COMMIT_BRANCH`` is the branch it goes to and ``CI_COMMIT_SHA`` the head. From GitHub the ref may be
  ``refs/pull/9/merge``: then the clone has the merge commit, and that is no commit of anybody's.
- ``CI_COMMIT_PULL_REQUEST`` is the first number in the ref, be it a branch's (a closed one of Bitbucket's): the ref is asked.
"""

from __future__ import annotations

import re

from conda_provenance.ci.adapter import Adapter, Environ


def _run_id(environ: Environ) -> str | None:
    """``{CI_SYSTEM_HOST}/{CI_REPO}/{CI_PIPELINE_NUMBER}``."""
    repository, number = (
        environ.get("CI_REPO"),
        environ.first("CI_PIPELINE_NUMBER", "CI_BUILD_NUMBER"),
    )
    # Some versions give the server's whole URL as its host.
    host = re.fullmatch(r"(?:https?://)?([\w.:\[\]-]+)/?", environ.get("CI_SYSTEM_HOST", ""))
    return (
        f"{host[1]}/{repository}/{number}"
        if host and repository and number and number != "0"
        else None
    )


def _is_pull(environ: Environ) -> bool:
    return (environ.first("CI_PIPELINE_EVENT", "CI_BUILD_EVENT") or "").startswith("pull_request")


def _branch(environ: Environ) -> str | None:
    """``CI_COMMIT_BRANCH``; of a pull request, the branch it comes from."""
    if _is_pull(environ):
        return environ.get("CI_COMMIT_SOURCE_BRANCH")
    return None if environ.get("CI_COMMIT_TAG") else environ.get("CI_COMMIT_BRANCH")


def _sha(environ: Environ) -> str | None:
    """``CI_COMMIT_SHA``, unless a merge commit is checked out in its place."""
    return None if _merge(environ) else environ.get("CI_COMMIT_SHA")


def _merge(environ: Environ) -> str | None:
    """``refs/pull/9/merge``."""
    return environ.fill(r"{CI_COMMIT_REF:refs/pull/\d+/merge}") if _is_pull(environ) else None


def _head_sha(environ: Environ) -> str | None:
    """``CI_COMMIT_SHA`` on a pull request."""
    return environ.get("CI_COMMIT_SHA") if _is_pull(environ) else None


ADAPTER = Adapter(
    provider="woodpecker",
    name="Woodpecker CI",
    docs="https://woodpecker-ci.org/docs/usage/environment",
    active=("CI_SYSTEM_NAME=woodpecker", "CI=woodpecker"),
    run_id=_run_id,
    run_url="{CI_PIPELINE_URL:https?://.+/repos/\\d+/pipeline/\\d+}",
    sha=_sha,
    remote_url=("{CI_REPO_CLONE_URL}", "{CI_REPO_REMOTE}", "{CI_REPO_URL}", "{CI_REPO_LINK}"),
    workspace="{CI_WORKSPACE}",
    event=("{CI_PIPELINE_EVENT}", "{CI_BUILD_EVENT}"),
    branch=_branch,
    tag="{CI_COMMIT_TAG}",
    pull_request="{CI_COMMIT_REF:refs/(?:pull|pull-requests|merge-requests)/(\\d+)/.+}",
    merge=_merge,
    head_sha=_head_sha,
    left_out={
        "head_remote_url": "no variable names the repository that a pull request comes from",
        "attempt": "a restart is a pipeline of its own, with a new number; CI_PIPELINE_RERUNS counts them all",
    },
)
