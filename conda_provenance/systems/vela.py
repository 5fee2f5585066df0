"""Vela.

- Build numbers count within one repository: the id names it too.
- On a pull request ``VELA_BUILD_COMMIT`` is its head and ``VELA_BUILD_BRANCH`` the target; on a tag that may be ``refs/tags/…``.
- Of a deployment, branch and ref are made up where it was asked for by tag or commit: no branch then.
- ``VELA_BUILD_CLONE`` is the repository that the build runs for, not a fork.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter, Environ

_NUMBER = ("{VELA_BUILD_PULL_REQUEST:\\d+}", "{VELA_PULL_REQUEST:\\d+}")


def _branch(environ: Environ) -> str | None:
    """``main`` of ``refs/heads/main``, on a pull request the branch it comes from."""
    source = environ.get("VELA_PULL_REQUEST_SOURCE")
    if source or environ.get("VELA_BUILD_EVENT") == "deployment":
        return source
    return environ.fill("{VELA_BUILD_REF:refs/heads/(.+)}")


def _head_sha(environ: Environ) -> str | None:
    """The commit, where a pull request is built."""
    return environ.get("VELA_BUILD_COMMIT") if any(map(environ.fill, _NUMBER)) else None


ADAPTER = Adapter(
    provider="vela",
    name="Vela",
    docs="https://go-vela.github.io/docs/reference/environment/variables/",
    active=("VELA",),
    run_id="{VELA_REPO_FULL_NAME:[^/]+/.+}/{VELA_BUILD_NUMBER:[1-9]\\d*}",
    run_url="{VELA_BUILD_LINK}",
    sha="{VELA_BUILD_COMMIT}",
    remote_url=("{VELA_REPO_CLONE}", "{VELA_REPO_LINK}"),
    workspace=("{VELA_BUILD_WORKSPACE}", "{VELA_WORKSPACE}"),
    event="{VELA_BUILD_EVENT}",
    branch=_branch,
    tag="{VELA_BUILD_TAG}",
    pull_request=_NUMBER,
    head_sha=_head_sha,
    left_out={
        "head_remote_url": "no variable of the page names the fork",
        "attempt": "no variable of the page counts tries",
    },
)
