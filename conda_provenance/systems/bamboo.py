"""Bamboo.

- The page writes ``bamboo.buildResultKey``. In the environment each dot is an underscore.
- Names mix lower and upper case. On Windows case does not matter.
- ``BAMBOO_HOME`` and other names in capitals belong to the server's container, not to a build.
- ``bamboo_buildNumber`` counts within one plan. The result's key is unique on its server.
- With a second repository (``bamboo_planRepository_2_…``) none of them is certain to be the
  recipe's.
"""

from __future__ import annotations

import re

from conda_provenance.ci import NO_VARIABLE, Adapter, Environ


def _sha(environ: Environ) -> str | None:
    """The revision of the plan's repository, if the plan has only one."""
    return _of_only_repository(environ, "revision")


def _remote_url(environ: Environ) -> str | None:
    """``https://git.example.org/acme/recipes.git``, if the plan has only one repository."""
    return _of_only_repository(environ, "repositoryUrl")


def _branch(environ: Environ) -> str | None:
    """``main`` of the plan's repository; on a pull request, the branch that it comes from."""
    source = environ.get("bamboo_repository_pr_sourceBranch")
    if source or "bamboo_repository_pr_key" in environ:
        return source
    return _of_only_repository(environ, "branchName")


def _of_only_repository(environ: Environ, name: str) -> str | None:
    """``bamboo_planRepository_revision`` and the like, if the plan has only one repository."""
    another = r"bamboo_planRepository_([2-9]|\d\d+)_\w+"
    if any(re.fullmatch(another, variable, re.IGNORECASE) for variable in environ):
        return None
    return environ.first(f"bamboo_planRepository_{name}", f"bamboo_planRepository_1_{name}")


ADAPTER = Adapter(
    provider="bamboo",
    name="Bamboo",
    docs="https://confluence.atlassian.com/bamboo/bamboo-variables-289277087.html",
    active=("bamboo_buildResultKey", "bamboo_planKey"),
    run_id="{bamboo_buildResultKey}",
    run_url=("{bamboo_buildResultsUrl}", "{bamboo_resultsUrl}"),
    sha=_sha,
    remote_url=_remote_url,
    workspace="{bamboo_build_working_directory}",
    branch=_branch,
    pull_request=r"{bamboo_repository_pr_key:\d+}",
    left_out={
        "event": "the page has only the name of the person who started a manual build",
        "tag": NO_VARIABLE,
        "head_remote_url": NO_VARIABLE,
        "attempt": "a job that is run again keeps its key, and nothing counts the tries",
    },
)
