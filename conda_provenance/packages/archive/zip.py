"""The zip around a ``.conda``: where its members are. Each is a range of bytes.

Format: PKWARE's APPNOTE.TXT 6.3, sections 4.3 and 4.5. What a ``.conda`` may hold: CEP 35.
A zip that two readers could understand differently is refused.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from conda_provenance.packages.archive.zip_end import (
    CONTRADICTION,
    FULL32,
    SPLIT,
    End,
    exactly,
)
from conda_provenance.packages.blob import Blob, BlobReader
from conda_provenance.packages.refusals import Refusal, shown_name

LOCAL = struct.Struct("<4s5H3L2H")
ENTRY = struct.Struct("<4s6H3L5H2L")
_MAX_DIRECTORY = 1 << 20
_ENCRYPTED, DESCRIPTOR = 0x1, 0x8
_UNICODE_PATH = 0x7075
_ZIP64 = 1


class Entry(NamedTuple):
    """What the central directory says about a member. Sizes in bytes."""

    name: str
    flags: int
    method: int
    crc: int
    stored: int
    size: int
    start: int
    """Where its local header begins."""
    end: int
    """Where the next member begins, or the directory."""
    raw: bytes
    """The entry as it stands in the directory."""


class Member(NamedTuple):
    """A member whose local header agrees with its entry."""

    entry: Entry
    header: bytes
    """The local header as it stands in the file."""

    @property
    def data(self) -> int:
        """Where its data begins."""
        return self.entry.start + len(self.header)


class Directory(NamedTuple):
    """The central directory."""

    entries: tuple[Entry, ...]
    """In the directory's order."""
    start: int
    tail: bytes
    """What follows the entries: end record and comment, and the zip64 records before them."""
    zip64: bool

    def info(self) -> Entry:
        """The entry of the one member that holds the metadata. It must be stored."""
        found = [entry for entry in self.entries if is_info(entry.name)]
        if len(found) > 1:
            raise Refusal("it holds two info members; build it again")
        if not found:
            raise Refusal(self._why_no_info())

        require_stored(found[0])
        return found[0]

    def _why_no_info(self) -> str:
        for entry in self.entries:
            folder, _, name = entry.name.rpartition("/")
            if is_info(name):
                return (
                    f"its members stand in the folder {shown_name(folder)};"
                    " pack it again from within that"
                )
        return "it has no info member; is it a conda package?"


def is_info(name: str) -> bool:
    return name.startswith("info-") and name.endswith(".tar.zst") and "/" not in name


def require_stored(entry: Entry) -> None:
    """Refuse a member that zip has compressed or encrypted."""
    if entry.flags & _ENCRYPTED:
        raise Refusal(f"its member {shown_name(entry.name)} is encrypted")
    if entry.method or entry.stored != entry.size:
        raise Refusal(
            f"its member {shown_name(entry.name)} is compressed by zip, where a .conda stores"
            " members; pack it again"
        )


def read_directory(blob: Blob, end: End) -> Directory:
    """Read the central directory. The members themselves are not looked at."""
    if end.length > _MAX_DIRECTORY:
        raise Refusal("its list of members is larger than 1 MiB")

    raw_entries = list(_raw_entries(exactly(blob, end.directory, end.length)))
    if len(raw_entries) != end.entry_count:
        raise Refusal(CONTRADICTION)

    entries = _entries(raw_entries, end.directory)
    if len({entry.name for entry in entries}) < len(entries):
        raise Refusal("it holds two members of one name; build it again")
    return Directory(entries, end.directory, end.tail, end.zip64)


def read_member(blob: Blob, entry: Entry) -> Member:
    """Read the member's local header, and refuse one that does not agree with the entry."""
    fixed = LOCAL.unpack(exactly(blob, entry.start, LOCAL.size))
    header = exactly(blob, entry.start, LOCAL.size + fixed[9] + fixed[10])
    raw_name = header[LOCAL.size : LOCAL.size + fixed[9]]
    extra = header[LOCAL.size + fixed[9] :]

    if fixed[0] != b"PK\3\4" or (_text(raw_name), fixed[2], fixed[3]) != (
        entry.name,
        entry.flags,
        entry.method,
    ):
        raise Refusal(CONTRADICTION)
    _require_one_name(raw_name, extra)

    after_data = entry.end - entry.start - len(header) - entry.stored
    if entry.flags & DESCRIPTOR:
        # The sizes follow the data then, with or without a signature, in 32 or 64 bits.
        agrees = after_data in (12, 16, 20, 24)
    else:
        size, stored = _with_zip64(extra, [fixed[8], fixed[7]])
        agrees = not after_data and (fixed[6], stored, size) == (
            entry.crc,
            entry.stored,
            entry.size,
        )
    if not agrees:
        raise Refusal(CONTRADICTION)
    return Member(entry, header)


def member_at(start: int, header: bytes) -> Member:
    """The member whose whole local header is ``header``, as that alone describes it."""
    fixed = LOCAL.unpack_from(header)
    raw_name = header[LOCAL.size : LOCAL.size + fixed[9]]
    extra = header[LOCAL.size + fixed[9] :]
    size, stored = _with_zip64(extra, [fixed[8], fixed[7]])
    _require_one_name(raw_name, extra)

    end = start + len(header) + stored
    entry = Entry(_text(raw_name), fixed[2], fixed[3], fixed[6], stored, size, start, end, b"")
    return Member(entry, header)


class MemberReader:
    """The data of a member, from its beginning to its end, where its CRC is checked."""

    def __init__(self, blob: Blob, member: Member, *, piece: int) -> None:
        """``piece``: how many bytes are read from the blob at a time."""
        self._entry = member.entry
        self._reader = BlobReader(blob, member.data, member.entry.stored)
        self._piece = piece
        self._held = b""
        self._left = member.entry.stored
        self._crc = 0

    def read(self, size: int, /) -> bytes:
        """Some of the next ``size`` bytes. None at the end."""
        if not self._held:
            self._held = self._next_piece()

        data = self._held[:size]
        self._held = self._held[len(data) :]
        return data

    def _next_piece(self) -> bytes:
        piece = self._reader.read(self._piece)
        self._crc = zlib.crc32(piece, self._crc)
        self._left -= len(piece)
        if not self._left and self._crc != self._entry.crc:
            raise Refusal(
                f"its member {shown_name(self._entry.name)} is damaged (wrong CRC); fetch or build"
                " it again"
            )
        return piece


def _raw_entries(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        fixed = ENTRY.unpack_from(data, at)
        length = ENTRY.size + sum(fixed[10:13])
        if fixed[0] != b"PK\1\2" or at + length > len(data):
            raise Refusal(CONTRADICTION)
        yield data[at : at + length]
        at += length


def _entries(raw_entries: Sequence[bytes], directory: int) -> tuple[Entry, ...]:
    """The entries. Their members must fill the file from its beginning to the directory."""
    entries = [_entry(raw) for raw in raw_entries]
    starts = sorted({entry.start for entry in entries})
    if len(starts) < len(entries) or (starts and starts[0] != 0):
        raise Refusal(CONTRADICTION)

    ends = dict(zip(starts, [*starts[1:], directory], strict=False))
    return tuple(entry._replace(end=ends[entry.start]) for entry in entries)


def _entry(raw: bytes) -> Entry:
    """The entry, with the values of its zip64 field. Where the member ends is not known yet."""
    fixed = ENTRY.unpack_from(raw)
    raw_name = raw[ENTRY.size : ENTRY.size + fixed[10]]
    extra = raw[ENTRY.size + fixed[10] :][: fixed[11]]
    size, stored, start = _with_zip64(extra, [fixed[9], fixed[8], fixed[16]])
    _require_one_name(raw_name, extra)
    if fixed[13]:
        raise Refusal(SPLIT)

    name = _text(raw_name)
    if name.startswith("/") or ".." in name.replace("\\", "/").split("/") or "\0" in name:
        raise Refusal(f"its member {shown_name(name)} lies outside the package; do not unpack it")
    return Entry(name, fixed[3], fixed[4], fixed[7], stored, size, start, 0, raw)


def _require_one_name(name: bytes, extra: bytes) -> None:
    """Refuse a second name in the extra field "Unicode path" (4.6.9). Some readers prefer it."""
    if not extra:
        return

    for number, field in extra_fields(extra):
        if number == _UNICODE_PATH and field[9:] != name:
            raise Refusal("its zip names a member twice over; build it again")


def extra_fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    """The extra fields: the number of each, and its bytes with their header.

    Padding that is too short for a field's header comes as number -1.
    """
    at = 0
    while at < len(extra):
        if len(extra) - at < 4:
            yield -1, extra[at:]
            return

        number, length = struct.unpack_from("<HH", extra, at)
        if at + 4 + length > len(extra):
            raise Refusal(CONTRADICTION)
        yield number, extra[at : at + 4 + length]
        at += 4 + length


def _with_zip64(extra: bytes, values: list[int]) -> list[int]:
    """``values``, where those that say "see zip64" are taken from that extra field."""
    if FULL32 not in values:
        return values

    zip64 = next((field[4:] for number, field in extra_fields(extra) if number == _ZIP64), b"")
    at = 0
    result = []
    for value in values:
        if value != FULL32:
            result.append(value)
            continue
        if len(zip64) < at + 8:
            raise Refusal(CONTRADICTION)
        result.append(int.from_bytes(zip64[at : at + 8], "little"))
        at += 8
    return result


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")
