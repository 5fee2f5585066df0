"""Keeps calls of ours from changing the same folder at the same time, in threads and in processes."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


@contextmanager
def locked(folders: Iterable[str]) -> Iterator[None]:
    """No other call of ours changes a file in these folders meanwhile, in this process or another. Not to be nested.

    A lock on the folder itself leaves no file behind. Where folders cannot be locked (Windows, some network file systems),
    replacing a file still notices most of what another program does.
    """
    with contextlib.ExitStack() as stack:
        # In one order, so that no two wait for each other.
        for folder in sorted({os.path.realpath(folder) for folder in folders}):
            stack.enter_context(_thread_lock(folder))
            try:
                import fcntl

                descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
                stack.callback(os.close, descriptor)
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                stack.callback(
                    fcntl.flock, descriptor, fcntl.LOCK_UN
                )  # a child that was forked meanwhile has it open as well
            except (ImportError, OSError, AttributeError):
                continue
        yield


_thread_locks: dict[str, threading.Lock] = {}
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        after_in_child=_thread_locks.clear
    )  # the thread that holds one is not in the child


def _thread_lock(folder: str) -> threading.Lock:
    return _thread_locks.setdefault(folder, threading.Lock())
