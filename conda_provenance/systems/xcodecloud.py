"""Xcode Cloud.

- ``CI_COMMIT``, ``CI_BUILD_ID``, ``CI_BUILD_URL`` and ``CI_BRANCH`` are others' names too (Codeship's were); Xcode's own tell.
- On a pull request ``CI_COMMIT`` is its head; what is tested is the merge of it into the target, and may be what is there.
- No variable names the repository. On GitHub a pull request's page does: its path ends with the target's name and the number.
- A rebuild says ``manual_rebuild``, not which try it is.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter, Environ


def _beside_page(environ: Environ, name: str) -> str | None:
    """``https://github.com/fork/recipes`` of that name and ``https://github.com/acme/recipes/pull/7``, a page of GitHub's."""
    tail = environ.fill(
        "/{CI_PULL_REQUEST_TARGET_REPO:[^/]+/[^/]+}/pull/{CI_PULL_REQUEST_NUMBER:\\d+}"
    )
    page, repository = (
        environ.get("CI_PULL_REQUEST_HTML_URL"),
        environ.fill(f"{{{name}:[^/]+/[^/]+}}"),
    )
    return (
        f"{page.removesuffix(tail)}/{repository}"
        if page and tail and repository and page.endswith(tail)
        else None
    )


def _remote_url(environ: Environ) -> str | None:
    """``https://github.com/acme/recipes`` of ``https://github.com/acme/recipes/pull/7``."""
    return _beside_page(environ, "CI_PULL_REQUEST_TARGET_REPO")


def _head_remote_url(environ: Environ) -> str | None:
    """``https://github.com/fork/recipes`` of ``fork/recipes`` and the pull request's page."""
    return _beside_page(environ, "CI_PULL_REQUEST_SOURCE_REPO")


ADAPTER = Adapter(
    provider="xcodecloud",
    name="Xcode Cloud",
    docs="https://developer.apple.com/documentation/xcode/environment-variable-reference",
    active=("CI_XCODE_CLOUD", "{CI_XCODE_PROJECT}{CI_XCODEBUILD_ACTION}"),
    run_id="{CI_BUILD_ID}",
    run_url="{CI_BUILD_URL}",
    sha="{CI_COMMIT}",
    remote_url=_remote_url,
    workspace="{CI_PRIMARY_REPOSITORY_PATH}",
    event="{CI_START_CONDITION}",
    branch=("{CI_PULL_REQUEST_SOURCE_BRANCH}", "{CI_BRANCH}"),
    tag="{CI_TAG}",
    pull_request="{CI_PULL_REQUEST_NUMBER:\\d+}",
    head_sha="{CI_PULL_REQUEST_SOURCE_COMMIT}",
    head_remote_url=_head_remote_url,
    left_out={"attempt": "no variable of the page counts"},
)
