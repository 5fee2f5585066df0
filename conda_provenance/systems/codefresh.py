"""Codefresh.

- ``CF_PAGES`` is Cloudflare's, so only ``CF_BUILD_ID`` counts as a mark.
- ``CF_REVISION`` is what the git provider sends. For pull requests Bitbucket sends a short hash,
  which is dropped.
- ``CF_BRANCH`` is a branch or a tag, and nothing says which.
- The repository's address is only found at the beginning of the commit's address. On a pull
  request that may be the fork's.
- ``CF_PULL_REQUEST_HEAD_…`` are set when a pull request on GitHub is closed.
"""

from __future__ import annotations

import re

from conda_provenance.ci import NO_VARIABLE, Adapter, Environ

_COMMIT_PAGE = r"(https?://[^/]+/.+?)/(?:-/)?commits?/([0-9a-f]+)"


def _remote_url(environ: Environ) -> str | None:
    """``https://github.com/a/b`` from ``https://github.com/a/b/commit/…``, not on pull requests."""
    if environ.first("CF_PULL_REQUEST_NUMBER", "CF_PULL_REQUEST_ID", "CF_PULL_REQUEST_TARGET"):
        return None

    page = re.fullmatch(_COMMIT_PAGE, environ.get("CF_COMMIT_URL", ""))
    return page[1] if page and page[2] == environ.get("CF_REVISION") else None


ADAPTER = Adapter(
    provider="codefresh",
    name="Codefresh",
    docs="https://codefresh.io/docs/docs/pipelines/variables/",
    active=("CF_BUILD_ID",),
    run_id="{CF_BUILD_ID}",
    run_url="{CF_BUILD_URL}",
    sha="{CF_REVISION}",
    remote_url=_remote_url,
    event="{CF_BUILD_TRIGGER}",
    branch="{CF_PULL_REQUEST_HEAD_BRANCH}",
    tag="{CF_RELEASE_TAG}",
    pull_request=r"{CF_PULL_REQUEST_NUMBER:\d+}",
    head_sha="{CF_PULL_REQUEST_HEAD_COMMIT_SHA}",
    left_out={
        "remote_url": "CF_REPO_CLONE_URL is not on the page; what is there has an owner and a "
        "name, but no host",
        "workspace": "CF_VOLUME_PATH is shared by all repositories that a pipeline clones",
        "branch": "CF_BRANCH is a branch or a tag, and nothing says which",
        "merge": "the page does not say that a merge commit is ever built",
        "head_remote_url": NO_VARIABLE,
        "attempt": NO_VARIABLE,
    },
)
