"""Closes a file that has been replaced, without waiting for its blocks to be freed.

Whoever closes such a file last pays for that, and it can take as long as copying them.
"""

from __future__ import annotations

import contextlib
import os
from _thread import start_new_thread

from conda_provenance.packages.blob import FileBlob
from conda_provenance.packages.files.copy import SOON_WRITTEN

_WAITING_PROGRAM = "/bin/cat"
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
    elif _process_ends_soon and hasattr(os, "posix_spawn"):
        _hand_to_child(blob)
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
    """Close the file while a process that waits for a pipe still has it open. Then let it end."""
    _children[:] = filter(_is_running, _children)
    with contextlib.suppress(OSError):  # No such program, or no more processes or files.
        reading_end, writing_end = os.pipe()
        try:
            _children.append(_start_waiting(reading_end, blob.file.fileno()))
            blob.close()
        finally:
            os.close(reading_end)
            os.close(writing_end)
    blob.close()


def _start_waiting(pipe: int, descriptor: int) -> int:
    """Start a process that reads the pipe to its end, and has the file open in the meantime."""
    # In the place of its output too: whoever reads ours would wait for the child.
    streams = [(os.POSIX_SPAWN_DUP2, pipe, 0)]
    streams += [(os.POSIX_SPAWN_DUP2, descriptor, number) for number in (1, 2)]
    return os.posix_spawn(_WAITING_PROGRAM, [_WAITING_PROGRAM], {}, file_actions=streams)


def _is_running(child: int) -> bool:
    try:
        return os.waitpid(child, os.WNOHANG) == (0, 0)
    except ChildProcessError:  # Somebody else has waited for it.
        return False
