"""Writes new files, whole or not at all. A file that is there is never replaced.

What is in them is not known here.
"""

from __future__ import annotations

import errno
import os
import stat

_AT_ONCE = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""Opens a pipe without waiting for its other end."""


def require_writable(folder: str) -> None:
    """Make the folder if need be. Raises :class:`OSError` if no file can be made in it."""
    if folder:
        os.makedirs(folder, exist_ok=True)
    probe = _temporary(folder)
    with open(probe, "xb"):
        pass
    os.unlink(probe)


def write_once(path: str, data: bytes) -> None:
    """Write a file, whole or not at all. The folder is made if need be.

    A file that says the same stays as it is. One that says something else stays too, and raises
    :class:`FileExistsError`.
    """
    folder = os.path.dirname(path)
    if folder:
        os.makedirs(folder, exist_ok=True)
    temporary = _temporary(folder)
    try:
        with open(temporary, "xb") as file:
            file.write(data)
        _put(temporary, path)
    except FileExistsError:
        if not _holds(path, data):
            raise
    finally:
        if os.path.lexists(temporary):
            os.unlink(temporary)


def _temporary(folder: str) -> str:
    return os.path.join(folder, f".{os.urandom(8).hex()}.tmp")


def _put(temporary: str, path: str) -> None:
    """Give the file its name, unless another file has it."""
    if os.name == "nt":  # There, it does not replace.
        os.rename(temporary, path)
        return

    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:  # A file system without links.
        if os.path.lexists(path):
            raise FileExistsError from None
        os.rename(temporary, path)


def plain_bytes(path: str, limit: int) -> bytes:
    """The first bytes of a plain file. Raises :class:`OSError` for a pipe: it may have no end."""
    with open(os.open(path, os.O_RDONLY | _AT_ONCE), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is no plain file")
        return file.read(limit)


def _holds(path: str, data: bytes) -> bool:
    try:
        return plain_bytes(path, len(data) + 1) == data
    except OSError:
        return False
