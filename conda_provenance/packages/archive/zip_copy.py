"""A copy of the zip around a ``.conda`` with another info member. All else keeps its bytes."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable

from conda_provenance.packages.archive.zip import (
    DESCRIPTOR,
    ENTRY,
    LOCAL,
    Directory,
    Entry,
    Member,
    extra_fields,
)
from conda_provenance.packages.archive.zip_end import END, END64, FULL32, LOCATOR
from conda_provenance.packages.blob import FileBlob
from conda_provenance.packages.files.copy import copy_range
from conda_provenance.packages.files.replace import Replacement

_ZIP64_VERSION = 45


def copy_with(
    blob: FileBlob,
    directory: Directory,
    member: Member,
    data: Iterable[bytes],
    replacement: Replacement,
) -> None:
    """Write the zip to ``replacement`` with ``data`` as ``member``. The rest is copied."""
    old = member.entry
    target = replacement.file
    if not replacement.clone(blob, old.start):
        copy_range(blob, target, 0, old.start, replacement.digest)

    # The header is written again when checksum and size are known.
    fixed = list(LOCAL.unpack_from(member.header))
    name = member.header[LOCAL.size : LOCAL.size + fixed[9]]
    extra = _without_zip64(member.header[LOCAL.size + fixed[9] :])
    fixed[2] &= ~DESCRIPTOR
    fixed[10] = len(extra)
    target.write(LOCAL.pack(*fixed) + name + extra)

    crc = size = 0
    for chunk in data:
        crc, size = zlib.crc32(chunk, crc), size + len(chunk)
        target.write(chunk)
    end = target.tell()

    fixed[6:9] = crc, size, size
    target.seek(old.start)
    target.write(LOCAL.pack(*fixed))
    target.seek(end)

    copy_range(blob, target, old.end, directory.start - old.end, replacement.digest)
    shift = end - old.end
    new = old._replace(crc=crc, size=size, stored=size, flags=old.flags & ~DESCRIPTOR)
    entries = b"".join(_moved(each, old, new, shift) for each in directory.entries)
    target.write(entries + _tail(directory, directory.start + shift, len(entries)))


def _moved(entry: Entry, old: Entry, new: Entry, shift: int) -> bytes:
    """The directory's entry for a member of the copy: ``new`` stands in the place of ``old``."""
    if entry is old:
        return _packed(new)
    if entry.start < old.start:
        return entry.raw
    return _packed(entry._replace(start=entry.start + shift))


def _packed(entry: Entry) -> bytes:
    """The entry's bytes. What they held besides its values is kept."""
    fixed = list(ENTRY.unpack_from(entry.raw))
    name_end = ENTRY.size + fixed[10]
    extra_end = name_end + fixed[11]

    values = (entry.size, entry.stored, entry.start)
    zip64 = b"".join(struct.pack("<Q", value) for value in values if value >= FULL32)
    extra = _without_zip64(entry.raw[name_end:extra_end])
    if zip64:
        extra = struct.pack("<HH", 1, len(zip64)) + zip64 + extra
        fixed[2] = max(fixed[2], _ZIP64_VERSION)

    fixed[3] = entry.flags
    fixed[7:10] = entry.crc, min(entry.stored, FULL32), min(entry.size, FULL32)
    fixed[11], fixed[16] = len(extra), min(entry.start, FULL32)
    name, comment = entry.raw[ENTRY.size : name_end], entry.raw[extra_end:]
    return ENTRY.pack(*fixed) + name + extra + comment


def _without_zip64(extra: bytes) -> bytes:
    return b"".join(field for number, field in extra_fields(extra) if number != 1)


def _tail(directory: Directory, start: int, length: int) -> bytes:
    """What follows the entries of a directory at ``start``, which has ``length`` bytes."""
    records = END64.size + LOCATOR.size if directory.zip64 else 0
    fixed = list(END.unpack_from(directory.tail, records))
    comment = directory.tail[records + END.size :]

    record = b""
    if directory.zip64 or start >= FULL32:
        count = len(directory.entries)
        wide = [b"PK\6\6", 44, _ZIP64_VERSION, _ZIP64_VERSION, 0, 0, count, count, 0, 0]
        if directory.zip64:
            wide = list(END64.unpack_from(directory.tail))
        wide[8:10] = length, start
        record = END64.pack(*wide) + LOCATOR.pack(b"PK\6\7", 0, start + length, 1)

    # A value that says "see zip64" goes on saying so.
    if fixed[5] != FULL32:
        fixed[5] = length
    if fixed[6] != FULL32:
        fixed[6] = min(start, FULL32)
    return record + END.pack(*fixed) + comment
