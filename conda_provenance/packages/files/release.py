"""Closes a file that has been replaced, without waiting for its blocks to be freed.

Whoever closes such a file last pays for that, and it can take as long as copying them.
"""

from __future__ import annotations

import contextlib
import os
import threading

from conda_provenance.packages.blob import FileBlob
from conda_provenance.packages.files.copy import SOON_WRITTEN

_IDLE = "/bin/true"
_process_ends_soon = False


def expect_exit() -> None:
    """Say that this process ends as soon as its packages are stamped.

    A process does not end before its threads have closed their files. So a child closes them.
    """
    global _process_ends_soon  # noqa: PLW0603
    _process_ends_soon = True


def close_in_background(blob: FileBlob) -> None:
    """Close the file. A large one is closed by a child process or a thread."""
    if blob.size > SOON_WRITTEN:
        if _process_ends_soon:
            _hand_to_child(blob)
        else:
            with contextlib.suppress(RuntimeError):  # No more threads.
                threading.Thread(target=blob.close, daemon=True).start()
                return
    blob.close()


def _hand_to_child(blob: FileBlob) -> None:
    """Start a process that has the file open, does nothing and ends."""
    if not hasattr(os, "posix_spawn"):
        return

    descriptor = blob.file.fileno()
    # In the place of its standard streams, too: whoever reads ours would wait for the child.
    streams = [(os.POSIX_SPAWN_DUP2, descriptor, number) for number in range(3)]
    with contextlib.suppress(OSError):
        os.posix_spawn(_IDLE, [_IDLE], {}, file_actions=streams)
