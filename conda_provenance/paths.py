"""Compares places in the file system. It knows nothing of what lies there."""

from __future__ import annotations

import os
from pathlib import Path


def lies_in(place: Path, folder: str | None) -> bool:
    """Is ``place`` within ``folder``? Symbolic links are followed.

    A folder that is unknown or relative holds nothing.
    """
    if not folder or not os.path.isabs(folder):
        return False

    inner, root = os.path.realpath(place), os.path.realpath(folder)
    try:
        return os.path.commonpath([inner, root]) == root
    except ValueError:  # another drive
        return False
