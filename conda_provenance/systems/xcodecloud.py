"""Xcode Cloud.

- Other systems use ``CI_COMMIT``, ``CI_BUILD_ID``, ``CI_BUILD_URL`` and ``CI_BRANCH`` too (Codeship
  did). Only names with Xcode in them count as marks.
- On a pull request ``CI_COMMIT`` is its head. Its merge into the target is tested, and may be
  what is checked out.
- No variable names the repository. On GitHub the page of a pull request does: its path ends with
  the target's name and the number.
- A rebuild says ``manual_rebuild``, but not which try it is.
"""

from __future__ import annotations

from conda_provenance.ci import NO_VARIABLE, Adapter, Environ

_PULL = r"/{CI_PULL_REQUEST_TARGET_REPO:[^/]+/[^/]+}/pull/{CI_PULL_REQUEST_NUMBER:\d+}"


def _remote_url(environ: Environ) -> str | None:
    """``https://github.com/acme/recipes`` from ``https://github.com/acme/recipes/pull/7``."""
    return _at_the_same_host(environ, "{CI_PULL_REQUEST_TARGET_REPO:[^/]+/[^/]+}")


def _head_remote_url(environ: Environ) -> str | None:
    """``https://github.com/fork/recipes`` from ``fork/recipes`` and the pull request's page."""
    return _at_the_same_host(environ, "{CI_PULL_REQUEST_SOURCE_REPO:[^/]+/[^/]+}")


def _at_the_same_host(environ: Environ, template: str) -> str | None:
    """The address of the repository that ``template`` names, on the host of the pull request."""
    page = environ.get("CI_PULL_REQUEST_HTML_URL")
    path = environ.fill(_PULL)
    repository = environ.fill(template)
    if page and path and repository and page.endswith(path):
        return f"{page.removesuffix(path)}/{repository}"
    return None


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
    pull_request=r"{CI_PULL_REQUEST_NUMBER:\d+}",
    head_sha="{CI_PULL_REQUEST_SOURCE_COMMIT}",
    head_remote_url=_head_remote_url,
    left_out={"attempt": NO_VARIABLE},
)
