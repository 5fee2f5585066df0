"""Harness Open Source.

- Formerly Gitness. It runs Drone's own runner and sets ``DRONE=true``, no ``HARNESS_…`` and no ``GITNESS_…``. What only it has:
  links that end in ``/pipelines/build/execution/7``, actions such as ``pullreq_created``, the folder ``/gitness``, and, where
  the pipeline is written in Drone's YAML, a broken link without repository (``http://host//7``).
- ``DRONE_BUILD_NUMBER`` counts within one pipeline of a repository, which only the link names: the link is the id, and there
  is none without it. So nothing here can be taken for Drone's ``drone_7``.
- ``DRONE_GIT_HTTP_URL`` is the address that containers use, ``http://host.docker.internal:3000/git/…`` unless it is set.
- A tag's ref stands in ``DRONE_BRANCH``. On a pull request that is the branch it goes to, and ``DRONE_COMMIT_SHA`` the head,
  which the clone step merges into that branch.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter, Environ

_LINK = "{DRONE_BUILD_LINK:https?://.+/pipelines/[^/]+/execution/\\d+}"


def _is_pull(environ: Environ) -> bool:
    return environ.get("DRONE_BUILD_EVENT") == "pull_request"


def _branch(environ: Environ) -> str | None:
    """``DRONE_BRANCH``; of a pull request, the branch it comes from."""
    return environ.fill(
        "{DRONE_SOURCE_BRANCH:(?!refs/)(.+)}"
        if _is_pull(environ)
        else "{DRONE_BRANCH:(?!refs/)(.+)}"
    )


def _head_sha(environ: Environ) -> str | None:
    """``DRONE_COMMIT_SHA`` on a pull request."""
    return environ.get("DRONE_COMMIT_SHA") if _is_pull(environ) else None


ADAPTER = Adapter(
    provider="gitness",
    name="Harness Open Source",
    docs="https://developer.harness.io/docs/open-source/reference/pipelines/shell_variables",
    active=(
        _LINK,
        "{DRONE}{DRONE_BUILD_LINK:https?://[^/]+//\\d+}",
        "{DRONE}{DRONE_BUILD_ACTION:(?:branch|tag|pullreq)_.+}",
        "DRONE_WORKSPACE=/gitness",
    ),
    unless=(
        "HARNESS_BUILD_ID",
        "HARNESS_EXECUTION_ID",
        "HARNESS_PIPELINE_ID",
        "CI_SYSTEM_NAME=woodpecker",
    ),
    run_id="{DRONE_BUILD_LINK:https?://([^/@]+/.+/pipelines/[^/]+/execution/\\d+)}",
    run_url=_LINK,
    sha="{DRONE_COMMIT_SHA}",
    workspace="{DRONE_WORKSPACE}",
    event="{DRONE_BUILD_EVENT}",
    branch=_branch,
    tag="{DRONE_TAG}",
    pull_request="{DRONE_COMMIT_REF:refs/pullreq/(\\d+)/.+}",
    head_sha=_head_sha,
    left_out={
        "remote_url": "DRONE_GIT_HTTP_URL is the address that containers use, by default host.docker.internal",
        "head_remote_url": "no variable names the repository that a pull request comes from",
        "attempt": "an execution that is started again has a new number",
    },
)
