"""A copy of the zip around a ``.conda`` with another info member: all else is copied byte for byte."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterable

from conda_provenance.packages.archive.zip import (
    DESCRIPTOR,
    END,
    END64,
    ENTRY,
    FULL32,
    LOCAL,
    LOCATOR,
    Container,
    Member,
    extras,
)
from conda_provenance.packages.files.replace import Replacement, copy_range


def copy_with(
    file: io.BufferedReader,
    container: Container,
    member: Member,
    data: Iterable[bytes],
    new: Replacement,
) -> None:
    """Write the zip to ``new`` with ``data`` as ``member``; every other member is copied byte for byte."""
    target = new.file
    if not new.clone(file, member.start):
        copy_range(file, target, 0, member.start)
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
    target.seek(member.start)
    target.write(LOCAL.pack(*fixed))
    target.seek(end)
    copy_range(file, target, member.end, container.directory - member.end)
    shift = end - member.end
    entries = b"".join(
        _entry(each, each.start, (crc, size))
        if each is member
        else each.entry
        if each.start < member.start
        else _entry(each, each.start + shift)
        for each in container.members
    )
    target.write(entries + _tail(container, container.directory + shift, len(entries)))


def _without_zip64(extra: bytes) -> bytes:
    return b"".join(whole for number, whole in extras(extra) if number != 1)


def _entry(member: Member, start: int, replaced: tuple[int, int] | None = None) -> bytes:
    """What the central directory says of a member that now begins at ``start``, ``replaced`` by data of this CRC and size."""
    crc, size = replaced or (member.crc, member.size)
    stored = size if replaced else member.stored
    fixed = list(ENTRY.unpack_from(member.entry))
    at = ENTRY.size + fixed[10]
    large = b"".join(struct.pack("<Q", value) for value in (size, stored, start) if value >= FULL32)
    extra = (struct.pack("<HH", 1, len(large)) + large if large else b"") + _without_zip64(
        member.entry[at : at + fixed[11]]
    )
    if replaced:
        fixed[3] &= ~DESCRIPTOR
    if large:
        fixed[2] = max(fixed[2], 45)
    comment = member.entry[at + fixed[11] :]
    fixed[7:10] = crc, min(stored, FULL32), min(size, FULL32)
    fixed[11], fixed[16] = len(extra), min(start, FULL32)
    return ENTRY.pack(*fixed) + member.entry[ENTRY.size : at] + extra + comment


def _tail(container: Container, directory: int, length: int) -> bytes:
    fixed = list(END.unpack_from(container.tail, (END64.size + LOCATOR.size) * container.zip64))
    comment = container.tail[len(container.tail) - fixed[7] :] if fixed[7] else b""
    record = b""
    if container.zip64 or directory >= FULL32:
        count = len(container.members)
        wide = (
            list(END64.unpack_from(container.tail))
            if container.zip64
            else [b"PK\6\6", 44, 45, 45, 0, 0, count, count, 0, 0]
        )
        wide[8:10] = length, directory
        record = END64.pack(*wide) + LOCATOR.pack(b"PK\6\7", 0, directory + length, 1)
    # A mark "see zip64" stays one.
    fixed[5] = fixed[5] if fixed[5] == FULL32 else length
    fixed[6] = fixed[6] if fixed[6] == FULL32 else min(directory, FULL32)
    return record + END.pack(*fixed) + comment
