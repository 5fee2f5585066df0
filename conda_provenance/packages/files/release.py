"""Closes a file that has been replaced, without waiting for its blocks to be freed.

Whoever closes such a file last pays for that, and it can take as long as copying them.
"""

from __future__ import annotations

import os
import sys
from _thread import start_new_thread

from conda_provenance.packages.blob import FileBlob
from conda_provenance.packages.files.copy import SOON_WRITTEN

_process_ends_soon = False
_children: list[int] = []


def expect_exit() -> None:
    """Say that this process ends as soon as its packages are stamped.

    A process cannot end while a thread of it closes a file. So a child closes it last.
    """
    global _process_ends_soon  # noqa: PLW0603
    _process_ends_soon = True


def close_replaced(blob: FileBlob) -> None:
    """Close a file that may have been replaced.

    If it has been, and is large, a thread or a child process frees its blocks.
    """
    if blob.size <= SOON_WRITTEN or blob.file.closed or not _is_gone(blob):
        blob.close()
    elif _process_ends_soon and sys.platform != "win32":
        _close_before_child(blob)
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


def _close_before_child(blob: FileBlob) -> None:
    """Close the file while a child still has it open, and then let the child end."""
    assert sys.platform != "win32"
    _children[:] = filter(_is_running, _children)
    try:
        reading_end, writing_end = os.pipe()
    except OSError:  # No more files.
        blob.close()
        return

    try:
        child = os.fork()
        if child == 0:
            _wait_and_end(reading_end, writing_end)
        _children.append(child)
    except OSError:  # No more processes.
        pass
    finally:
        blob.close()
        os.close(reading_end)
        os.close(writing_end)


def _wait_and_end(reading_end: int, writing_end: int) -> None:
    """In the child: wait until the parent has closed the file, and end."""
    try:
        # Whoever reads our output must not wait for the child.
        for descriptor in (writing_end, 0, 1, 2):
            os.close(descriptor)
        os.read(reading_end, 1)
    finally:
        os._exit(0)


def _is_running(child: int) -> bool:
    try:
        return os.waitpid(child, os.WNOHANG) == (0, 0)
    except ChildProcessError:  # Somebody else has waited for it, or SIGCHLD is ignored.
        return False
