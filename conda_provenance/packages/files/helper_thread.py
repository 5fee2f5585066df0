"""Work in a thread beside the rest, that ends with it: whatever comes in between, a Ctrl-C above all, nothing is left running."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def beside(work: Callable[[], None], stop: Callable[[], None] = lambda: None) -> Iterator[bool]:
    """Run ``work``, which must not raise, during this block; ``stop`` has it come to its end. Yields whether there is a thread.

    The standard library's pools are not used: what they do when they are collected would swallow a Ctrl-C that comes just then.
    """
    worker = threading.Thread(target=work, daemon=True)
    started = True
    try:
        try:
            worker.start()
        except RuntimeError:  # no more threads
            started = False
        yield started
    finally:
        stop()
        if started and worker.ident is not None:
            worker.join()
