"""``Throwaway``: an empty bare repository of our own, to hold what a stranger's server sends.

It is never checked out, and its owner deletes it. git may contact nobody from here.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from conda_provenance.errors import UnavailableError
from conda_provenance.git.command import SETTINGS, GitError, Question
from conda_provenance.git.environment import CONFIGURATIONS, clean_environment
from conda_provenance.git.processes import Job, Processes

_SETTINGS = {
    **SETTINGS,
    "core.packedGitWindowSize": "32m",
    "core.packedGitLimit": "256m",
    "core.deltaBaseCacheLimit": "16m",
}
_OPTIONS = tuple(part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}"))


class Throwaway:
    """Methods raise :class:`~conda_provenance.errors.UnavailableError`."""

    def __init__(self, processes: Processes, folder: Path, *, object_format: str = "sha1") -> None:
        self.folder = os.fspath(folder)
        self.object_format = object_format
        self._processes = processes
        os.makedirs(self.folder)
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
        for name in ("objects", "refs"):
            (reader / name).mkdir(parents=True)
        for name in ("HEAD", "config"):
            shutil.copy(Path(self.folder, name), reader / name)
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
    def asking(self, command: str, *arguments: str, given: bytes = b"") -> Iterator[Question]:
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
        if not given:
            return {}

        listing = self.ask("cat-file", "--batch-check", given=given).decode("ascii", "replace")
        sizes = {
            match[1]: int(match[2])
            for match in re.finditer(rf"^([0-9a-f]+) {kind} (\d{{1,18}})$", listing, re.MULTILINE)
        }
        if sum(sizes.values()) > limit:
            raise UnavailableError(f"The server sent a {kind} that is too large to be read.")

        given = "".join(f"{each}\n" for each in sizes).encode()
        room = limit + 128 * len(sizes)
        answer = self.ask("cat-file", "--batch", given=given, limit=room) if given else b""
        return dict(_parsed(answer, sizes))

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

    def blob_ids(self, contents: Sequence[bytes]) -> list[str]:
        """The ids that these contents have here. git notices two contents made to have one id."""
        folder = Path(self.folder, "contents")
        folder.mkdir(exist_ok=True)
        paths = [folder / str(number) for number in range(len(contents))]
        try:
            for path, content in zip(paths, contents, strict=True):
                path.write_bytes(content)
            given = "".join(f"{path}\n" for path in paths).encode()
            answer = self.ask("hash-object", "--no-filters", "--stdin-paths", given=given)
        finally:
            for path in paths:
                path.unlink(missing_ok=True)

        ids = answer.decode("ascii").split()
        if len(ids) != len(contents):
            raise UnavailableError("git does not name the ids of the package's files.")
        return ids


def _parsed(answer: bytes, sizes: Mapping[str, int]) -> Iterator[tuple[str, bytes]]:
    """The objects that ``git cat-file --batch`` prints, each behind a line that names it."""
    start = 0
    for each, size in sizes.items():
        begin = answer.index(b"\n", start) + 1
        start = begin + size + 1
        yield each, answer[begin : begin + size]
