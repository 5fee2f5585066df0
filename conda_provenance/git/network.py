"""Every git process that talks to a stranger's server is started here, with all its protections.

Only fixed commands are run, with options and commits that were checked. What the answers mean is
not known here, but for git's errors: those are read, and never shown.
"""

from __future__ import annotations

import os
import re
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from copy import copy
from enum import Enum

from conda_provenance.errors import UnavailableError
from conda_provenance.git.addresses import Way
from conda_provenance.git.command import SETTINGS, GitError, GitFailedError
from conda_provenance.git.environment import CONFIGURATIONS, clean_environment
from conda_provenance.git.limits import MEMORY_SETTINGS, FolderTooLargeError
from conda_provenance.git.processes import Job, Processes
from conda_provenance.git.version import Version
from conda_provenance.net import Tls

OLDEST = (2, 37)
"""The oldest git that can be told the address of a server: ``http.curloptResolve``."""

_SETTINGS = {
    **SETTINGS,
    **MEMORY_SETTINGS,
    "protocol.version": "2",
    "http.followRedirects": "false",  # Neither redirects, nor alternates of "dumb" servers.
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "20",
    "credential.helper": "",
    "core.askPass": "",
    # No login of the system's own, such as by NTLM, which Windows would hand to any server.
    "http.emptyAuth": "false",
    "http.allowNTLMAuth": "false",
    "transfer.bundleURI": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "fetch.recurseSubmodules": "false",
    "fetch.unpackLimit": "1",
    "fetch.writeCommitGraph": "false",
    "pack.threads": "1",
    "advice.detachedHead": "false",
}

_KEPT = ("GIT_SSL_CAINFO", "GIT_SSL_CAPATH")
_DROPPED = ("SSH_ASKPASS", "SSH_AUTH_SOCK", "NETRC", "LANGUAGE", "CURL_HOME")

_NO_LAZY_FETCH: dict[Version, int] = {
    (2, 39): 4,
    (2, 40): 2,
    (2, 41): 1,
    (2, 42): 2,
    (2, 43): 4,
    (2, 44): 1,
}
"""Releases before 2.45 that obey ``GIT_NO_LAZY_FETCH``, too."""


_SHORTEST_SECRET = 12


class Fault(Enum):
    """Why a server gave no answer, as far as another question may get one."""

    UNKNOWN = "unknown object"
    """It has no such commit. :attr:`ServerError.ids` names it."""
    WITHHELD = "withheld object"
    """It has no such commit, or none that its branches and tags lead to. It is named, too."""
    TIPS_ONLY = "tips only"
    """It hands out only what its branches and tags lead to."""
    FILES_ONLY = "files only"
    """It is a web server with the files of a repository: no git runs there."""
    FILTER = "filter"
    """It cannot leave objects out, though it says that it can."""
    BUSY = "busy"
    LARGE = "large"
    """It was ended at one of our limits of size."""
    SLOW = "slow"
    """It was ended at our limit of time."""
    OTHER = "other"


class ServerError(UnavailableError):
    """A git server gave no answer."""

    def __init__(self, message: str, fault: Fault, ids: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.fault = fault
        self.ids = ids


class GitServer:
    """One repository on a stranger's server."""

    def __init__(
        self,
        url: str,
        way: Way,
        processes: Processes,
        *,
        authorization: str = "",
        tls: Tls | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        """``authorization``: the value of that header, for this server alone."""
        self.url = url
        self.host = way.origin.shown
        self._processes = processes
        self._secrets = tuple(_secrets_in(authorization))
        self._settings = [*_SETTINGS.items(), *way.settings, *_tls_settings(tls or Tls())]
        self._environment = _environment(
            way, authorization, os.environ if environ is None else environ
        )

    def moved(self, url: str) -> GitServer:
        """The same server, at another of its addresses."""
        return self._changed(url=url)

    def _changed(self, **attributes: object) -> GitServer:
        other = copy(self)
        vars(other).update(attributes)
        return other

    def list_refs(self, folder: str) -> bytes:
        """The branches and tags, and where HEAD leads: what ``git ls-remote`` prints.

        ``folder`` is a repository of our own.
        """
        patterns = ("HEAD", "refs/heads/*", "refs/tags/*")
        answer = self._ask(folder, "ls-remote", "--symref", "--end-of-options", self.url, *patterns)
        if any(secret in answer for secret in self._secrets):
            raise ServerError(f"{self.host} repeats what it was sent in secret.", Fault.OTHER)
        return answer

    def fetch(
        self, folder: str, wanted: Iterable[str], *, depth: int = 0, leave_out: str = ""
    ) -> None:
        """Fetch objects into a repository of our own.

        ``wanted`` are ids, each with a ref behind a colon if one is to lead to it.
        ``leave_out`` is what git calls a filter.
        """
        options = ["--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules"]
        options += ["--no-auto-maintenance", "--update-shallow"]
        if depth:
            options.append(f"--depth={depth}")
        if leave_out:
            options.append(f"--filter={leave_out}")
        given = "".join(f"{_checked(each)}\n" for each in wanted).encode()
        self._ask(folder, "fetch", *options, "--stdin", "--end-of-options", self.url, given=given)

    def fetch_objects(self, folder: str, ids: Iterable[str], *, leave_out: str = "") -> None:
        """Fetch what an earlier fetch left out of the commits that are there already."""
        # Otherwise the server would take it that we have all that those commits have.
        nothing = [("fetch.negotiationAlgorithm", "noop")]
        other = self._changed(_settings=[*self._settings, *nothing])
        other.fetch(folder, ids, leave_out=leave_out)

    def _ask(self, folder: str, command: str, *arguments: str, given: bytes = b"") -> bytes:
        options = [part for name, value in self._settings for part in ("-c", f"{name}={value}")]
        environment = {**self._environment, "GIT_DIR": folder, "TMPDIR": folder}
        job = Job(
            (*options, command, *arguments), environment, folder, f"git {command}", given, True
        )
        try:
            with self._processes.run(job) as process:
                try:
                    return process.question.output(limit=self._processes.limits.output)
                except GitFailedError:
                    raise self._error(process.errors()) from None
        except FolderTooLargeError as error:
            raise ServerError(f"{self.host} sends too much: {error}.", Fault.LARGE) from None
        except GitError as error:
            raise ServerError(f"{self.host} was asked: {error}.", Fault.SLOW) from None

    def _error(self, errors: bytes) -> ServerError:
        """What git's errors mean. Nothing of them is shown: a server may write there."""
        for fault, pattern, sentence in _FAULTS_OF_COMMITS:
            if ids := pattern.findall(errors):
                named = tuple(each.decode() for each in ids)
                return ServerError(sentence.format(host=self.host), fault, named)

        for fault, words, sentence in _FAULTS:
            if any(word in errors for word in words):
                return ServerError(sentence.format(host=self.host), fault)
        return ServerError(f"{self.host} gives git no answer that can be used.", Fault.OTHER)


_FAULTS_OF_COMMITS = (
    (
        Fault.UNKNOWN,
        re.compile(rb"not our ref ([0-9a-f]{40,64})"),
        "{host} has no such commit.",
    ),
    (
        Fault.WITHHELD,
        re.compile(rb"want ([0-9a-f]{40,64}) not valid"),  # JGit, for both.
        "{host} does not hand out that commit: it has none, or no branch or tag leads to it.",
    ),
)

_FAULTS = (
    (
        Fault.BUSY,
        (b"unable to handle this request due to load", b"returned error: 429"),
        "{host} is too busy; try later.",
    ),
    (
        Fault.TIPS_ONLY,
        (b"unadvertised object",),
        "{host} hands out only what its branches and tags lead to.",
    ),
    (
        Fault.FILES_ONLY,
        (b"dumb http transport",),
        "{host} has the repository's files, but no git that could be asked for a commit.",
    ),
    (
        Fault.FILTER,
        (b"from promisor remote", b"filter-spec", b"filtering not"),
        "{host} cannot send a part of its repository.",
    ),
    (
        Fault.LARGE,
        (b"File too large", b"out of memory", b"Out of memory", b"mmap failed"),
        "{host} sends more than is taken from a stranger.",
    ),
)


def obeys_no_lazy_fetch(version: Version) -> bool:
    """Does this git fetch nothing by itself where a partial clone lacks an object?

    One that does not would start another git for each object that a "dumb" server lacks, and that
    one another, without end.
    """
    least = _NO_LAZY_FETCH.get(version[:2])
    return version >= (2, 45) or (least is not None and version[2:3] >= (least,))


def _checked(wanted: str) -> str:
    """An id, or an id and a ref of ours. Nothing that a stranger names gets to git."""
    if not re.fullmatch(r"(?:[0-9a-f]{40}|[0-9a-f]{64})|\+[0-9a-f]{40,64}:refs/verify/\w+", wanted):
        raise ValueError("only commits by their ids are fetched")
    return wanted


def _secrets_in(authorization: str) -> Iterator[bytes]:
    """The forms in which a server could repeat a token. A short one is a word."""
    word = authorization.rpartition(" ")[2].encode()
    forms = [word]
    with suppress(ValueError):
        forms.append(b64decode(word, validate=True).rpartition(b":")[2])
    yield from (each for each in forms if len(each) >= _SHORTEST_SECRET)


def _tls_settings(tls: Tls) -> list[tuple[str, str]]:
    named = {
        "http.sslCAInfo": tls.authority,
        "http.sslCert": tls.certificate,
        "http.sslKey": tls.key,
    }
    return [(name, value) for name, value in named.items() if value]


def _environment(way: Way, authorization: str, environ: Mapping[str, str]) -> dict[str, str]:
    kept = {name: environ[name] for name in _KEPT if name in environ}
    clean = clean_environment(way.environment(environ), ignored=CONFIGURATIONS)
    clean |= kept
    for name in _DROPPED:
        clean.pop(name, None)

    # The last one keeps curl from a netrc on Windows.
    clean |= {"GIT_ASKPASS": "", "GIT_ALLOW_PROTOCOL": way.protocol, "USERPROFILE": os.devnull}
    if authorization:
        origin = way.origin
        host = f"[{origin.host}]" if ":" in origin.host else origin.host
        clean |= {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"http.{origin.scheme}://{host}:{origin.port}/.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: {authorization}",
        }
    return clean
