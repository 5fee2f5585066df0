"""Bamboo.

- The page writes ``bamboo.buildResultKey``; in the environment each dot is an underscore.
- Names are in lower and upper case mixed; on Windows case does not matter.
- ``BAMBOO_HOME`` and other names in capitals belong to the server's container, not to a build.
- ``bamboo_buildNumber`` counts within one plan; the result's key is unique on its server.
- With a second repository (``bamboo_planRepository_2_…``) none is the recipe's for sure.
- Bitbucket Data Center's ssh addresses (port 7999) have another path than its https ones: none is made of them.
"""

from __future__ import annotations

import re

from conda_provenance.ci.adapter import Adapter, Environ


def _sha(environ: Environ) -> str | None:
    """The revision of the plan's repository, where it has one only."""
    return _only(environ, "revision")


def _remote_url(environ: Environ) -> str | None:
    """``https://git.example.org/acme/recipes.git`` of the plan's repository, where it has one only."""
    url = _only(environ, "repositoryUrl")
    return None if url is None or re.match(r"ssh://[^/]*:7999/", url) else url


def _branch(environ: Environ) -> str | None:
    """``main`` of the plan's repository; of a pull request, the branch it comes from."""
    return environ.get("bamboo_repository_pr_sourceBranch") or (
        None if "bamboo_repository_pr_key" in environ else _only(environ, "branchName")
    )


def _only(environ: Environ, name: str) -> str | None:
    """``bamboo_planRepository_revision`` and the like, where the plan has one repository only."""
    several = any(
        re.fullmatch(r"bamboo_planRepository_([2-9]|\d\d+)_\w+", variable, re.IGNORECASE)
        for variable in environ
    )
    return (
        None
        if several
        else environ.get(f"bamboo_planRepository_{name}")
        or environ.get(f"bamboo_planRepository_1_{name}")
    )


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
    pull_request="{bamboo_repository_pr_key:\\d+}",
    left_out={
        "event": "the page has only the name of who started a manual build",
        "tag": "no variable of the page tells a tag",
        "head_remote_url": "no variable of the page holds the fork's address",
        "attempt": "a job that is run again keeps its key, and nothing counts",
    },
)
