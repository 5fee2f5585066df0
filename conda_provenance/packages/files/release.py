"""Closes a file that has been replaced, without waiting for its blocks to be freed.

Whoever closes such a file last pays for that, and it can take as long as copying them.
"""

from __future__ import annotations

import os
from _thread import start_new_thread

from conda_provenance.packages.blob import FileBlob
from conda_provenance.packages.files.copy import SOON_WRITTEN


def close_replaced(blob: FileBlob) -> None:
    """Close a file that may have been replaced. If it has been, and is large, a thread does it."""
    if blob.size <= SOON_WRITTEN or blob.file.closed or not _is_gone(blob):
        blob.close()
        return

    try:
        start_new_thread(blob.close, ())
    except RuntimeError:  # No more threads.
        blob.close()


def _is_gone(blob: FileBlob) -> bool:
    """Has the file no name any more?"""
    return os.fstat(blob.file.fileno()).st_nlink == 0
