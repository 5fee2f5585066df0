"""Woodpecker CI.

- ``CI`` is ``woodpecker`` unless somebody sets it anew, as conda-smithy does (``drone``); ``CI_SYSTEM_NAME`` says the same.
- Numbers count within one repository: the id names the server and the repository with them.
- 1.0 renamed ``CI_BUILD_…`` to ``CI_PIPELINE_…``; the older ``CI_BUILD_LINK`` was the forge's page, not the run's.
- On a pull request ``CI_COMMIT_BRANCH`` is the branch it goes to.
"""

from __future__ import annotations

import re

from conda_provenance.ci.adapter import Adapter, Environ


def _run_id(environ: Environ) -> str | None:
    """``{CI_SYSTEM_HOST}/{CI_REPO}/{CI_PIPELINE_NUMBER}``."""
    repository, number = environ.get("CI_REPO"), environ.first("CI_PIPELINE_NUMBER", "CI_BUILD_NUMBER")
    # Some versions give the server's whole URL as its host.
    host = re.fullmatch(r"(?:https?://)?([\w.:\[\]-]+)/?", environ.get("CI_SYSTEM_HOST", ""))
    return f"{host[1]}/{repository}/{number}" if host and repository and number else None


def _branch(environ: Environ) -> str | None:
    """``CI_COMMIT_BRANCH``; of a pull request, the branch it comes from."""
    if environ.get("CI_COMMIT_PULL_REQUEST"):
        return environ.get("CI_COMMIT_SOURCE_BRANCH")
    return None if environ.get("CI_COMMIT_TAG") else environ.get("CI_COMMIT_BRANCH")


ADAPTER = Adapter(
    provider="woodpecker",
    name="Woodpecker CI",
    docs="https://woodpecker-ci.org/docs/usage/environment",
    active=("CI_SYSTEM_NAME=woodpecker", "CI=woodpecker"),
    run_id=_run_id,
    run_url="{CI_PIPELINE_URL}",
    sha="{CI_COMMIT_SHA}",
    remote_url=("{CI_REPO_CLONE_URL}", "{CI_REPO_URL}"),
    workspace="{CI_WORKSPACE}",
    event=("{CI_PIPELINE_EVENT}", "{CI_BUILD_EVENT}"),
    branch=_branch,
    tag="{CI_COMMIT_TAG}",
    pull_request="{CI_COMMIT_PULL_REQUEST:\\d+}",
)
