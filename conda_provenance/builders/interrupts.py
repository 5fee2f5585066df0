"""Holds back a Ctrl-C while a builder's engine runs. Knows no builder.

The engine calls Python from Rust, and only prints an exception that one of its callbacks raises. A
KeyboardInterrupt would be lost there. After the engine's call it would come before the stamp.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interrupts_held(*, second_ends: bool = False) -> Iterator[None]:
    """A Ctrl-C within the block takes effect at its end, in place of any other error.

    With ``second_ends``, a second one ends the process at once, as it would end one that is not
    Python's. Only the main thread is ever interrupted, and only a handler of Python's can be held
    back.
    """
    handler = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(handler):
        yield
        return

    received: list[tuple[int, FrameType | None]] = []

    def note(number: int, frame: FrameType | None) -> None:
        received.append((number, frame))
        if second_ends:
            signal.signal(signal.SIGINT, signal.SIG_DFL)

    signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if received:
            handler(*received[0])
