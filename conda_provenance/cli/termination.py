"""Ends a command that is told to end as Ctrl-C does: in order, with nothing left over.

CI systems end a cancelled job by SIGTERM, and a terminal that is closed sends SIGHUP. What a
command has under way is not known here.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_NAMES = ("SIGTERM", "SIGHUP")


@contextmanager
def ended_in_order() -> Iterator[None]:
    """Within the block, these raise :class:`KeyboardInterrupt`.

    Whoever ignores one, as nohup does, or has a handler of his own, keeps that.
    """
    is_main = threading.current_thread() is threading.main_thread()
    numbers = [getattr(signal, name) for name in _NAMES if is_main and hasattr(signal, name)]
    ours = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]
    for number in ours:
        signal.signal(number, _interrupt)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def _interrupt(*_: object) -> None:
    """As Ctrl-C, which is held back where a process was just started: nobody else would end it.

    Where Ctrl-C is ignored, as in the background of a shell, this is not.
    """
    if callable(signal.getsignal(signal.SIGINT)):
        signal.raise_signal(signal.SIGINT)
    else:
        raise KeyboardInterrupt
