"""The headers of a tar's members: what one says, and the same one with another size.

Formats: v7, ustar, GNU and PAX (POSIX.1-2001), as in
https://www.gnu.org/software/tar/manual/html_node/Standard.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from conda_provenance.packages.archive.decompression import Stream
from conda_provenance.packages.refusals import Refusal, shown_name

BLOCK = 512
"""Bytes. Everything in a tar is padded to whole blocks."""

MAX_PATH = 32_767
"""Characters. No system has longer paths than Windows."""

MAX_EXTENSION = 1 << 20
"""Bytes that the further headers of one member may have."""

HARD_LINK, SYMBOLIC_LINK = b"1", b"2"
END_KIND = b""

_PAX = (b"x", b"X")
_PAX_GLOBAL = b"g"
_LONG = {b"L": "path", b"K": "linkpath"}
"""GNU's headers for names that are too long for a block, and the PAX keys that mean the same."""

_EXTENSIONS = frozenset({*_PAX, *_LONG})
_NO_RECORDS: Mapping[str, bytes] = {}

_SPARSE = b"S"
_WITHOUT_DATA = (b"1", b"2", b"3", b"4", b"5", b"6")

_NUMBERS = ((100, 108), (108, 116), (116, 124), (136, 148), (329, 337), (337, 345))
"""Where mode, owner, group, time and the device's numbers stand in a block."""

_RECORD = re.compile(rb"([1-9][0-9]{0,8}) ([^=\n]+)=")
_OCTAL = re.compile(rb"[ \0]*([0-7]*)[ \0]*")

_CUT_SHORT = "its tar is cut short; fetch or build it again"
_TOO_LARGE = "a header of its tar is larger than 1 MiB"
_NAMED_TWICE = "its tar names a member twice over; build it again"
_NO_SIZE = "its tar has a member of no readable size"


class Header(NamedTuple):
    """What stands before a member's data."""

    path: str
    """Without ``./``. Empty for what is no file: the archive's end, PAX's global header."""
    other_path: str
    """The path as seen by readers that apply the ustar prefix field to every format."""
    kind: bytes
    link: str
    """The target of a link."""
    sparse: bool
    raw: bytes
    """Every header block as found, extensions included."""
    size: int
    """Bytes of data stored."""
    has_pax_size: bool
    """Does a PAX header give the size?"""
    record_count: int
    """How many PAX records there are. Each one takes time, and few bytes."""

    @property
    def is_executable(self) -> bool:
        """May its owner run it? The member's own block is the last one, unless it is sparse."""
        mode = _OCTAL.fullmatch(self.raw[-BLOCK:][100:108])
        return mode is not None and int(mode[1] or b"0", 8) & 0o100 != 0

    @property
    def is_read_alike(self) -> bool:
        """Do all readers go on after these blocks, with the same name?

        Python's stops without a word at a number that it cannot read, and puts the prefix before
        the name in every format.
        """
        if self.sparse:
            return True  # Its map follows, in which numbers are elsewhere.

        blocks = list(_blocks(self.raw))
        has_prefix = blocks[-1][345] != 0 and blocks[-1][257:263] != b"ustar\0"
        return not has_prefix and all(
            _is_number(block[start:end]) for block in blocks for start, end in _NUMBERS
        )


def _blocks(raw: bytes) -> Iterator[bytes]:
    """Each header block of a member: those of its extensions, whose data is passed over, first."""
    at = 0
    while at < len(raw):
        block = raw[at : at + BLOCK]
        yield block
        size = _size(block)
        at += BLOCK + size + -size % BLOCK


def _is_number(field: bytes) -> bool:
    return field[0] in (0x80, 0xFF) or _OCTAL.fullmatch(field) is not None


def read_header(stream: Stream, block: bytes) -> Header:
    """The header that begins with ``block``. The stream stands at the member's data then."""
    raw, records, record_count = b"", _NO_RECORDS, 0
    if (kind := _kind(block)) in _EXTENSIONS:
        raw, records, record_count, block = _read_extensions(stream, block)
        kind = _kind(block)
    size = _pax_size(records["size"]) if "size" in records else _size(block)
    raw += block

    if kind == _SPARSE and block[482]:
        raw += _sparse_map(stream)
    if kind == _PAX_GLOBAL:
        data, more = _global_records(stream, size)
        return Header("", "", kind, "", False, raw + data, 0, False, record_count + more)

    long_name = records.get("GNU.sparse.name") or records.get("path")
    prefixed_name = long_name or _prefixed_name(block)
    is_ustar = block[257:263] == b"ustar\0"
    # GNU's "ustar  " keeps times where ustar has the prefix.
    raw_name = prefixed_name if is_ustar else long_name or _field(block, 0, 100)
    name = _text(raw_name)
    other_name = name if raw_name == prefixed_name else _text(prefixed_name)
    if size and (kind in _WITHOUT_DATA or (kind == b"\0" and name.endswith("/"))):
        raise Refusal(
            "its tar has a link or folder with data, which readers disagree on; build it again"
        )

    path = normal_path(name)
    return Header(
        path=path,
        other_path=path if other_name == name else _normal_path_or(path, other_name),
        kind=kind,
        link=_text(records.get("linkpath") or _field(block, 157, 100)),
        sparse=kind == _SPARSE
        or bool(records and any(key.startswith("GNU.sparse.") for key in records)),
        raw=raw,
        size=size,
        has_pax_size="size" in records,
        record_count=record_count,
    )


def exactly(stream: Stream, size: int) -> bytes:
    """The next ``size`` bytes."""
    data = stream.read(size)
    if len(data) < size:
        raise Refusal(_CUT_SHORT)
    return data


def normal_path(name: str) -> str:
    """The path without empty parts and ``.``. One that leads out of the package is refused."""
    if len(name) > MAX_PATH:
        raise Refusal("its tar has a path that is longer than any system allows")

    if name[:1] not in "./" and "/." not in name and "//" not in name and name[-1:] != "/":
        return name  # As nearly every path is.

    parts = name.split("/")
    if name.startswith("/") or ".." in parts:
        raise Refusal(f"its member {shown_name(name)} lies outside the package; do not unpack it")
    return "/".join(part for part in parts if part not in ("", "."))


def padded(data: bytes) -> bytes:
    """The data, filled up to whole blocks."""
    return data + b"\0" * (-len(data) % BLOCK)


def resized(block: bytes, size: int) -> bytes:
    """The header block with another size, and the checksum that belongs to it."""
    block = block[:124] + b"%011o\0" % size + block[136:148] + b" " * 8 + block[156:]
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def renamed(block: bytes, name: str) -> bytes:
    """The header block of a plain file with another short name. Call :func:`resized` after it."""
    folder = b"./" if block.startswith(b"./") else b""
    field = (folder + name.encode()).ljust(100, b"\0")
    # The target of a link, and the prefix of a name or GNU's times.
    return field + block[100:157] + bytes(100) + block[257:345] + bytes(155) + block[500:]


def resized_pax(raw: bytes, size: int) -> bytes:
    """The headers ``raw`` of a member, with the size in its PAX header made ``size``."""
    done = b""
    at = 0
    while at < len(raw) - BLOCK:
        block = raw[at : at + BLOCK]
        length = _size(block)
        data = raw[at + BLOCK : at + BLOCK + length]
        at += BLOCK + length + -length % BLOCK
        if _kind(block) in _PAX:
            data = _with_size(data, size)
        done += resized(block, len(data)) + padded(data)
    return done + raw[at:]


def _with_size(records: bytes, size: int) -> bytes:
    done = b""
    for key, value in _pax_records(records):
        done += _record(key, b"%d" % size if key == "size" else value)
    return done


def _record(key: str, value: bytes) -> bytes:
    """A PAX record. It begins with its own length, whose digits count."""
    rest = b" " + key.encode("utf-8", "surrogateescape") + b"=" + value + b"\n"
    length = len(rest) + 1
    while len(b"%d" % length) + len(rest) != length:
        length += 1
    return b"%d" % length + rest


def _read_extensions(stream: Stream, block: bytes) -> tuple[bytes, Mapping[str, bytes], int, bytes]:
    """The headers before a member's own.

    These headers as found; what they say, by PAX key; how many records that are; and the member's
    own block.
    """
    raw = bytearray()
    records: dict[str, bytes] = {}
    record_count = 0
    while (kind := _kind(block)) in _EXTENSIONS:
        size = _size(block)
        if len(raw) + size > MAX_EXTENSION:
            raise Refusal(_TOO_LARGE)

        data = exactly(stream, size + -size % BLOCK)
        if kind in _PAX:
            pairs = list(_pax_records(data[:size]))
        else:
            pairs = [(_LONG[kind], data[:size].rstrip(b"\0"))]
        more = dict(pairs)
        if records.keys() & more.keys():
            raise Refusal(_NAMED_TWICE)

        records |= more
        record_count += len(pairs)
        raw += block + data
        block = exactly(stream, BLOCK)
    return bytes(raw), records, record_count, block


def _kind(block: bytes) -> bytes:
    """The kind of the member. A block with a wrong checksum is refused."""
    checksum = _OCTAL.fullmatch(block[148:156])
    stored = int(checksum[1] or b"0", 8) if checksum else -1
    # The checksum itself counts as eight spaces.
    computed = sum(block) - sum(block[148:156]) + 256
    # Old tars added the bytes up as signed ones.
    if stored != computed and stored != computed - 256 * _high_bytes(block):
        raise Refusal("its tar is damaged (a header's checksum is wrong); fetch or build it again")
    return block[156:157]


def _high_bytes(block: bytes) -> int:
    return sum(byte >= 128 for byte in block[:148] + block[156:])


def _size(block: bytes) -> int:
    field = block[124:136]
    if field[0] == 0x80:  # GNU's binary sizes, for 8 GiB and more.
        size = int.from_bytes(field[1:], "big")
    elif octal := _OCTAL.fullmatch(field):
        size = int(octal[1] or b"0", 8)
    else:
        raise Refusal(_NO_SIZE)

    if size >= 1 << 62:
        raise Refusal("its tar has a member of an impossible size")
    return size


def _pax_size(value: bytes) -> int:
    if not re.fullmatch(rb"[0-9]{1,18}", value):
        raise Refusal(_NO_SIZE)
    return int(value)


def _pax_records(data: bytes) -> Iterator[tuple[str, bytes]]:
    at = 0
    seen: set[str] = set()
    while at < len(data):
        match = _RECORD.match(data, at)
        end = at + int(match[1]) if match else 0
        if not match or end > len(data) or end <= match.end() or data[end - 1 : end] != b"\n":
            raise Refusal("its tar is damaged (a PAX header); fetch or build it again")

        key = _text(match[2])
        if key in seen and not key.startswith("GNU.sparse."):
            raise Refusal(_NAMED_TWICE)
        seen.add(key)
        yield key, data[match.end() : end - 1]
        at = end


def _global_records(stream: Stream, size: int) -> tuple[bytes, int]:
    """PAX records for all members that follow, padded, and how many there are.

    Those that name, size or link the members are refused.
    """
    if size > MAX_EXTENSION:
        raise Refusal(_TOO_LARGE)

    data = exactly(stream, size + -size % BLOCK)
    keys = [key for key, _ in _pax_records(data[:size])]
    for key in keys:
        if key in ("path", "size", "linkpath") or key.startswith("GNU.sparse."):
            raise Refusal("its tar gives all members one name or size; build it again")
    return data, len(keys)


def _sparse_map(stream: Stream) -> bytes:
    """The further blocks of a GNU sparse file's map, of which each says whether one follows."""
    blocks = bytearray()
    while True:
        block = exactly(stream, BLOCK)
        blocks += block
        if not block[504]:
            return bytes(blocks)
        if len(blocks) > MAX_EXTENSION:
            raise Refusal(_TOO_LARGE)


def _prefixed_name(block: bytes) -> bytes:
    name = _field(block, 0, 100)
    return _field(block, 345, 155) + b"/" + name if block[345] else name


def _field(block: bytes, start: int, length: int) -> bytes:
    return block[start : start + length].split(b"\0", 1)[0]


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _normal_path_or(path: str, name: str) -> str:
    try:
        return normal_path(name)
    except Refusal:  # GNU's times, read as a name.
        return path
