"""Azure Pipelines: https://learn.microsoft.com/azure/devops/pipelines/build/variables

- CEP 31 names a run by build number and attempt. The number is a name that its owner forms, may hold spaces and
  need not be unique; the page, by build id, is.
- Release pipelines (``SYSTEM_HOSTTYPE`` is not ``build``) carry the ``BUILD_…`` variables of the build they deploy.
- ``BUILD_BUILDURI`` is ``vstfs:///…``, no link.
- Pull requests build a merge commit. TFVC and Subversion have no commit hash, and a URL that no git reads.
- Repositories of Azure Repos are given as ``https://organisation@dev.azure.com/…``.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from conda_provenance.ci.adapter import Adapter, Environ


def is_active(environ: Environ) -> bool:
    return environ.on("TF_BUILD")


def read(environ: Environ) -> dict[str, str | None]:
    if environ.get("SYSTEM_HOSTTYPE", "build").lower() != "build":
        return {}
    is_git = environ.get("BUILD_REPOSITORY_PROVIDER") not in ("TfsVersionControl", "Svn")
    merge = re.fullmatch(r"refs/pull/(\d+)/merge", environ.get("BUILD_SOURCEBRANCH", ""), re.ASCII)
    return {
        "run_id": environ.fill("{BUILD_BUILDNUMBER}.{SYSTEM_JOBATTEMPT}"),
        "run_url": _run_url(environ),
        "sha": environ.get("BUILD_SOURCEVERSION") if is_git else None,
        "remote_url": environ.get("BUILD_REPOSITORY_URI") if is_git else None,
        "workspace": environ.get("BUILD_SOURCESDIRECTORY"),
        "merge_of": merge[1] if merge else None,
    }


def _run_url(environ: Environ) -> str | None:
    collection = environ.first("SYSTEM_COLLECTIONURI", "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI", "SYSTEM_TEAMFOUNDATIONSERVERURI")
    project = environ.first("SYSTEM_TEAMPROJECT", "SYSTEM_TEAMPROJECTID")
    build = environ.get("BUILD_BUILDID")
    if not (collection and project and build) or "/" in project:  # no project can be named so
        return None
    return f"{collection.rstrip('/')}/{quote(project, safe='')}/_build/results?buildId={build}"


ADAPTER = Adapter(
    "azure", "Azure Pipelines", "https://learn.microsoft.com/azure/devops/pipelines/build/variables", is_active, read
)
