"""``GitRepositories``: all repositories of one run, in throw-away folders that vanish with it."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from conda_provenance.errors import UnavailableError
from conda_provenance.git.addresses import FindAddresses, find_addresses
from conda_provenance.git.command import GitError, find_program
from conda_provenance.git.hasher import Hasher
from conda_provenance.git.limits import Limits
from conda_provenance.git.network import OLDEST
from conda_provenance.git.processes import Processes
from conda_provenance.git.throwaway import Throwaway
from conda_provenance.git.version import Version, asking_version
from conda_provenance.net import Origin, Reach, Tls
from conda_provenance.remotes import RemoteUrl
from conda_provenance.verify.answers import Answers, scope_of
from conda_provenance.verify.git.answered import AnsweredRepository, RefList
from conda_provenance.verify.git.clone import Clone
from conda_provenance.verify.git.opening import Probed, Tools
from conda_provenance.verify.git.trees import Trees
from conda_provenance.verify.named import not_shown
from conda_provenance.verify.repository import Position

_MAX_OPEN = 128
"""Repositories that are on the disk at once. A channel has tens of thousands."""

_MAX_AHEAD = 16 << 20
"""Bytes of contents whose ids are computed before they are asked for."""

_TRIES = 20
"""Times that a folder is deleted: a git that was killed may still write for a moment."""


class GitRepositories:
    """Implements :class:`~conda_provenance.verify.repository.Repositories` with the git program.

    Nothing is made and git is not looked for until a question has no answer yet. The end of the
    ``with`` block ends every git and deletes everything, whatever threads still ask.
    """

    def __init__(
        self,
        answers: Answers,
        probe: Callable[[str], Probed],
        *,
        reach: Reach | None = None,
        authorization: Callable[[RemoteUrl], str] = lambda _: "",
        tls: Mapping[Origin, Tls] | None = None,
        limits: Limits | None = None,
        environ: Mapping[str, str] | None = None,
        find: FindAddresses = find_addresses,
    ) -> None:
        """``probe`` asks an address once, without a token, and follows no redirect.

        ``authorization``: the value of that header for a repository, if the user has a token for
        its server. ``find`` looks up the addresses of a host's name.
        """
        self._answers = answers
        self._probe = probe
        self._reach = reach or Reach()
        self._authorization = authorization
        self._tls = tls or {}
        self._limits = limits or Limits()
        self._environ = os.environ if environ is None else environ
        self._find = find
        self._sources: dict[tuple[RemoteUrl, str], _Source] = {}
        self._open: dict[_Source, None] = {}
        self._hashers: dict[str, Hasher] = {}
        self._ahead: dict[str, list[bytes]] = {}
        """Contents whose ids will be asked for, by the format of the repository."""
        self._room = _MAX_AHEAD
        self._trees = Trees()
        self._tools: Tools | UnavailableError | None = None
        self._is_closed = False
        self._lock = threading.RLock()

    def expect(
        self,
        remote: RemoteUrl,
        shas: Iterable[str],
        *,
        with_files: bool,
        with_token: bool = True,
        contents: Iterable[bytes] = (),
    ) -> None:
        shas = list(shas)
        self._source(remote, with_token=with_token).announce(shas, with_files=with_files)
        with self._lock:
            for each in contents if shas else ():
                if len(each) <= self._room:
                    self._room -= len(each)
                    self._ahead.setdefault(_object_format(shas[0]), []).append(each)

    def of(self, remote: RemoteUrl, *, with_token: bool = True) -> AnsweredRepository:
        source = self._source(remote, with_token=with_token)
        return AnsweredRepository(remote, self._answers, source, self.blob_ids, self._trees)

    def tools(self) -> Tools:
        """git, and a folder for it."""
        with self._lock:
            if self._is_closed:
                raise UnavailableError("Nothing more is asked, because the run has ended.")
            if self._tools is None:
                try:
                    self._tools = self._opened()
                except UnavailableError as error:
                    self._tools = error
            if isinstance(self._tools, UnavailableError):
                raise self._tools
            return self._tools

    def blob_ids(self, contents: Sequence[bytes], sha: str) -> Sequence[str]:
        """The ids of contents, as git computes them, in the repository of this commit."""
        object_format = _object_format(sha)
        tools = self.tools()
        with self._lock:
            hasher = self._hashers.get(object_format)
            if hasher is None:
                folder = tools.folder / f"ids-{object_format}"
                made = Throwaway(tools.processes, folder, object_format=object_format)
                hasher = self._hashers[object_format] = Hasher(made)
            ahead = self._ahead.pop(object_format, [])
            self._room += sum(map(len, ahead))
        return hasher.ids(contents, ahead)

    def __enter__(self) -> GitRepositories:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every git, and delete everything."""
        self._is_closed = True
        tools = self._tools
        if isinstance(tools, Tools):
            tools.processes.close()
            for hasher in self._hashers.values():
                hasher.close()
            _delete(tools.folder)

    def _source(self, remote: RemoteUrl, *, with_token: bool) -> _Source:
        """One for each repository, and another one if it is asked with a token too."""
        authorization = self._authorization(remote)
        sent = authorization if with_token else ""
        with self._lock:
            key = (remote, sent)
            if key not in self._sources:
                refusal = not_shown(remote) if authorization and not sent else ""
                number = len(self._sources)
                self._sources[key] = _Source(self, remote, number, sent, refusal)
            return self._sources[key]

    def _opened(self) -> Tools:
        program = find_program(self._environ)
        if program is None:
            raise UnavailableError("git is not installed: install git 2.37 or later.")

        processes = Processes(program, self._limits)
        version = _version(program)
        folder = _made_folder()
        return Tools(
            processes,
            version,
            folder,
            self._probe,
            self._reach,
            tls=self._tls,
            environ=self._environ,
            find=self._find,
        )

    def was_used(self, source: _Source) -> None:
        """Keep track of which repositories were used last, and delete those that were not."""
        with self._lock:
            self._open.pop(source, None)
            self._open[source] = None
            oldest = list(self._open)[:-_MAX_OPEN]
        for each in oldest:
            if each.release():
                with self._lock:
                    self._open.pop(each, None)


class _Source:
    """One repository, which is opened with the first question that has no answer yet."""

    def __init__(
        self,
        repositories: GitRepositories,
        remote: RemoteUrl,
        number: int,
        authorization: str,
        refusal: str,
    ) -> None:
        """``refusal``: what is to be said if the server shows us no such repository."""
        self._repositories = repositories
        self._remote = remote
        self._number = number
        self._authorization = authorization
        self._refusal = refusal
        self.scope = scope_of(authorization)
        """Which token it is asked with, by a digest. Empty: with none."""
        self._announced: dict[str, None] = {}
        self._with_files = False
        self._clone: Clone | None = None
        self._users = 0
        self._lock = threading.Lock()

    def announce(self, shas: Iterable[str], *, with_files: bool) -> None:
        with self._lock:
            self._announced.update(dict.fromkeys(shas))
            self._with_files |= with_files
            if self._clone is not None:
                self._clone.announce(self._announced, with_files=self._with_files)

    def refs(self) -> RefList:
        with self._opened() as clone:
            listing = clone.listing()
            return RefList(listing.refs, str(listing.remote))

    def commit(self, sha: str) -> bytes | None:
        with self._opened() as clone:
            return clone.commit(sha)

    def trees(self, sha: str, ids: Sequence[str]) -> Mapping[str, bytes]:
        with self._opened() as clone:
            return clone.trees(sha, ids)

    def blobs(self, sha: str, ids: Sequence[str]) -> Mapping[str, bytes]:
        with self._opened() as clone:
            return clone.blobs(sha, ids)

    def position(self, sha: str, tip: str) -> Position:
        with self._opened() as clone:
            return clone.position(sha, tip)

    def positions(self, sha: str, tips: Mapping[str, str]) -> Mapping[str, Position]:
        with self._opened() as clone:
            return clone.positions(sha, tips)

    @contextmanager
    def _opened(self) -> Iterator[Clone]:
        tools = self._repositories.tools()._replace(
            authorization=self._authorization, refusal=self._refusal
        )
        with self._lock:
            self._users += 1
            if self._clone is None:
                self._clone = Clone(tools, self._remote, self._number)
                self._clone.announce(self._announced, with_files=self._with_files)
            clone = self._clone
        self._repositories.was_used(self)
        try:
            yield clone
        finally:
            with self._lock:
                self._users -= 1

    def release(self) -> bool:
        """Delete what was fetched, unless somebody is reading it."""
        with self._lock:
            if self._users:
                return False
            clone, self._clone = self._clone, None
        if clone is not None:
            _delete(clone.folder)
        return True


def _object_format(sha: str) -> str:
    return "sha256" if len(sha) == 64 else "sha1"


def _made_folder() -> Path:
    try:
        return Path(os.path.realpath(tempfile.mkdtemp(prefix="conda-provenance-")))
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise UnavailableError(
            f"git has no folder to work in ({why}): let TMPDIR name one with some space."
        ) from None


def _version(program: str) -> Version:
    try:
        with asking_version(program) as wait:
            version = wait()
    except GitError:
        version = ()
    if version[:2] < OLDEST:
        installed = ".".join(map(str, version)) or "(of no known version)"
        raise UnavailableError(
            f"git {installed} is installed, which cannot be kept to one address of a server:"
            " install git 2.37 or later."
        )
    return version


def _delete(folder: Path) -> None:
    for _ in range(_TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.05)
