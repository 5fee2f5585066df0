"""Which part of a remote package is asked for first, and how much more each time after that.

Nothing is fetched here.
"""

from __future__ import annotations

from typing import NamedTuple

from conda_provenance.sources.record_values import milliseconds
from conda_provenance.web import ByteRange

END = 1 << 16
"""Bytes from the end of a ``.conda``. For 88 of 100 that is all that is needed."""

BZ2_FRONT = 1 << 17
"""Bytes from the beginning of a ``.tar.bz2``. Half of them need 106 KB."""

NEXT = 1 << 20
"""Bytes asked for next, where it is not known how many are needed. They are not all read.

Of 23 real ``.tar.bz2`` files about.json came within 442 KB, so two requests are enough.
"""

SMALL = 1 << 18
"""Bytes of a file that is read whole where its server sends no part of it."""

FRONT = 2 << 20
"""Bytes that are read from the front of a file, where its server sends no part of it."""

_INFO_LAST_SINCE = 1668643200000
"""2022-11-17, when conda-package-handling 2.0 came: since then the metadata stands last."""


class Plan(NamedTuple):
    """How a package file is read."""

    from_front: bool
    """Its beginning is asked for, rather than its end."""
    length: int
    """Bytes of the first request."""

    def first(self, size: int | None) -> ByteRange:
        """The first range, of a file of this ``size``. ``None``: it is not known."""
        if self.from_front:
            return ByteRange(0, self.length if size is None else max(1, min(size, self.length)))
        if size is None:
            return ByteRange(None, self.length)

        start = max(0, size - self.length)
        return ByteRange(start, max(1, size - start))


def plan_for(file_name: str, timestamp: int | None) -> Plan:
    """The plan for a file of this name, built at ``timestamp``: milliseconds since 1970."""
    if file_name.endswith(".tar.bz2"):
        return Plan(True, BZ2_FRONT)

    built = milliseconds(timestamp)
    return Plan(built is not None and built < _INFO_LAST_SINCE, END)
