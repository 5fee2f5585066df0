"""Byte order marks: how a text file says which encoding it has. The text is not looked at.

PowerShell's ``>`` writes them: the older one UTF-16, the newer one UTF-8.
"""

from __future__ import annotations

_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


def split_mark(data: bytes) -> tuple[str | None, bytes]:
    """The encoding that the mark says, and what comes after it. ``None``: there is no mark."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding, data[len(mark) :]
    return None, data
