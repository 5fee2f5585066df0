"""The zip around a ``.conda``: where its members stand, each a range of bytes.

Format: PKWARE's APPNOTE.TXT 6.3, sections 4.3 and 4.5;
what a ``.conda`` may hold: CEP 35. A zip that readers could take for different ones is refused.
"""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from conda_provenance.packages.archive.compression import CHUNK, Window
from conda_provenance.packages.refusals import Refusal, harmless

LOCAL = struct.Struct("<4s5H3L2H")
ENTRY = struct.Struct("<4s6H3L5H2L")
END = struct.Struct("<4s4H2LH")
END64 = struct.Struct("<4sQ2H2L4Q")
LOCATOR = struct.Struct("<4sLQL")
_FULL16, FULL32 = 0xFFFF, 0xFFFFFFFF
_MAX_DIRECTORY = 1 << 20
_ENCRYPTED, DESCRIPTOR = 0x1, 0x8
_UNICODE_PATH = 0x7075

TRUNCATED = "it is cut short or no zip; fetch or build it again"
_LYING = "its zip contradicts itself; fetch or build it again"


@dataclass(frozen=True, slots=True)
class Member:
    """A member of the zip; sizes in bytes."""

    name: str
    flags: int
    method: int
    crc: int
    stored: int
    size: int
    start: int
    """Where its local header begins."""
    data: int
    """Where its data begins."""
    end: int
    """Where the next one begins."""
    entry: bytes
    """What the central directory says of it, as found."""
    header: bytes
    """Its local header, as found."""


@dataclass(frozen=True, slots=True)
class Container:
    """The members in the central directory's order, where that begins, and what stands behind it, as found."""

    members: tuple[Member, ...]
    directory: int
    tail: bytes
    zip64: bool

    def info(self) -> Member:
        """The one member with the package's metadata, stored as it must be."""
        found = [member for member in self.members if _is_info(member.name)]
        if len(found) > 1:
            raise Refusal("it holds two info members; build it again")
        if not found:
            for member in self.members:
                folder, _, name = member.name.rpartition("/")
                if _is_info(name):
                    raise Refusal(
                        f"its members stand in the folder {harmless(folder)}; pack it again from within that"
                    )
            raise Refusal("it has no info member; is it a conda package?")
        require_stored(found[0])
        return found[0]


def require_stored(member: Member) -> None:
    """Refuse a member that is deflated, encrypted or otherwise not the bytes it stands for."""
    if member.flags & _ENCRYPTED:
        raise Refusal(f"its member {harmless(member.name)} is encrypted")
    if member.method or member.stored != member.size:
        raise Refusal(
            f"its member {harmless(member.name)} is compressed by zip, where a .conda stores members; pack it again"
        )


def read_container(file: io.BufferedReader) -> Container:
    """Find the members, each checked against its own header."""
    size = file.seek(0, os.SEEK_END)
    directory, length, count, tail, zip64 = _find_directory(file, size)
    if length > _MAX_DIRECTORY:
        raise Refusal("its list of members is larger than 1 MiB")
    entries = list(_entries(_at(file, directory, length)))
    if len(entries) != count:
        raise Refusal(_LYING)
    order = sorted({int(_fields(entry)[-1]) for entry in entries})
    if len(order) < count or order[:1] not in ([], [0]):
        raise Refusal(_LYING)
    ends = dict(zip(order, [*order[1:], directory], strict=False))
    members = tuple(_member(file, entry, ends) for entry in entries)
    if len({member.name for member in members}) < count:
        raise Refusal("it holds two members of one name; build it again")
    return Container(members, directory, tail, zip64)


def check_crc(file: io.BufferedReader, member: Member) -> None:
    """Refuse a member whose bytes are not those that were packed."""
    crc, window = 0, Window(file, member.data, member.stored)
    while chunk := window.read(CHUNK):
        crc = zlib.crc32(chunk, crc)
    if crc != member.crc:
        raise Refusal(
            f"its member {harmless(member.name)} is damaged (wrong CRC); fetch or build it again"
        )


def _is_info(name: str) -> bool:
    return name.startswith("info-") and name.endswith(".tar.zst") and "/" not in name


def _at(file: io.BufferedReader, start: int, length: int) -> bytes:
    file.seek(start)
    data = file.read(length)
    if len(data) < length:
        raise Refusal(TRUNCATED)
    return data


def _find_directory(file: io.BufferedReader, size: int) -> tuple[int, int, int, bytes, bool]:
    """Start, length and number of entries of the central directory, and the bytes behind it."""
    begin = max(0, size - END.size - _FULL16)
    last = _at(file, begin, size - begin)
    at = last.rfind(b"PK\5\6")
    # Not one before the last whose comment fits: readers take the last, whatever its comment.
    if (
        at < 0
        or len(last) < at + END.size
        or len(last) != at + END.size + END.unpack_from(last, at)[7]
    ):
        raise Refusal(TRUNCATED)
    _, disk, first_disk, here, count, length, directory, _ = END.unpack_from(last, at)
    if disk or first_disk or here != count:
        raise Refusal("it is one part of a split zip")
    end = begin + at
    tail = last[at:]
    zip64 = at >= LOCATOR.size and last[at - LOCATOR.size : at].startswith(b"PK\6\7")
    if zip64:
        _, disk, where, disks = LOCATOR.unpack_from(last, at - LOCATOR.size)
        if where + END64.size + LOCATOR.size != end or disk or disks > 1:
            raise Refusal(_LYING)
        record = _at(file, where, END64.size)
        magic, _, _, _, disk, first_disk, here64, count64, length64, directory64 = END64.unpack(
            record
        )
        if magic != b"PK\6\6" or disk or first_disk or here64 != count64:
            raise Refusal(_LYING)
        for short, full, mark in (
            (count, count64, _FULL16),
            (length, length64, FULL32),
            (directory, directory64, FULL32),
        ):
            if short not in (full, mark):
                raise Refusal(_LYING)
        count, length, directory, end = count64, length64, directory64, where
        tail = record + last[at - LOCATOR.size : at] + tail
    if directory + length != end:
        raise Refusal(_LYING)
    return directory, length, count, tail, zip64


def _entries(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        fixed = ENTRY.unpack_from(data, at)
        length = ENTRY.size + sum(fixed[10:13])
        if fixed[0] != b"PK\1\2" or at + length > len(data):
            raise Refusal(_LYING)
        yield data[at : at + length]
        at += length


def _fields(entry: bytes) -> tuple[str, int, int, int, int, int, int]:
    """Name, flags, method, CRC, stored size, size and start, with what zip64 says of the last three."""
    fixed = ENTRY.unpack_from(entry)
    name = entry[ENTRY.size : ENTRY.size + fixed[10]]
    extra = entry[ENTRY.size + fixed[10] :][: fixed[11]]
    size, stored, start = _zip64(extra, [fixed[9], fixed[8], fixed[16]])
    _require_one_name(name, extra)
    if fixed[13]:
        raise Refusal("it is one part of a split zip")
    return (
        name.decode("utf-8", "surrogateescape"),
        fixed[3],
        fixed[4],
        fixed[7],
        stored,
        size,
        start,
    )


def _member(file: io.BufferedReader, entry: bytes, ends: dict[int, int]) -> Member:
    name, flags, method, crc, stored, size, start = _fields(entry)
    if name.startswith("/") or ".." in name.replace("\\", "/").split("/") or "\0" in name:
        raise Refusal(f"its member {harmless(name)} lies outside the package; do not unpack it")
    fixed = LOCAL.unpack(_at(file, start, LOCAL.size))
    header = _at(file, start, LOCAL.size + fixed[9] + fixed[10])
    own_name = header[LOCAL.size : LOCAL.size + fixed[9]].decode("utf-8", "surrogateescape")
    if fixed[0] != b"PK\3\4" or own_name != name or fixed[2] != flags or fixed[3] != method:
        raise Refusal(_LYING)
    _require_one_name(header[LOCAL.size : LOCAL.size + fixed[9]], header[LOCAL.size + fixed[9] :])
    data, end = start + len(header), ends[start]
    slack = end - data - stored
    if flags & DESCRIPTOR:
        # Sizes stand behind the data then, with or without a signature, in 32 or 64 bits.
        if slack not in (12, 16, 20, 24):
            raise Refusal(_LYING)
    else:
        own_size, own_stored = _zip64(header[LOCAL.size + fixed[9] :], [fixed[8], fixed[7]])
        if slack or (fixed[6], own_stored, own_size) != (crc, stored, size):
            raise Refusal(_LYING)
    return Member(name, flags, method, crc, stored, size, start, data, end, entry, header)


def _require_one_name(name: bytes, extra: bytes) -> None:
    """Refuse a second name in the extra field "Unicode path" (4.6.9), which some readers take for the first."""
    if any(number == _UNICODE_PATH and whole[9:] != name for number, whole in extras(extra)):
        raise Refusal("its zip names a member twice over; build it again")


def extras(extra: bytes) -> Iterator[tuple[int, bytes]]:
    """The extra fields: number, and whole bytes. Padding too short for a field's header comes as number -1."""
    at = 0
    while at < len(extra):
        if len(extra) - at < 4:
            yield -1, extra[at:]
            return
        number, length = struct.unpack_from("<HH", extra, at)
        if at + 4 + length > len(extra):
            raise Refusal(_LYING)
        yield number, extra[at : at + 4 + length]
        at += 4 + length


def _zip64(extra: bytes, values: list[int]) -> list[int]:
    """``values``, with those that say "see zip64" taken from there."""
    if FULL32 not in values:
        return values
    field = next((whole[4:] for number, whole in extras(extra) if number == 1), b"")
    at, found = 0, []
    for value in values:
        if value != FULL32:
            found.append(value)
            continue
        if len(field) < at + 8:
            raise Refusal(_LYING)
        found.append(int.from_bytes(field[at : at + 8], "little"))
        at += 8
    return found
