"""conda-smithy.

- Not a CI: its scripts run on one, and pass into the container that builds only ``flow_run_id``, ``remote_url`` and ``sha``
  (lower case) of all that the CI says.
- Builds on one's own machine have them empty. A CI variable that was missing leaves ``travis_``, ``azure_.``
  or an unexpanded ``azure_$(…)``: none of these names a run.
- The recipe's folder is mounted by itself, without the ``.git`` above it.
- The URL is GitHub's public one even where the repository is on a server of one's own.
- ``IS_PR_BUILD`` is passed in too. On Azure and GitHub the commit of such a build is a merge commit.
- ``GIT_BRANCH`` is ``123/merge`` on GitHub's pull requests since 2026.8.5; else it is only the last part of the branch's name.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter, Environ

_RUN = "(?!(?i:undefined|none|null)$)[^\\s.$%](?:[^$%]*[^\\s.$%])?"


def _merge(environ: Environ) -> str | None:
    """``True`` on pull requests of the two CIs that build them merged."""
    return environ.fill("{flow_run_id:(?:azure|github)_.+}") and environ.fill("{IS_PR_BUILD:True}")


def _pull_request(environ: Environ) -> str | None:
    """``123`` from ``GIT_BRANCH=123/merge``."""
    return _merge(environ) and environ.fill("{GIT_BRANCH:(\\d+)/merge}")


ADAPTER = Adapter(
    provider="smithy",
    name="conda-smithy",
    docs="https://github.com/conda-forge/conda-smithy/blob/main/conda_smithy/templates/run_docker_build.sh.tmpl",
    active=("{flow_run_id:[a-z][a-z0-9-]*_" + _RUN + "}",),
    last=True,
    ran_by="{flow_run_id:([a-z][a-z0-9-]*)_.+}",
    run_id="{flow_run_id:[a-z][a-z0-9-]*_(" + _RUN + ")}",
    sha="{sha}",
    remote_url="{remote_url}",
    workspace=("{RECIPE_ROOT}", "{FEEDSTOCK_ROOT}"),
    pull_request=_pull_request,
    merge=_merge,
    left_out={
        "run_url": "not passed into the container",
        "branch": "GIT_BRANCH is only the last part of the branch's name, but on GitHub since 2026.8.5",
    },
)
