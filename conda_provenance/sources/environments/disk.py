"""Reads small files whole and within bounds, even while others change them. It parses nothing."""

from __future__ import annotations

import errno
import os
import stat
from typing import NamedTuple

from conda_provenance.text import escape, redact_location

_MAX_PATH = 300
"""Characters of a path that a sentence shows. Some sentences name several."""

_OPEN = (
    os.O_RDONLY
    # A pipe would make us wait for its other end.
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)

_NOTHING = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)
"""Errors of the system that say that there is nothing."""

_PIECE = 1 << 16
"""Bytes of the first read. Most files are smaller."""


class SmallFile(NamedTuple):
    """The bytes of a file, and which file that was."""

    data: bytes
    identity: tuple[int, int, int]
    """Device, number and time of the last change."""
    arrived: int
    """Since when the file is here, at the latest: nanoseconds. Unpacking cannot set it back."""


def read_small(path: str, limit: int, *, follow: bool = True) -> SmallFile:
    """A regular file of at most ``limit`` bytes.

    Unless links are to be followed, a link as the path's last part is refused. Raises ``OSError``,
    and ``ValueError`` for what is no such file. Its message is the second half of a sentence.
    """
    descriptor, status = _open(path, limit, _OPEN if follow else _OPEN | _NO_LINK)
    try:
        data = _read(descriptor, status.st_size)
        return SmallFile(data, _identity(status), status.st_ctime_ns)
    finally:
        os.close(descriptor)


def read_whole_or_ends(path: str, limit: int, first: int, last: int) -> tuple[bytes, bytes | None]:
    """A whole file and ``None``; or of a large one its ``first`` and its ``last`` bytes.

    Large is what is larger than both. Raises the same.
    """
    descriptor, status = _open(path, limit, _OPEN)
    try:
        if status.st_size <= first + last:
            return _read(descriptor, status.st_size), None

        beginning = _read(descriptor, first)
        os.lseek(descriptor, -last, os.SEEK_END)
        return beginning, _read(descriptor, last)
    finally:
        os.close(descriptor)


def read_until(path: str, limit: int, mark: bytes) -> bytes:
    """The bytes of a file before ``mark``, or all if it is not in it. Some may follow.

    Raises the same.
    """
    descriptor, status = _open(path, limit, _OPEN)
    try:
        data = bytearray()
        while len(data) < status.st_size:
            start = max(0, len(data) - len(mark))
            data += _read(descriptor, min(_PIECE, status.st_size - len(data)))
            if data.find(mark, start) >= 0:
                break
        return bytes(data)
    finally:
        os.close(descriptor)


def _open(path: str, limit: int, flags: int) -> tuple[int, os.stat_result]:
    descriptor = os.open(path, flags)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("is no regular file")
        if status.st_size > limit:
            raise ValueError(f"is larger than {limit >> 20} MiB")
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor, status


def _read(descriptor: int, size: int) -> bytes:
    data = os.read(descriptor, size)
    while len(data) < size:
        more = os.read(descriptor, size - len(data))
        if not more:
            raise ValueError("became shorter while it was read")
        data += more
    return data


def identity_of(path: str) -> tuple[int, int, int] | None:
    """Which file or folder stands at ``path`` now. ``None``: none that we can look at."""
    try:
        return _identity(os.stat(path))
    except (OSError, ValueError):
        return None


def _identity(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_dev, status.st_ino, status.st_mtime_ns


def why_unknown(path: str) -> str | None:
    """Why we may not know whether anything is at ``path``, as the second half of a sentence.

    ``None``: we do know. What is in a folder that we may not enter is not missing.
    """
    try:
        os.stat(path)
    except OSError as error:
        return None if error.errno in _NOTHING else reason(error)
    except ValueError:
        return None
    return None


def reason(error: Exception) -> str:
    """The second half of a sentence: why a file could not be read."""
    if isinstance(error, OSError):
        # str(error) would repeat the path, unescaped.
        words = (error.strerror or type(error).__name__).rstrip(".").replace("\n", " ")
        return f"cannot be read ({words.lower()})"
    # A name with half a character is refused by a kind of ValueError.
    return str(error) if type(error) is ValueError else "is no path"


def shown(path: str) -> str:
    """A path as it may be shown. It may be an address by mistake."""
    return escape(redact_location(path), _MAX_PATH)
