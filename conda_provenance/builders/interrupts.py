"""Holds back a Ctrl-C while a builder's engine runs. Knows no builder.

The engine calls Python from Rust, and only prints an exception that such a call raises. A
KeyboardInterrupt would be lost there. If it came just after the engine, nothing would be stamped.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class _Holder:
    """A signal handler that notes a Ctrl-C."""

    def __init__(self, *, second_ends: bool) -> None:
        self._second_ends = second_ends
        self.received: list[tuple[int, FrameType | None]] = []

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self.received.append((number, frame))
        if self._second_ends:
            signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def interrupts_held(*, second_ends: bool = False) -> Iterator[None]:
    """A Ctrl-C within the block takes effect at its end, in place of any other error.

    With ``second_ends``, a second Ctrl-C ends the process at once. Only the main thread is ever
    interrupted, and only a handler written in Python can be held back. A block within such a block
    does nothing.
    """
    handler = signal.getsignal(signal.SIGINT)
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or not callable(handler) or isinstance(handler, _Holder):
        yield
        return

    holder = _Holder(second_ends=second_ends)
    signal.signal(signal.SIGINT, holder)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if holder.received:
            handler(*holder.received[0])
