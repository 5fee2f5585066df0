"""conda-smithy.

- conda-smithy is not a CI. Its scripts run on one. Of the CI's facts they pass only
  ``flow_run_id``, ``remote_url`` and ``sha`` (lower case) into the container that builds.
- In builds on one's own machine these are empty. If a CI variable was missing, the id is
  ``travis_``, ``azure_.`` or an unexpanded ``azure_$(…)``. None of these names a run.
- The recipe's folder is mounted by itself, without the ``.git`` above it.
- The URL is GitHub's public one, even where the repository is on a server of one's own.
- ``IS_PR_BUILD`` is passed in too. On Azure and GitHub the commit of such a build is a merge
  commit.
- ``GIT_BRANCH`` is ``123/merge`` on pull requests of GitHub since 2026.8.5. Otherwise it is only
  the last part of the branch's name.
"""

from __future__ import annotations

from conda_provenance.ci import Adapter, when

_RUN = r"(?!(?i:undefined|none|null)$)[^\s.$%](?:[^$%]*[^\s.$%])?"
_PULL = "{flow_run_id:(?:azure|github)_.+}{IS_PR_BUILD:True}"

ADAPTER = Adapter(
    provider="smithy",
    name="conda-smithy",
    docs="https://github.com/conda-forge/conda-smithy/blob/main/conda_smithy/templates/"
    "run_docker_build.sh.tmpl",
    active=("{flow_run_id:[a-z][a-z0-9-]*_" + _RUN + "}",),
    last=True,
    ran_by="{flow_run_id:([a-z][a-z0-9-]*)_.+}",
    run_id="{flow_run_id:[a-z][a-z0-9-]*_(" + _RUN + ")}",
    sha="{sha}",
    remote_url="{remote_url}",
    workspace=("{RECIPE_ROOT}", "{FEEDSTOCK_ROOT}"),
    pull_request=when(_PULL, r"{GIT_BRANCH:(\d+)/merge}"),
    merge=when(_PULL, "{IS_PR_BUILD}"),
    left_out={
        "run_url": "it is not passed into the container",
        "branch": "GIT_BRANCH is only the last part of the branch's name, "
        "except on GitHub since 2026.8.5",
    },
)
