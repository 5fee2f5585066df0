"""``Throwaway``: an empty bare repository of our own, to hold what a stranger's server sends.

It is never checked out, and its owner deletes it. git may contact nobody from here.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from conda_provenance.errors import UnavailableError
from conda_provenance.git.command import SETTINGS, GitError, Question
from conda_provenance.git.environment import CONFIGURATIONS, clean_environment
from conda_provenance.git.limits import MEMORY_SETTINGS
from conda_provenance.git.processes import Job, Processes

_SETTINGS = {**SETTINGS, **MEMORY_SETTINGS}
_OPTIONS = tuple(part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}"))


class Throwaway:
    """Methods raise :class:`~conda_provenance.errors.UnavailableError`."""

    def __init__(self, processes: Processes, folder: Path, *, object_format: str = "sha1") -> None:
        self.folder = os.fspath(folder)
        self.object_format = object_format
        self._processes = processes
        try:
            processes.make_folder(self.folder)
        except GitError as error:
            raise UnavailableError(f"Nothing can be fetched: {error}.") from None
        self._environment = {
            **clean_environment(os.environ, folder, ignored=CONFIGURATIONS),
            "TMPDIR": self.folder,
        }
        self.ask(
            "init", "--quiet", "--bare", "--template=", f"--object-format={object_format}",
            self.folder,
        )  # fmt: skip

        self._make_reader()

    def _make_reader(self) -> None:
        """Make a second repository with the same objects, that has been promised nothing.

        In a partial clone git fails where an object is lacking, rather than say so.
        """
        reader = Path(self.folder, "reader")
        try:
            for name in ("objects", "refs"):
                (reader / name).mkdir(parents=True)
            for name in ("HEAD", "config"):
                shutil.copy(Path(self.folder, name), reader / name)
        except OSError as error:
            raise UnavailableError(f"Nothing can be fetched: {error.strerror}.") from None
        self._reading = {
            **self._environment,
            "GIT_DIR": os.fspath(reader),
            "GIT_OBJECT_DIRECTORY": os.path.join(self.folder, "objects"),
        }

    def ask(self, command: str, *arguments: str, given: bytes = b"", limit: int = 0) -> bytes:
        """The whole answer of git."""
        with self.asking(command, *arguments, given=given) as question:
            return question.output(limit=limit or self._processes.limits.output)

    @contextmanager
    def asking(
        self, command: str, *arguments: str, given: bytes | IO[bytes] = b""
    ) -> Iterator[Question]:
        """Ask git, for the length of a ``with`` block."""
        reads = command in ("cat-file", "hash-object")
        job = Job(
            (*_OPTIONS, command, *arguments),
            self._reading if reads else self._environment,
            self.folder,
            f"git {command}",
            given,
        )
        try:
            with self._processes.run(job) as process:
                yield process.question
        except GitError as error:
            raise UnavailableError(f"What the server sent cannot be read: {error}.") from None

    def boundaries(self) -> frozenset[str]:
        """The commits behind which the history is cut off."""
        try:
            return frozenset(Path(self.folder, "shallow").read_text("ascii").split())
        except (OSError, ValueError):
            return frozenset()

    def objects(self, ids: Iterable[str], kind: str, limit: int) -> dict[str, bytes]:
        """Those of the objects that are there and of that kind, as they stand.

        ``limit``: bytes of all together.
        """
        given = "".join(f"{each}\n" for each in dict.fromkeys(ids)).encode()
        if not given or limit <= 0:
            return {}

        room = limit + 128 * len(given)
        answer = self.ask("cat-file", "--batch", given=given, limit=room)
        found = {each: data for each, of, data in _parsed(answer) if of == kind}
        if sum(map(len, found.values())) > limit:
            raise UnavailableError(f"The server sent a {kind} that is too large to be read.")
        return found

    def first_found(self, tip: str, wanted: Iterable[str], *options: str) -> frozenset[str]:
        """Those of the commits that ``git rev-list`` comes to from ``tip``."""
        waiting = {each.encode() for each in wanted}
        found: set[bytes] = set()
        rest = b""
        with self.asking("rev-list", *options, "--end-of-options", tip, "--") as question:
            for chunk in question.chunks():
                *lines, rest = (rest + chunk).split(b"\n")
                found |= waiting.intersection(lines)
                if len(found) == len(waiting):
                    break
            else:
                question.check()
        return frozenset(each.decode() for each in found)


def _parsed(answer: bytes) -> Iterator[tuple[str, str, bytes]]:
    """The ids, kinds and contents of the objects that ``git cat-file --batch`` prints."""
    at = 0
    while at < len(answer):
        end = answer.index(b"\n", at)
        words = answer[at:end].decode("ascii", "replace").split()
        at = end + 1
        if len(words) == 3:  # Of a missing one there are two.
            size = int(words[2])
            yield words[0], words[1], answer[at : at + size]
            at += size + 1
