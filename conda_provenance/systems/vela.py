"""Vela.

- Build numbers count within one repository, so the id names the repository too.
- On a pull request ``VELA_BUILD_COMMIT`` is its head and ``VELA_BUILD_BRANCH`` the target. On a tag
  ``VELA_BUILD_BRANCH`` may be ``refs/tags/…``.
- If a deployment was started for a tag or a commit, its branch and ref are made up. So a deployment
  has no branch here.
- ``VELA_BUILD_CLONE`` is the repository that the build runs for, not a fork.
"""

from __future__ import annotations

from conda_provenance.ci import NO_VARIABLE, Adapter, unless, when

_NUMBER = (r"{VELA_BUILD_PULL_REQUEST:\d+}", r"{VELA_PULL_REQUEST:\d+}")

ADAPTER = Adapter(
    provider="vela",
    name="Vela",
    docs="https://go-vela.github.io/docs/reference/environment/variables/",
    active=("VELA",),
    run_id=r"{VELA_REPO_FULL_NAME:[^/]+/.+}/{VELA_BUILD_NUMBER:[1-9]\d*}",
    run_url="{VELA_BUILD_LINK}",
    sha="{VELA_BUILD_COMMIT}",
    remote_url=("{VELA_REPO_CLONE}", "{VELA_REPO_LINK}"),
    workspace=("{VELA_BUILD_WORKSPACE}", "{VELA_WORKSPACE}"),
    event="{VELA_BUILD_EVENT}",
    branch=(
        "{VELA_PULL_REQUEST_SOURCE}",
        unless("VELA_BUILD_EVENT=deployment", "{VELA_BUILD_REF:refs/heads/(.+)}"),
    ),
    tag="{VELA_BUILD_TAG}",
    pull_request=_NUMBER,
    head_sha=when(_NUMBER, "{VELA_BUILD_COMMIT}"),
    left_out={
        "head_remote_url": NO_VARIABLE,
        "attempt": NO_VARIABLE,
    },
)
