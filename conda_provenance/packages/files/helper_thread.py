"""A helper thread for the length of a ``with`` block. What it does is not known here."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def helper_thread(
    work: Callable[[], None], stop: Callable[[], None] = lambda: None
) -> Iterator[bool]:
    """Run ``work``, which must not raise, in a thread during this block, and always join it.

    ``stop`` makes ``work`` come to its end. Yields whether there is a thread: a process may have
    too many.

    The pools of the standard library are not used. When the garbage collector finds one, what it
    does would swallow a Ctrl-C that comes just then.
    """
    worker = threading.Thread(target=work, daemon=True)
    started = True
    try:
        try:
            worker.start()
        except RuntimeError:  # No more threads.
            started = False

        yield started
    finally:
        stop()
        if started and worker.ident is not None:
            worker.join()
