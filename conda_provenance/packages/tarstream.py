"""A tar as a stream of members whose bytes are kept as found; knows nothing of compression or conda.

Formats read: v7, ustar, GNU and PAX (POSIX.1-2001), as in https://www.gnu.org/software/tar/manual/html_node/Standard.html.
Where readers disagree on what an archive holds, it is refused: a stamp must be what everybody sees.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from conda_provenance.packages.compression import CHUNK, Stream
from conda_provenance.packages.refusals import Refusal, harmless

_BLOCK = 512
_REGULAR = (b"0", b"\0", b"7")
_WITHOUT_DATA = (b"1", b"2", b"3", b"4", b"5", b"6")
_PAX = (b"x", b"X")
_LONG = {b"L": "path", b"K": "linkpath"}
_MAX_EXTENSION = 1 << 20
_MAX_EXTENSIONS = 16 << 20
_MAX_MEMBERS = 1_000_000
_RECORD = re.compile(rb"([1-9][0-9]{0,8}) ([^=\n]+)=")
_OCTAL = re.compile(rb"[ \0]*([0-7]*)[ \0]*")


@dataclass(slots=True)
class Member:
    """A member at which the stream stands. Its data is read once, or skipped."""

    path: str
    """Without ``./``; empty for what is no file: the archive's end, PAX's global header."""
    other_path: str
    """What a reader takes for the path that heeds ustar's prefix in headers of other formats too."""
    kind: bytes
    link: str
    sparse: bool
    head: bytes
    """Every header block as found, extensions included."""
    size: int
    """Bytes of data stored."""
    _stream: Stream
    _left: int
    _pax_size: bool = False

    def chunks(self) -> Iterator[bytes]:
        """The data with its padding, as found."""
        while self._left:
            data = _exactly(self._stream, min(CHUNK, self._left))
            self._left -= len(data)
            yield data

    def read(self, limit: int) -> bytes:
        """The data, without padding."""
        if self.kind not in _REGULAR or self.sparse:
            raise Refusal(f"its {harmless(self.path)} is no plain file")
        if self.size > limit:
            raise Refusal(f"its {harmless(self.path)} is larger than {limit >> 20} MiB")
        return b"".join(self.chunks())[: self.size]

    def with_data(self, data: bytes) -> bytes:
        """The member's blocks, with ``data`` in place of its own."""
        head = _resized_pax(self.head, len(data)) if self._pax_size else self.head
        return head[:-_BLOCK] + _resized(head[-_BLOCK:], len(data)) + _padded(data)


def read_members(
    stream: Stream, needed: str, limit: int, *, optional: Collection[str] = (), to_end: bool = True
) -> dict[str, bytes]:
    """The data of the member ``needed`` and of those of ``optional`` that are there.

    Without ``to_end`` the rest is not read once they are found, or where ``needed`` is and the metadata ends, and so neither a
    second one noticed.
    """
    found: dict[str, bytes] = {}
    for member in _watched(stream, needed, {needed, *optional}):
        if member.path == needed or member.path in optional:
            found[member.path] = member.read(limit)
        if not to_end and needed in found and (len(found) > len(optional) or not member.path.startswith("info/")):
            break
    return found


def rewrite(stream: Stream, needed: str, replaced: Mapping[str, bytes]) -> Iterator[bytes]:
    """The tar with other data for the members in ``replaced``; all else, and of these all but the size, as found."""
    for member in _watched(stream, needed, replaced.keys() | {needed}, whole=True):
        if member.path in replaced:
            yield member.with_data(replaced[member.path])
        else:
            yield member.head
            yield from member.chunks()


def _watched(stream: Stream, needed: str, wanted: Collection[str], *, whole: bool = False) -> Iterator[Member]:
    """The members; :class:`Refusal` where readers could find different ones of those that are ``wanted``."""
    seen: set[str] = set()
    links: set[str] = set()
    folder = None
    for member in _members(stream, whole=whole):
        if member.path in wanted:
            if member.path in seen:
                raise Refusal(f"it holds two {harmless(member.path)}; build it again")
            seen.add(member.path)
        elif member.kind == b"1" and _normal(member.link) in wanted:
            raise Refusal(f"its member {harmless(member.path)} is a hard link to {harmless(_normal(member.link))}")
        elif folder is None:
            folder = next((member.path[: -len(name)] for name in wanted if member.path.endswith("/" + name)), None)
        if member.other_path != member.path and {member.path, member.other_path} & set(wanted):
            raise Refusal(f"its tar can be read as naming {harmless(member.path)} otherwise; build it again")
        if links and not links.isdisjoint(_folders(member.path)):
            raise Refusal(f"its member {harmless(member.path)} lies behind a link; build it again")
        if member.kind == b"2":
            links.add(member.path)
        yield member
    if needed not in seen:
        where = f"; its members stand in the folder {harmless(folder)}, so pack it again from within that" if folder else ""
        raise Refusal(f"it has no {needed}{where}")


def _folders(path: str) -> Iterator[str]:
    at = path.find("/")
    while at >= 0:
        yield path[:at]
        at = path.find("/", at + 1)


def _members(stream: Stream, *, whole: bool) -> Iterator[Member]:
    extensions = members = 0
    while block := stream.read(_BLOCK):
        if len(block) < _BLOCK:
            raise Refusal("its tar is cut short; fetch or build it again")
        if not block.strip(b"\0"):
            yield from _end(stream, block)
            return
        member = _member(stream, block)
        extensions += len(member.head) - _BLOCK
        members += 1
        if extensions > _MAX_EXTENSIONS or members > _MAX_MEMBERS:
            raise Refusal("its tar has more headers than any real package's")
        yield member
        for _ in member.chunks():
            pass
    if whole:
        raise Refusal("its tar is cut short (it has no end mark); fetch or build it again")


def _end(stream: Stream, block: bytes) -> Iterator[Member]:
    while block:
        if block.strip(b"\0"):
            # Some readers go on behind the end mark and would see other members than the rest.
            raise Refusal("its tar has data behind its end; build it again")
        yield Member("", "", b"", "", False, block, 0, stream, 0)
        block = stream.read(CHUNK)


def _member(stream: Stream, block: bytes) -> Member:
    head, kind, pax_size = b"", _kind(block), False
    told: dict[str, bytes] = {}
    while kind in _PAX or kind in _LONG:
        size = _size(block)
        if len(head) + size > _MAX_EXTENSION:
            raise Refusal("a header of its tar is larger than 1 MiB")
        data = _exactly(stream, size + -size % _BLOCK)
        found = dict(_records(data[:size])) if kind in _PAX else {_LONG[kind]: data[:size].rstrip(b"\0")}
        if told.keys() & found.keys():
            raise Refusal("its tar names a member twice over; build it again")
        told |= found
        pax_size |= "size" in found
        head += block + data
        block = _exactly(stream, _BLOCK)
        kind = _kind(block)
    size = _size(block)
    if "size" in told:
        if not re.fullmatch(rb"[0-9]{1,18}", told["size"]):
            raise Refusal("its tar has a member of no readable size")
        size = int(told["size"])
    head += block
    if kind == b"S" and block[482]:
        head += _sparse_map(stream)
    if kind == b"g":
        return _global(stream, head, size)
    told_name = told.get("GNU.sparse.name") or told.get("path")
    name = _text(told_name or _ustar_name(block))
    other = _text(told_name or _prefixed_name(block))
    if size and (kind in _WITHOUT_DATA or (kind == b"\0" and name.endswith("/"))):
        raise Refusal("its tar has a link or folder with data, which readers disagree on; build it again")
    link = _text(told.get("linkpath") or block[157:257].split(b"\0", 1)[0])
    sparse = kind == b"S" or any(key.startswith("GNU.sparse.") for key in told)
    path = _normal(name)
    other_path = path if other == name else _normal_or_same(other, path)
    return Member(path, other_path, kind, link, sparse, head, size, stream, size + -size % _BLOCK, pax_size)


def _global(stream: Stream, head: bytes, size: int) -> Member:
    if size > _MAX_EXTENSION:
        raise Refusal("a header of its tar is larger than 1 MiB")
    data = _exactly(stream, size + -size % _BLOCK)
    if any(key in ("path", "size", "linkpath") or key.startswith("GNU.sparse.") for key, _ in _records(data[:size])):
        raise Refusal("its tar gives all members one name or size; build it again")
    return Member("", "", b"g", "", False, head + data, size, stream, 0)


def _sparse_map(stream: Stream) -> bytes:
    found = b""
    while True:
        block = _exactly(stream, _BLOCK)
        found += block
        if not block[504]:
            return found
        if len(found) > _MAX_EXTENSION:
            raise Refusal("a header of its tar is larger than 1 MiB")


def _exactly(stream: Stream, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise Refusal("its tar is cut short; fetch or build it again")
    return data


def _kind(block: bytes) -> bytes:
    given = _OCTAL.fullmatch(block[148:156])
    plain = sum(block[:148]) + 256 + sum(block[156:])
    stored = int(given[1] or b"0", 8) if given else -1
    if stored != plain and stored != plain - 256 * _high_bytes(block):
        raise Refusal("its tar is damaged (a header's checksum is wrong); fetch or build it again")
    return block[156:157]


def _high_bytes(block: bytes) -> int:
    """Old tars summed signed bytes."""
    return sum(byte >= 128 for byte in block[:148] + block[156:])


def _size(block: bytes) -> int:
    field = block[124:136]
    if field[0] == 0x80:  # GNU's binary sizes, for 8 GiB and more
        size = int.from_bytes(field[1:], "big")
    elif given := _OCTAL.fullmatch(field):
        size = int(given[1] or b"0", 8)
    else:
        raise Refusal("its tar has a member of no readable size")
    if size >= 1 << 62:
        raise Refusal("its tar has a member of an impossible size")
    return size


def _ustar_name(block: bytes) -> bytes:
    if block[257:263] != b"ustar\0":  # GNU's "ustar  " keeps times where ustar has the prefix
        return block[:100].split(b"\0", 1)[0]
    return _prefixed_name(block)


def _prefixed_name(block: bytes) -> bytes:
    name, prefix = block[:100].split(b"\0", 1)[0], block[345:500].split(b"\0", 1)[0]
    return prefix + b"/" + name if prefix else name


def _normal_or_same(name: str, path: str) -> str:
    try:
        return _normal(name)
    except Refusal:  # GNU's times, read as a name
        return path


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _normal(name: str) -> str:
    parts = name.split("/")
    if name.startswith("/") or ".." in parts:
        raise Refusal(f"its member {harmless(name)} lies outside the package; do not unpack it")
    return "/".join(part for part in parts if part not in ("", "."))


def _records(data: bytes) -> Iterator[tuple[str, bytes]]:
    at = 0
    seen: set[str] = set()
    while at < len(data):
        found = _RECORD.match(data, at)
        end = at + int(found[1]) if found else 0
        if not found or end > len(data) or end <= found.end() or data[end - 1 : end] != b"\n":
            raise Refusal("its tar is damaged (a PAX header); fetch or build it again")
        key = _text(found[2])
        if key in seen and not key.startswith("GNU.sparse."):
            raise Refusal("its tar names a member twice over; build it again")
        seen.add(key)
        yield key, data[found.end() : end - 1]
        at = end


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % _BLOCK)


def _resized(block: bytes, size: int) -> bytes:
    block = block[:124] + b"%011o\0" % size + block[136:148] + b" " * 8 + block[156:]
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def _resized_pax(head: bytes, size: int) -> bytes:
    """The headers, with the size that the PAX header gives made ``size``."""
    done, at = b"", 0
    while at < len(head) - _BLOCK:
        block = head[at : at + _BLOCK]
        length = _size(block)
        data = head[at + _BLOCK : at + _BLOCK + length]
        at += _BLOCK + length + -length % _BLOCK
        if _kind(block) in _PAX:
            data = b"".join(_record(key, b"%d" % size if key == "size" else value) for key, value in _records(data))
        done += _resized(block, len(data)) + _padded(data)
    return done + head[at:]


def _record(key: str, value: bytes) -> bytes:
    rest = b" " + key.encode("utf-8", "surrogateescape") + b"=" + value + b"\n"
    length = len(rest) + 1
    while len(b"%d" % length) + len(rest) != length:
        length += 1
    return b"%d" % length + rest
