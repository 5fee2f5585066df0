"""A few threads that do tasks. They do not know what the tasks are, or in which order they end.

Neither ``threading.Thread`` nor the pools of the standard library are used: see
:mod:`conda_provenance.packages.files.helper_thread`.
"""

from __future__ import annotations

import time
from _thread import start_new_thread
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")

_GRACE = 2.0
"""Seconds that we wait for tasks in progress to end. A server may take a minute."""

_STEP = 0.5
"""Seconds. Windows does not wake a thread that waits for a lock when Ctrl-C comes."""


class Workers(Generic[T]):
    """Up to ``limit`` threads, started as they are needed. All methods are for one thread.

    A task is called in a thread, and must not raise. What it returns comes from :meth:`wait`.

    ``patience``: where tasks may not have to wait for anything, begin with one thread. The others
    come when it has waited for so many seconds, and longer than it has computed. Threads that only
    compute hold each other up.
    """

    def __init__(self, limit: int, *, patience: float = 0.0) -> None:
        self._limit = limit
        self._patience = patience
        self._waited = 0.0
        """Seconds in which no thread of this process computed."""
        self._computed = 0.0
        self._started = 0
        self._waiting: SimpleQueue[Callable[[], T] | None] = SimpleQueue()
        self._done: SimpleQueue[tuple[T] | None] = SimpleQueue()

    def submit(self, task: Callable[[], T]) -> None:
        """Have a task done, as soon as a thread is free."""
        self._waiting.put(task)
        if self._started < (1 if self._patience else self._limit):
            self._start()

    def wait(self) -> tuple[T] | None:
        """The next task that is done, in any order. ``None`` now and then if none is yet."""
        end = time.monotonic() + _STEP
        while self._patience and self._started < self._limit and not self._waiting.empty():
            if (left := end - time.monotonic()) <= 0:
                return None
            done = self._next(min(left, self._patience))
            if self._waited >= max(self._patience, self._computed):
                self._start_others()
            if done is not None:
                return done
        return self._next(max(end - time.monotonic(), 0))

    def _next(self, timeout: float) -> tuple[T] | None:
        """What is done within so many seconds. Counts what of them was computing."""
        begun, computed = time.monotonic(), time.process_time()
        try:
            return self._done.get(timeout=timeout)
        except Empty:
            return None
        finally:
            computed = time.process_time() - computed
            self._computed += computed
            self._waited += time.monotonic() - begun - computed

    def _start_others(self) -> None:
        for _ in range(min(self._limit - self._started, self._waiting.qsize())):
            self._start()

    def stop(self) -> list[T]:
        """Begin nothing more. Returns what was done and not handed out.

        Tasks in progress are waited for, but not for long: their threads end after them.
        """
        _empty(self._waiting)
        for _ in range(self._started):
            self._waiting.put(None)

        finished: list[T] = []
        end = time.monotonic() + _GRACE
        while self._started:
            try:
                done = self._done.get(timeout=max(end - time.monotonic(), 0))
            except Empty:
                break

            if done is None:
                self._started -= 1
            else:
                finished += done
        return finished

    def _start(self) -> None:
        try:
            start_new_thread(self._work, ())
            self._started += 1
        except RuntimeError:  # No more threads.
            self._limit = max(self._started, 1)
            if not self._started and (task := self._waiting.get_nowait()):
                self._done.put((task(),))

    def _work(self) -> None:
        """Do what waits, until ``None`` comes. ``None`` is also the last that a thread gives."""
        while task := self._waiting.get():
            self._done.put((task(),))
        self._done.put(None)


class InOrder(Generic[T]):
    """Has tasks done by threads, and gives what they return in the order of the tasks.

    ``tick`` is called when nothing has happened for a while.
    """

    def __init__(self, limit: int, tick: Callable[[], None]) -> None:
        self._workers = Workers[tuple[int, T]](limit)
        self._tick = tick
        self._finished: dict[int, T] = {}
        self._taken = 0
        self._given = 0

    def submit(self, task: Callable[[], T]) -> None:
        """Have a task done by a thread. It must not raise."""
        number = self._taken
        self._taken += 1
        self._workers.submit(lambda: (number, task()))

    def put(self, value: T) -> None:
        """A value that is there already, in the place of a task."""
        self._finished[self._taken] = value
        self._taken += 1

    def ready(self, under_way: int) -> Iterator[T]:
        """The values whose turn it is. Waits until no more than ``under_way`` are not given."""
        while True:
            while self._given in self._finished:
                yield self._finished.pop(self._given)
                self._given += 1

            if self._taken - self._given <= under_way:
                return

            done = self._workers.wait()
            if done is None:
                self._tick()
            else:
                number, value = done[0]
                self._finished[number] = value

    def stop(self) -> None:
        """Begin nothing more."""
        self._workers.stop()


def _empty(queue: SimpleQueue[Callable[[], T] | None]) -> None:
    try:
        while True:
            queue.get_nowait()
    except Empty:
        pass
