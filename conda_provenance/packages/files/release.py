"""Closes a file that has been replaced, without waiting for its blocks to be freed.

Whoever closes such a file last pays for that, and it can take as long as copying them.
"""

from __future__ import annotations

import contextlib
import os
from _thread import start_new_thread

from conda_provenance.packages.blob import FileBlob
from conda_provenance.packages.files.copy import SOON_WRITTEN

_IDLE = "/bin/true"
_process_ends_soon = False
_children: list[int] = []


def expect_exit() -> None:
    """Say that this process ends as soon as its packages are stamped.

    A process cannot end while a thread of it closes a file. So child processes close them.
    """
    global _process_ends_soon  # noqa: PLW0603
    _process_ends_soon = True


def close_replaced(blob: FileBlob) -> None:
    """Close a file that may have been replaced.

    If it has been, and is large, a thread or a child process does the work.
    """
    if blob.size <= SOON_WRITTEN or blob.file.closed or not _is_gone(blob):
        blob.close()
    elif _process_ends_soon:
        _hand_to_child(blob)
        blob.close()
    else:
        _close_in_thread(blob)


def _is_gone(blob: FileBlob) -> bool:
    """Has the file no name any more?"""
    return os.fstat(blob.file.fileno()).st_nlink == 0


def _close_in_thread(blob: FileBlob) -> None:
    try:
        start_new_thread(blob.close, ())
    except RuntimeError:  # No more threads.
        blob.close()


def _hand_to_child(blob: FileBlob) -> None:
    """Start a process that has the file open, does nothing and ends."""
    _children[:] = [child for child in _children if _is_running(child)]
    if not hasattr(os, "posix_spawn"):
        return

    descriptor = blob.file.fileno()
    # In the place of its standard streams too: whoever reads ours would wait for the child.
    streams = [(os.POSIX_SPAWN_DUP2, descriptor, number) for number in range(3)]
    with contextlib.suppress(OSError):
        _children.append(os.posix_spawn(_IDLE, [_IDLE], {}, file_actions=streams))


def _is_running(child: int) -> bool:
    try:
        return os.waitpid(child, os.WNOHANG) == (0, 0)
    except ChildProcessError:
        return False  # Where SIGCHLD is ignored, the system has collected it already.
