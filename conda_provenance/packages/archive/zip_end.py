"""The end of a zip: the record that says where the central directory is, and the zip64 one.

Format: PKWARE's APPNOTE.TXT 6.3, sections 4.3.14 to 4.3.16.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from conda_provenance.packages.blob import Blob
from conda_provenance.packages.refusals import Refusal

END = struct.Struct("<4s4H2LH")
END64 = struct.Struct("<4sQ2H2L4Q")
LOCATOR = struct.Struct("<4sLQL")
FULL16, FULL32 = 0xFFFF, 0xFFFFFFFF
"""The values that stand for "see the zip64 record"."""

MAX_TAIL = END.size + FULL16
"""Bytes from the end of a zip, within which its end record begins."""

TAIL = 1 << 16
"""Bytes from the end that are enough for nearly every zip, and for most ``.conda`` files hold the
whole metadata."""

CUT_SHORT = "it is cut short or no zip; fetch or build it again"
CONTRADICTION = "its zip contradicts itself; fetch or build it again"
SPLIT = "it is one part of a split zip"


class End(NamedTuple):
    """What the end record says about the central directory, or the zip64 one in its place."""

    directory: int
    length: int
    entry_count: int
    tail: bytes
    """What follows the directory, as found."""
    zip64: bool


def find_end(blob: Blob) -> End:
    """Read the end record. A zip that ends otherwise than with one is refused."""
    begin = max(0, blob.size - TAIL)
    last = exactly(blob, begin, blob.size - begin)
    at = last.rfind(b"PK\5\6")
    if at < LOCATOR.size and begin:  # The record has a comment of nearly 64 KiB.
        begin = max(0, blob.size - MAX_TAIL - LOCATOR.size)
        last = exactly(blob, begin, blob.size - begin)
        at = last.rfind(b"PK\5\6")
    # Readers take the last mark, whatever its comment: an earlier one whose comment fits is not it.
    if at < 0 or len(last) < at + END.size:
        raise Refusal(CUT_SHORT)

    _, disk, first_disk, here, count, length, directory, comment = END.unpack_from(last, at)
    if len(last) != at + END.size + comment:
        raise Refusal(CUT_SHORT)
    if disk or first_disk or here != count:
        raise Refusal(SPLIT)

    end = End(directory, length, count, last[at:], zip64=False)
    records_start = begin + at
    locator = last[max(0, at - LOCATOR.size) : at]
    if len(locator) == LOCATOR.size and locator.startswith(b"PK\6\7"):
        records_start -= LOCATOR.size + END64.size
        end = _end64(blob, end, locator, records_start)
    if end.directory + end.length != records_start:
        raise Refusal(CONTRADICTION)
    return end


def _end64(blob: Blob, short: End, locator: bytes, expected: int) -> End:
    """The zip64 end record, which must stand just before its ``locator``."""
    _, disk, where, disks = LOCATOR.unpack(locator)
    if where != expected or disk or disks > 1:
        raise Refusal(CONTRADICTION)

    record = exactly(blob, where, END64.size)
    magic, _, _, _, disk, first_disk, here, count, length, directory = END64.unpack(record)
    if magic != b"PK\6\6" or disk or first_disk or here != count:
        raise Refusal(CONTRADICTION)
    if (
        short.entry_count not in (count, FULL16)
        or short.length not in (length, FULL32)
        or short.directory not in (directory, FULL32)
    ):
        raise Refusal(CONTRADICTION)
    return End(directory, length, count, record + locator + short.tail, zip64=True)


def exactly(blob: Blob, start: int, length: int) -> bytes:
    """These bytes. A zip that does not have them all is refused."""
    data = blob.read(start, length)
    if len(data) < length:
        raise Refusal(CUT_SHORT)
    return data
