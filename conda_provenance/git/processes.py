"""``Processes``: the git processes that read strangers' repositories, each within its limits.

Closing it ends them all, whichever threads wait for them. What they do is not known here.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import IO, NamedTuple

from conda_provenance.git.command import GitError, Question, start_question
from conda_provenance.git.limits import Limits, check_size

_ERRORS = 16 << 10
"""Bytes of git's errors that are read."""


class Job(NamedTuple):
    """What git is to do."""

    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    folder: str
    """The repository. Its size is watched."""
    name: str
    given: bytes | IO[bytes] = b""
    """What git reads, or where from."""
    keeps_errors: bool = False


class Process(NamedTuple):
    """A git process that runs."""

    question: Question
    error_file: IO[bytes] | None

    def errors(self) -> bytes:
        """The end of what git printed as errors. Never show it: a server may write there."""
        if self.error_file is None:
            return b""
        size = os.fstat(self.error_file.fileno()).st_size
        self.error_file.seek(max(0, size - _ERRORS))
        return self.error_file.read(_ERRORS)


class Processes:
    """Starts git, as long as it is not closed. Threads share it."""

    def __init__(self, program: str, limits: Limits) -> None:
        self.program = program
        self.limits = limits
        self._running: set[Question] = set()
        self._is_closed = False
        self._lock = threading.Lock()

    @contextmanager
    def run(self, job: Job) -> Iterator[Process]:
        """Run git for the length of a ``with`` block. Raises :class:`GitError`."""
        with ExitStack() as stack:
            given, errors = _files(stack, job)
            with self._while_open():
                question = self._start(stack, job, given, errors)
                self._running.add(question)
            try:
                yield Process(question, errors)
            finally:
                self._running.discard(question)

    def _start(
        self, stack: ExitStack, job: Job, given: IO[bytes] | None, errors: IO[bytes] | None
    ) -> Question:
        return start_question(
            stack,
            self.limits.command([self.program, "--no-pager", *job.arguments]),
            environment=job.environment,
            folder=job.folder,
            time_limit=self.limits.seconds,
            name=job.name,
            given=given,
            errors=errors,
            watch=partial(check_size, job.folder, self.limits.disk),
        )

    def make_folder(self, folder: str) -> None:
        """Make a folder, which whoever closes this will delete. Raises :class:`GitError`."""
        with self._while_open():
            try:
                os.makedirs(folder)
            except OSError as error:
                raise GitError(f"no folder could be made: {error.strerror}") from None

    @contextmanager
    def _while_open(self) -> Iterator[None]:
        with self._lock:
            if self._is_closed:
                raise GitError("nothing more is asked, because the run has ended")
            yield

    def close(self) -> None:
        """End all processes, and start no more."""
        with self._lock:
            self._is_closed = True
            running = list(self._running)
        for question in running:
            question.kill()


def _files(stack: ExitStack, job: Job) -> tuple[IO[bytes] | None, IO[bytes] | None]:
    """What git reads, and where its errors go."""
    try:
        given = job.given or None
        if isinstance(given, bytes):
            given = stack.enter_context(_holding(given))
        errors = stack.enter_context(_holding(b"")) if job.keeps_errors else None
    except OSError as error:
        raise GitError(f"no temporary file could be made: {error.strerror}") from None
    return given, errors


@contextmanager
def _holding(data: bytes) -> Iterator[IO[bytes]]:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        yield file
