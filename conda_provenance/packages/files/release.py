"""Closes a file that has been replaced, without waiting for its blocks to be freed."""

from __future__ import annotations

import contextlib
import threading

from conda_provenance.packages.blob import FileBlob
from conda_provenance.packages.files.copy import SOON_WRITTEN


def close_in_background(blob: FileBlob) -> None:
    """Close the file; a large one in a thread.

    Whoever closes a replaced file last pays for freeing its blocks, which can take as long as
    copying them.
    """
    if blob.size > SOON_WRITTEN:
        with contextlib.suppress(RuntimeError):  # No more threads.
            threading.Thread(target=blob.close, daemon=True).start()
            return
    blob.close()
