"""Threads that read packages. They do not know the order of the results, or what is done with them.

Neither ``threading.Thread`` nor the pools of the standard library are used: see
:mod:`conda_provenance.packages.files.helper_thread`.
"""

from __future__ import annotations

import time
from _thread import start_new_thread
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue

from conda_provenance.sources import Artifact
from conda_provenance.survey.reading import Reading, read_found, reading_of_fault

_GRACE = 2.0
"""Seconds that we wait for reads in progress to end. A server may take a minute."""

_STEP = 0.5
"""Seconds. Windows does not wake a thread that waits for a lock when Ctrl-C comes."""


class Readers:
    """Up to ``limit`` threads, started as they are needed. All methods are for one thread."""

    def __init__(self, limit: int, *, thorough: bool = False) -> None:
        self._limit = limit
        self._thorough = thorough
        self._started = 0
        self._waiting: SimpleQueue[tuple[int, Artifact] | None] = SimpleQueue()
        self._done: SimpleQueue[tuple[int, Reading] | None] = SimpleQueue()

    def submit(self, number: int, artifact: Artifact) -> None:
        """Have a package read. Its reading comes from :meth:`wait` with the same number."""
        self._waiting.put((number, artifact))
        if self._started < self._limit:
            self._start()

    def wait(self) -> tuple[int, Reading] | None:
        """The next package that is read, in any order. ``None`` now and then if none is yet."""
        try:
            return self._done.get(timeout=_STEP)
        except Empty:
            return None

    def finished(self) -> Iterator[tuple[int, Reading]]:
        """What is read by now and was not handed out."""
        while True:
            try:
                done = self._done.get_nowait()
            except Empty:
                return

            if done is not None:
                yield done

    def stop(self, hang_up: Callable[[], None] | None = None) -> list[tuple[int, Reading]]:
        """End the threads. Returns what was read and not handed out.

        A package that is being read is waited for, but not for long. Then ``hang_up`` is called,
        and must make the servers' answers fail. A thread that goes on all the same ends after its
        package.
        """
        _empty(self._waiting)
        for _ in range(self._started):
            self._waiting.put(None)

        finished = self._wait_for_end(_GRACE)
        if self._started and hang_up:
            hang_up()
            finished += self._wait_for_end(_GRACE)
        return finished

    def _wait_for_end(self, seconds: float) -> list[tuple[int, Reading]]:
        finished = []
        end = time.monotonic() + seconds
        while self._started:
            try:
                done = self._done.get(timeout=max(end - time.monotonic(), 0))
            except Empty:
                break

            if done is None:
                self._started -= 1
            else:
                finished.append(done)
        return finished

    def _start(self) -> None:
        try:
            start_new_thread(self._read_all, ())
            self._started += 1
        except RuntimeError:  # No more threads.
            if not self._started and (task := self._waiting.get_nowait()):
                self._read(*task)

    def _read_all(self) -> None:
        """Read what waits, until ``None`` comes. ``None`` is also the last that a thread gives."""
        while task := self._waiting.get():
            self._read(*task)
        self._done.put(None)

    def _read(self, number: int, artifact: Artifact) -> None:
        try:
            reading = read_found(artifact, thorough=self._thorough)
        except SystemExit as error:  # Raised by some library. It would end this thread, unseen.
            reading = reading_of_fault(artifact, error)
        self._done.put((number, reading))


def _empty(queue: SimpleQueue[tuple[int, Artifact] | None]) -> None:
    try:
        while True:
            queue.get_nowait()
    except Empty:
        pass
