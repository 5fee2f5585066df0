"""Keeps our own calls from changing the same folder at the same time, in threads and processes."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


@contextmanager
def locked(folders: Iterable[str]) -> Iterator[None]:
    """No other call of ours changes a file in these folders during this block. Not to be nested.

    The lock is on the folder itself, which leaves no file behind. Where folders cannot be locked
    (Windows, some network file systems), replacing a file still notices most of what another
    program does.
    """
    with contextlib.ExitStack() as stack:
        # In one order, so that no two calls wait for each other.
        for folder in sorted({os.path.realpath(folder) for folder in folders}):
            stack.enter_context(_thread_lock(folder))
            _lock_folder(folder, stack)
        yield


def _lock_folder(folder: str, stack: contextlib.ExitStack) -> None:
    try:
        import fcntl

        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        stack.callback(os.close, descriptor)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        # Closing alone is not enough: a child that was forked meanwhile has the folder open too.
        stack.callback(fcntl.flock, descriptor, fcntl.LOCK_UN)
    except (ImportError, OSError, AttributeError):
        pass


_thread_locks: dict[str, threading.Lock] = {}
if hasattr(os, "register_at_fork"):
    # The thread that holds one does not exist in the child.
    os.register_at_fork(after_in_child=_thread_locks.clear)


def _thread_lock(folder: str) -> threading.Lock:
    return _thread_locks.setdefault(folder, threading.Lock())
