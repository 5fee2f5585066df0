"""Azure Pipelines.

- CEP 31 names a run by build number and attempt. The number is a name that its owner forms, may hold spaces and
  need not be unique; the page, by build id, is.
- Release pipelines (``SYSTEM_HOSTTYPE`` is ``release``, ``deployment`` or ``gates``) carry the ``BUILD_…`` variables of the
  build they deploy: they are not taken for a run.
- ``BUILD_BUILDURI`` is ``vstfs:///…``, no link. ``BUILD_SOURCEBRANCHNAME`` is only the last part of the branch's name.
- Pull requests build a merge commit. TFVC and Subversion have no commit hash, and a URL that no git reads.
- ``SYSTEM_PULLREQUEST_PULLREQUESTID`` is GitHub's internal id there, not the number.
- ``SYSTEM_PULLREQUEST_SOURCEREPOSITORYURI`` is the repository that is built, not the fork.
- Repositories of Azure Repos are given as ``https://organisation@dev.azure.com/…``.
"""

from __future__ import annotations

from urllib.parse import quote

from conda_provenance.ci.adapter import Adapter, Environ


def _run_url(environ: Environ) -> str | None:
    """``https://dev.azure.com/organisation/project/_build/results?buildId=1202115``"""
    collection = environ.first("SYSTEM_COLLECTIONURI", "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI")
    project = environ.first("SYSTEM_TEAMPROJECT", "SYSTEM_TEAMPROJECTID")
    build = environ.get("BUILD_BUILDID")
    if not (collection and project and build) or "/" in project:  # no project can be named so
        return None
    return f"{collection.rstrip('/')}/{quote(project, safe='')}/_build/results?buildId={build}"


def _remote_url(environ: Environ) -> str | None:
    """``https://github.com/owner/name``; nothing for what is no git repository."""
    is_git = environ.get("BUILD_REPOSITORY_PROVIDER") not in ("TfsVersionControl", "Svn")
    return environ.get("BUILD_REPOSITORY_URI") if is_git else None


ADAPTER = Adapter(
    provider="azure",
    name="Azure Pipelines",
    docs="https://learn.microsoft.com/azure/devops/pipelines/build/variables",
    active=("TF_BUILD",),
    unless=("{SYSTEM_HOSTTYPE:(?!(?i:build)$).+}",),
    run_id="{BUILD_BUILDNUMBER}.{SYSTEM_JOBATTEMPT:[1-9]\\d*}",
    run_url=_run_url,
    sha="{BUILD_SOURCEVERSION}",
    remote_url=_remote_url,
    workspace="{BUILD_SOURCESDIRECTORY}",
    event="{BUILD_REASON}",
    branch=(
        "{SYSTEM_PULLREQUEST_SOURCEBRANCH:refs/heads/(.+)}",  # Azure Repos
        "{SYSTEM_PULLREQUEST_SOURCEBRANCH:(?!refs/).+}",  # GitHub
        "{BUILD_SOURCEBRANCH:refs/heads/(.+)}",
    ),
    tag="{BUILD_SOURCEBRANCH:refs/tags/(.+)}",
    pull_request=(
        "{BUILD_SOURCEBRANCH:refs/pull/(\\d+)/merge}",
        "{SYSTEM_PULLREQUEST_PULLREQUESTNUMBER:\\d+}",
    ),
    merge="{BUILD_SOURCEBRANCH:refs/pull/\\d+/merge}",
    head_sha="{SYSTEM_PULLREQUEST_SOURCECOMMITID}",
    attempt="{SYSTEM_JOBATTEMPT:[1-9]\\d*}",
    left_out={
        "head_remote_url": "SYSTEM_PULLREQUEST_SOURCEREPOSITORYURI is the target's URL on pull requests of forks"
    },
)
