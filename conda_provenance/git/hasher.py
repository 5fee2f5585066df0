"""``Hasher``: the ids that contents have in a repository, by one git that keeps running.

git notices two contents that were made to have one id. What the contents are is not known here.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from typing import IO

from conda_provenance.errors import UnavailableError
from conda_provenance.git.throwaway import Throwaway

_AT_ONCE = 200
"""Files that are asked about at once: their names and ids fit into a pipe."""

_MAX_AGE = 60.0
"""Seconds after which another git is started. One may only run for so long."""

_MAX_KNOWN = 32 << 20
"""Bytes of contents whose ids are remembered."""


class Hasher:
    """Threads share it. Close it at the end."""

    def __init__(self, repository: Throwaway) -> None:
        self._repository = repository
        self._folder = os.path.join(repository.folder, "contents")
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._answers: Iterator[bytes] | None = None
        self._questions: IO[bytes] | None = None
        self._started = 0.0
        self._known: dict[bytes, str] = {}
        self._size = 0
        self._rest = b""

    def ids(self, contents: Sequence[bytes], ahead: Sequence[bytes] = ()) -> list[str]:
        """Raises :class:`~conda_provenance.errors.UnavailableError`.

        ``ahead``: contents that will be asked for later. They are done with these, since git
        takes no longer for many than for one. If one of them cannot be done, these still are.
        """
        with self._lock:
            new = self._unknown(contents)
            try:
                self._compute(self._unknown((*contents, *ahead)))
            except UnavailableError:
                if not ahead:
                    raise
                self._compute(new)
            found = [self._known[each] for each in contents]
            if self._size > _MAX_KNOWN:
                self._known, self._size = {}, 0
        return found

    def close(self) -> None:
        with self._lock:
            self._end()

    def _unknown(self, contents: Sequence[bytes]) -> list[bytes]:
        return [each for each in dict.fromkeys(contents) if each not in self._known]

    def _compute(self, contents: Sequence[bytes]) -> None:
        for start in range(0, len(contents), _AT_ONCE):
            some = contents[start : start + _AT_ONCE]
            self._known |= zip(some, self._ids_of(some), strict=True)
            self._size += sum(map(len, some))

    def _ids_of(self, contents: Sequence[bytes]) -> list[str]:
        paths = [os.path.join(self._folder, str(number)) for number in range(len(contents))]
        try:
            os.makedirs(self._folder, exist_ok=True)
            for path, content in zip(paths, contents, strict=True):
                with open(path, "wb", buffering=0) as file:
                    file.write(content)
            return self._asked(paths)
        except (OSError, StopIteration):
            self._end()
            raise UnavailableError("git does not compute the ids of the package's files.") from None
        except UnavailableError:
            self._end()
            raise
        finally:
            for path in paths:
                with suppress(FileNotFoundError):
                    os.unlink(path)

    def _asked(self, paths: Sequence[str]) -> list[str]:
        if self._answers is None or time.monotonic() - self._started > _MAX_AGE:
            self._end()
            self._start()
        assert self._answers is not None
        assert self._questions is not None

        self._questions.write("".join(f"{path}\n" for path in paths).encode())
        lines: list[bytes] = []
        while len(lines) < len(paths):
            *more, self._rest = (self._rest + next(self._answers)).split(b"\n")
            lines += more
        return [line.decode("ascii") for line in lines]

    def _start(self) -> None:
        read, write = os.pipe()
        with os.fdopen(read, "rb") as given:
            self._questions = self._stack.enter_context(os.fdopen(write, "wb", buffering=0))
            asking = self._repository.asking(
                "hash-object", "--no-filters", "--stdin-paths", given=given
            )
            question = self._stack.enter_context(asking)
        self._answers = question.chunks()
        self._started = time.monotonic()
        self._rest = b""

    def _end(self) -> None:
        self._answers = None
        self._stack.close()
