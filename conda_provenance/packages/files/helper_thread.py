"""A helper thread for the length of a ``with`` block. What it does is not known here."""

from __future__ import annotations

from _thread import allocate_lock, start_new_thread
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def helper_thread(
    work: Callable[[], None], stop: Callable[[], None] = lambda: None
) -> Iterator[bool]:
    """Run ``work``, which must not raise, in a thread during this block, and wait for its end.

    ``stop`` makes ``work`` come to its end. Yields whether there is a thread: a process may have
    too many.

    Neither ``threading.Thread`` nor the pools of the standard library are used. Both have callbacks
    that run when the garbage collector finds a thread, and Python ignores a Ctrl-C that comes
    during a callback.
    """
    ended = allocate_lock()
    ended.acquire()

    def run() -> None:
        try:
            work()
        finally:
            ended.release()

    started = False
    try:
        try:
            start_new_thread(run, ())
            started = True
        except RuntimeError:  # No more threads.
            pass

        yield started
    finally:
        stop()
        if started:
            ended.acquire()
