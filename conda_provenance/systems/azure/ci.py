"""Azure Pipelines.

- CEP 31 names a run by build number and attempt. The "number" is a text that the pipeline's owner
  chooses. It may hold spaces and need not be unique. The run's page has the build's id, which is
  unique.
- Release pipelines (``SYSTEM_HOSTTYPE`` is ``release``, ``deployment`` or ``gates``) have the
  ``BUILD_…`` variables of the build that they deploy. They do not count as a run.
- ``BUILD_BUILDURI`` is ``vstfs:///…``, not a link. ``BUILD_SOURCEBRANCHNAME`` is only the last part
  of the branch's name.
- Pull requests build a merge commit. TFVC and Subversion have no commit hash, and their URL is not
  one that git can read.
- For a repository on GitHub ``SYSTEM_PULLREQUEST_PULLREQUESTID`` is GitHub's internal id, not the
  number.
- ``SYSTEM_PULLREQUEST_SOURCEREPOSITORYURI`` is the repository that is built, not the fork.
- Repositories in Azure Repos are given as ``https://organisation@dev.azure.com/…``.
"""

from __future__ import annotations

from urllib.parse import quote

from conda_provenance.ci import Adapter, Environ, unless


def _run_url(environ: Environ) -> str | None:
    """``https://dev.azure.com/organisation/project/_build/results?buildId=1202115``"""
    collection = environ.first("SYSTEM_COLLECTIONURI", "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI")
    project = environ.first("SYSTEM_TEAMPROJECT", "SYSTEM_TEAMPROJECTID")
    build = environ.get("BUILD_BUILDID")

    # No project's name can hold a slash.
    if not (collection and project and build) or "/" in project:
        return None
    return f"{collection.rstrip('/')}/{quote(project, safe='')}/_build/results?buildId={build}"


ADAPTER = Adapter(
    provider="azure",
    name="Azure Pipelines",
    docs="https://learn.microsoft.com/azure/devops/pipelines/build/variables",
    active=("TF_BUILD",),
    forge="conda_provenance.systems.azure.forge:FORGE",
    forge_api="conda_provenance.systems.azure.forge_api:AzureReposApi",
    unless=("{SYSTEM_HOSTTYPE:(?!(?i:build)$).+}",),
    run_api="conda_provenance.systems.azure.run_api:AzureRuns",
    run_id=r"{BUILD_BUILDNUMBER}.{SYSTEM_JOBATTEMPT:[1-9]\d*}",
    run_url=_run_url,
    sha="{BUILD_SOURCEVERSION}",
    remote_url=unless(
        ("BUILD_REPOSITORY_PROVIDER=TfsVersionControl", "BUILD_REPOSITORY_PROVIDER=Svn"),
        "{BUILD_REPOSITORY_URI}",
    ),
    workspace="{BUILD_SOURCESDIRECTORY}",
    event="{BUILD_REASON}",
    branch=(
        "{SYSTEM_PULLREQUEST_SOURCEBRANCH:refs/heads/(.+)}",  # Azure Repos
        "{SYSTEM_PULLREQUEST_SOURCEBRANCH:(?!refs/).+}",  # GitHub
        "{BUILD_SOURCEBRANCH:refs/heads/(.+)}",
    ),
    tag="{BUILD_SOURCEBRANCH:refs/tags/(.+)}",
    pull_request=(
        r"{BUILD_SOURCEBRANCH:refs/pull/(\d+)/merge}",
        r"{SYSTEM_PULLREQUEST_PULLREQUESTNUMBER:\d+}",
    ),
    merge=r"{BUILD_SOURCEBRANCH:refs/pull/\d+/merge}",
    head_sha="{SYSTEM_PULLREQUEST_SOURCECOMMITID}",
    attempt=r"{SYSTEM_JOBATTEMPT:[1-9]\d*}",
    left_out={
        "head_remote_url": "on pull requests of forks SYSTEM_PULLREQUEST_SOURCEREPOSITORYURI is "
        "the target's URL"
    },
)
