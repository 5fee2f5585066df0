"""TeamCity.

- ``BUILD_NUMBER`` counts within one build configuration. The unique ``teamcity.build.id`` is in no
  variable, but in the address of the build's page (``BUILD_URL``, since 2023) and in the file that
  ``TEAMCITY_BUILD_PROPERTIES_FILE`` names.
- That file names another one, with the parameters of the configuration: repository, branch, pull
  request. Both hold passwords as well (``teamcity.auth.password``), so only the keys below are
  read.
- ``BUILD_URL`` and ``BUILD_NUMBER`` make other programs take it for Jenkins.
- ``BUILD_VCS_NUMBER`` and ``vcsroot.url`` are there only if the configuration has one
  repository.
- ``teamcity.build.branch`` is a label that a pattern makes from the branch. It is not read.
- A personal build (``BUILD_IS_PERSONAL``) may hold changes that are in no commit.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from functools import lru_cache

from conda_provenance.ci import Adapter, Environ

_MAX_SIZE = 1 << 20
"""In bytes, for each of the two files."""

_KEY = (
    r"teamcity\.(?:build\.(?:id|checkoutDir|vcs\.branch\.\w+)|configuration\.properties\.file"
    r"|serverUrl|pullRequest\.(?:number|source\.branch))|vcsroot\.url"
)
_PAGE = (
    r"https?://[^?#]*/(?:viewLog\.html\?(?:[^#]*&)?buildId=|build/|buildConfiguration/[^/?#]+/)"
    r"(?P<id>\d{1,20})(?![^&?#])"
)


def _run_id(environ: Environ) -> str | None:
    """``918273`` from the file, or from ``BUILD_URL=https://…/buildConfiguration/Build/918273``."""
    return _build_id(_parameters(environ)) or _page_id(environ)


def _page_id(environ: Environ) -> str | None:
    """``918273`` from ``BUILD_URL``."""
    page = re.match(_PAGE, environ.get("BUILD_URL") or "")
    return page["id"] if page else None


def _run_url(environ: Environ) -> str | None:
    """``BUILD_URL``, or ``{server}/viewLog.html?buildId=918273`` from the files."""
    page_id = _page_id(environ)
    if page_id is not None and page_id == _run_id(environ):  # A job may have set another build's.
        return environ.get("BUILD_URL")

    parameters = _parameters(environ)
    server, build = parameters.get("teamcity.serverUrl"), _build_id(parameters)
    return f"{server.rstrip('/')}/viewLog.html?buildId={build}" if server and build else None


def _remote_url(environ: Environ) -> str | None:
    """``vcsroot.url``, if the revision is a hash of git or Mercurial."""
    revision = re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", environ.get("BUILD_VCS_NUMBER") or "")
    return _parameters(environ).get("vcsroot.url") if revision else None


def _workspace(environ: Environ) -> str | None:
    """``/opt/agent/work/b121a771cb6f63e3`` from ``teamcity.build.checkoutDir``."""
    return _parameters(environ).get("teamcity.build.checkoutDir")


def _branch(environ: Environ) -> str | None:
    """``x`` from ``refs/heads/x``; on a pull request ``teamcity.pullRequest.source.branch``."""
    parameters = _parameters(environ)
    source = parameters.get("teamcity.pullRequest.source.branch") or ""
    return source.removeprefix("refs/heads/") or _ref(parameters, r"refs/heads/(.+)")


def _tag(environ: Environ) -> str | None:
    """``v1.0`` from ``refs/tags/v1.0``."""
    return _ref(_parameters(environ), r"refs/tags/(.+)")


def _pull_request(environ: Environ) -> str | None:
    """``4`` from ``teamcity.pullRequest.number=4``."""
    number = _parameters(environ).get("teamcity.pullRequest.number") or ""
    return number if re.fullmatch(r"\d+", number, re.ASCII) else None


def _merge(environ: Environ) -> str | None:
    """``refs/pull/4/merge``: built for Azure DevOps, or if the configuration asks for it."""
    return _ref(_parameters(environ), r"(refs/(?:pull|pull-requests|merge-requests)/\d+/merge)")


def _build_id(parameters: Environ) -> str | None:
    """``918273`` from ``teamcity.build.id=918273``."""
    number = parameters.get("teamcity.build.id") or ""
    return number if re.fullmatch(r"\d{1,20}", number, re.ASCII) else None


def _ref(parameters: Environ, pattern: str) -> str | None:
    """The group of ``pattern`` in the ref that is built, if there is only one repository."""
    refs = [
        parameters[name] for name in parameters if name.startswith("teamcity.build.vcs.branch.")
    ]
    match = re.fullmatch(pattern, refs[0]) if len(refs) == 1 else None
    return match[1] if match else None


def _parameters(environ: Environ) -> Environ:
    """The parameters in both files: the build's, and the configuration's."""
    build = _read(environ.get("TEAMCITY_BUILD_PROPERTIES_FILE"))
    configuration = _read(Environ(build).get("teamcity.configuration.properties.file"))
    return Environ({**configuration, **build})


def _read(path: str | None) -> Mapping[str, str]:
    """The wanted keys of a Java properties file.

    A file that is not regular, is too large or cannot be read has none.
    """
    if path is None:
        return {}
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode) or not 0 < status.st_size <= _MAX_SIZE:
            return {}
        return _parse(path, status.st_mtime_ns, status.st_size)
    except (OSError, ValueError):
        return {}


@lru_cache(maxsize=2)
def _parse(path: str, _modified: int, _size: int) -> Mapping[str, str]:
    """``{"teamcity.build.id": "918273"}`` from a file with this line and others."""
    with open(path, "rb") as file:
        lines = file.read(_MAX_SIZE).decode("latin-1").split("\n")

    pairs = (line.partition("=") for line in map(str.strip, lines))
    return {
        key: re.sub(r"\\(?:u([0-9A-Fa-f]{4})|(.))", _unescape, value)
        for key, _, value in pairs
        if re.fullmatch(_KEY, key, re.ASCII)
    }


def _unescape(match: re.Match[str]) -> str:
    r"""``:`` from ``\:``, ``é`` from ``\u00e9``, a line break from ``\n``.

    A value with a control character is not used later.
    """
    if match[1]:
        return chr(int(match[1], 16))
    return {"n": "\n", "r": "\r", "t": "\t", "f": "\f"}.get(match[2], match[2])


ADAPTER = Adapter(
    provider="teamcity",
    name="TeamCity",
    docs="https://www.jetbrains.com/help/teamcity/predefined-build-parameters.html",
    active=("TEAMCITY_VERSION",),
    run_id=_run_id,
    run_url=_run_url,
    sha="{BUILD_VCS_NUMBER}",
    remote_url=_remote_url,
    workspace=_workspace,
    branch=_branch,
    tag=_tag,
    pull_request=_pull_request,
    merge=_merge,
    left_out={
        "event": "teamcity.build.triggeredBy is a sentence for people, with their names",
        "pull_request": "TEAMCITY_PULLREQUEST_NUMBER is on no page of the vendor's; "
        "only Datadog reads it",
        "head_remote_url": "no parameter on the vendor's page holds the fork's address",
        "attempt": "a build that is run again has an id of its own",
    },
)
