"""A part of a file, as HTTP asks for it and answers (RFC 9110, section 14)."""

from __future__ import annotations

import re
from typing import NamedTuple

_CONTENT_RANGE = re.compile(r"\s*bytes\s+(?:(\d{1,18})-(\d{1,18})|\*)/(\d{1,18}|\*)\s*", re.I)


class ByteRange(NamedTuple):
    """Bytes of a file. ``ByteRange(0, 10)`` is the first ten.

    ``start`` is ``None`` for the last ``length`` bytes. ``length`` is ``None`` for all to the end.
    """

    start: int | None
    length: int | None = None

    @property
    def header(self) -> str:
        """The value of the ``Range`` header."""
        if self.start is None:
            return f"bytes=-{self.length}"
        last = "" if self.length is None else self.start + self.length - 1
        return f"bytes={self.start}-{last}"


class ContentRange(NamedTuple):
    """What a server says that it sends. ``None``: it does not say."""

    start: int | None
    stop: int | None
    """The first byte that is not sent."""
    total: int | None


def parse_content_range(value: str | None) -> ContentRange | None:
    """``bytes 0-9/100`` or ``bytes */100``. ``None``: it cannot be understood."""
    match = _CONTENT_RANGE.fullmatch(value or "")
    if match is None:
        return None

    first, last, total = match.groups()
    size = None if total == "*" else int(total)
    if first is None:
        return ContentRange(None, None, size)
    if int(last) < int(first) or (size is not None and int(last) >= size):
        return None
    return ContentRange(int(first), int(last) + 1, size)
