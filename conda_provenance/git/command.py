"""The one way this project starts git: what git may read, run and contact, and for how long.

git 2.25 obeys every protection here. A newer protection may be added to an old one, but never
replaces it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING

from conda_provenance.git.environment import clean_environment
from conda_provenance.git.interrupts import interrupts_held

if TYPE_CHECKING:
    import selectors

TIME_LIMIT = 30.0
"""Seconds that git may take for one question."""

OUTPUT_LIMIT = 64 * 2**20
"""Bytes of an answer."""

MEMORY_LIMIT = 2 * 2**30
"""Bytes of memory that git may fill, where the system can limit it: some of git's files are read
whole, and a stranger's may be a link to ``/dev/zero``."""

SETTINGS = {
    # Empty means off in every version. "false" would be the name of a program before git 2.36.
    "core.fsmonitor": "",
    # git runs a hook when it writes an index. GIT_OPTIONAL_LOCKS keeps it from writing; this is a
    # second lock. The last setting is for hooks that the configuration names (git 2.54).
    "core.hooksPath": os.devnull,
    "hook.post-index-change.enabled": "false",
}


_WATCH = 0.1
"""Seconds between two looks at what a silent git does."""


class GitError(Exception):
    """git gave no answer. The message says why, and repeats nothing that the repository says."""


class GitFailedError(GitError):
    """git could not be started, or ended with an exit status that says that it failed."""


def find_program(environ: Mapping[str, str] | None = None) -> str | None:
    """The git program on the path.

    Relative folders on the path are skipped. So is the current folder, where Windows would look
    first: a recipe's folder may hold a program of that name.
    """
    environ = os.environ if environ is None else environ
    name = "git.exe" if sys.platform == "win32" else "git"
    for folder in environ.get("PATH", os.defpath).split(os.pathsep):
        program = os.path.join(folder, name)
        if os.path.isabs(folder) and os.path.isfile(program) and os.access(program, os.X_OK):
            return program

    return None


class Git:
    """Asks git about one repository. The end of the ``with`` block ends whatever still runs.

    git is told where the repository is, and does not search for it. So it answers even for one of
    another user, which it would otherwise refuse. The caller decides what git may run there.
    """

    def __init__(
        self,
        program: str,
        git_dir: Path,
        folder: Path,
        *,
        work_tree: Path | None = None,
        settings: Iterable[tuple[str, str]] = (),
        ignored: Collection[str] = (),
        time_limit: float = TIME_LIMIT,
    ) -> None:
        """Ask about one repository, from within ``folder``.

        ``git_dir`` is a git directory or a ``.git`` file. Without ``work_tree``, git itself decides
        what the work tree is. ``settings`` override the configuration. ``ignored`` are those of
        :data:`CONFIGURATIONS` that git does not read.
        """
        options = [
            option
            for name, value in (*SETTINGS.items(), *settings)
            for option in ("-c", f"{name}={value}")
        ]
        self._command = [program, "--no-pager", *options]
        self._environment = clean_environment(os.environ, git_dir, work_tree, ignored)
        self._folder = os.fspath(folder)
        self._time_limit = time_limit
        self._questions = ExitStack()

    def start(self, *arguments: str) -> Question:
        """Ask a question without waiting, so that several can be answered at once."""
        return start_question(
            self._questions,
            [*self._command, *arguments],
            environment=self._environment,
            folder=self._folder,
            time_limit=self._time_limit,
            name=f"git {arguments[0]}",
        )

    def ask(self, *arguments: str) -> bytes:
        """Ask a question and wait for the answer. Raises :class:`GitError`."""
        return self.start(*arguments).output()

    def __enter__(self) -> Git:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._questions.close()


class Question:
    """One git process.

    git's error stream is discarded, unless ``errors`` is given: it may quote what a stranger wrote.
    ``given`` is what git reads. ``watch`` is called now and then while git says nothing; what it
    raises ends the question.
    """

    def __init__(
        self,
        command: list[str],
        *,
        environment: Mapping[str, str],
        folder: str,
        time_limit: float,
        name: str,
        given: IO[bytes] | None = None,
        errors: IO[bytes] | None = None,
        watch: Callable[[], None] | None = None,
    ) -> None:
        self._name = name
        self._time_limit = time_limit
        self._end = time.monotonic() + time_limit
        self._watch = watch
        try:
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL if given is None else given,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL if errors is None else errors,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or type(error).__name__
            raise GitFailedError(f"{name} could not be started: {why}") from None

        _limit_memory(self._process.pid)

    def output(self, accepted: Collection[int] = (0,), *, limit: int | None = None) -> bytes:
        """The whole answer. Raises :class:`GitError` for an exit status that is not accepted."""
        answer = bytearray()
        limit = OUTPUT_LIMIT if limit is None else limit
        for chunk in self.chunks():
            answer += chunk
            if len(answer) > limit:
                raise GitError(f"{self._name} answered with more than {limit >> 20} MiB")

        self.check(accepted)
        return bytes(answer)

    def check(self, accepted: Collection[int] = (0,)) -> None:
        """Wait for the end. Raises :class:`GitError` for an exit status that is not accepted."""
        status = self._wait()
        if status not in accepted:
            raise GitFailedError(f"{self._name} ended with exit status {status}")

    def first(self, length: int) -> bytes:
        """The first ``length`` bytes of the answer. The rest is not read."""
        answer = b""
        for chunk in self.chunks():
            answer += chunk
            if len(answer) >= length:
                return answer[:length]

        return answer if self._wait() == 0 else b""

    def end(self) -> None:
        """End git and all that it started, if it still runs."""
        process = self._process
        try:
            if process.returncode is None:
                _kill(process)
                # Nothing more is read: what git started may outlive it and hold the pipe.
                process.wait(self._time_limit)
        except subprocess.TimeoutExpired:
            pass  # it waits for a disk that does not answer, and ends when that does
        finally:
            if process.stdout is not None:
                process.stdout.close()

    def kill(self) -> None:
        """Kill git and all that it started. Whoever waits for it sees it end."""
        if self._process.returncode is None:
            _kill(self._process)

    def chunks(self) -> Iterator[bytes]:
        """The answer, piece by piece. Raises :class:`GitError` if it takes too long."""
        if sys.platform == "win32":  # where one cannot wait for a pipe
            try:
                yield self._process.communicate(timeout=self._left())[0]
            except subprocess.TimeoutExpired:
                raise self._too_late() from None

            return

        import selectors

        pipe = self._process.stdout
        assert pipe is not None
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            while self._is_ready(selector):
                chunk = os.read(pipe.fileno(), 1 << 16)
                if not chunk:
                    return

                yield chunk

        raise self._too_late()

    def _is_ready(self, selector: selectors.BaseSelector) -> bool:
        """Wait for the next bytes, or for the end of the time."""
        if self._watch is None:
            return bool(selector.select(self._left()))

        while left := self._left():
            if selector.select(min(left, _WATCH)):
                return True
            self._watch()

        return False

    def _wait(self) -> int:
        # Popen.wait would sleep for a millisecond first, and git ends right after its last byte.
        pause = 0.0001
        while not self._has_ended():
            if not self._left():
                raise self._too_late()

            time.sleep(pause)
            pause = min(2 * pause, 0.05)

        if self._watch is not None:
            _kill(self._process)  # What git started may go on listening to a server.
        return self._process.wait()

    def _has_ended(self) -> bool:
        """Has git ended? It is left as it is, so that its process group is still its own."""
        if self._process.returncode is not None or not hasattr(os, "waitid"):
            return self._process.poll() is not None
        options = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self._process.pid, options) is not None

    def _left(self) -> float:
        return max(0.0, self._end - time.monotonic())

    def _too_late(self) -> GitError:
        return GitError(f"{self._name} gave no answer within {self._time_limit:g} seconds")


def start_question(
    questions: ExitStack,
    command: list[str],
    *,
    environment: Mapping[str, str],
    folder: str,
    time_limit: float,
    name: str,
    given: IO[bytes] | None = None,
    errors: IO[bytes] | None = None,
    watch: Callable[[], None] | None = None,
) -> Question:
    """Start git. When ``questions`` is closed, it is ended, whatever happens until then."""
    with interrupts_held():
        question = Question(
            command,
            environment=environment,
            folder=folder,
            time_limit=time_limit,
            name=name,
            given=given,
            errors=errors,
            watch=watch,
        )
        questions.callback(question.end)

    return question


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill the process and its group. Windows has no groups: only the process is killed there."""
    if sys.platform == "win32":
        process.kill()
        return

    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        process.kill()


def _limit_memory(pid: int) -> None:
    if sys.platform != "linux":
        return

    import resource

    try:
        _, most = resource.prlimit(pid, resource.RLIMIT_DATA)
        if most == resource.RLIM_INFINITY or most > MEMORY_LIMIT:
            resource.prlimit(pid, resource.RLIMIT_DATA, (MEMORY_LIMIT, MEMORY_LIMIT))
    except (OSError, ValueError):
        pass  # it has already ended, or we may not set limits
