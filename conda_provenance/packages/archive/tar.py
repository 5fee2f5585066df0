"""A tar as a stream of members whose bytes are kept as found; knows nothing of compression or conda.

Where readers disagree on what an archive holds, it is refused: a stamp must be what everybody sees.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass

from conda_provenance.packages.archive.compression import CHUNK, Stream
from conda_provenance.packages.archive.tar_header import (
    BLOCK,
    PAX,
    kind_of,
    normal_path,
    padded,
    pax_records,
    prefixed_name,
    resized,
    resized_pax,
    size_of,
    text_of,
    ustar_name,
)
from conda_provenance.packages.refusals import Refusal, harmless

_REGULAR = (b"0", b"\0", b"7")
_WITHOUT_DATA = (b"1", b"2", b"3", b"4", b"5", b"6")
_LONG = {b"L": "path", b"K": "linkpath"}
_MAX_EXTENSION = 1 << 20
_MAX_EXTENSIONS = 16 << 20
_MAX_MEMBERS = 500_000


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
        head = resized_pax(self.head, len(data)) if self._pax_size else self.head
        return head[:-BLOCK] + resized(head[-BLOCK:], len(data)) + padded(data)


def read_members(
    stream: Stream, needed: str, limit: int, *, optional: Collection[str] = (), to_end: bool = True
) -> dict[str, bytes]:
    """The data of the member ``needed`` and of those of ``optional`` that are there.

    Without ``to_end`` the rest is not read once they are found, or where ``needed`` is and the metadata ends, and so neither a
    second one noticed.
    """
    found: dict[str, bytes] = {}
    # Closed by us: a Ctrl-C that comes while the garbage collector closes a generator is swallowed.
    with closing(_watched(stream, needed, {needed, *optional})) as members:
        for member in members:
            if member.path == needed or (member.path in optional and member.size <= limit):
                found[member.path] = member.read(limit)
            if (
                not to_end
                and needed in found
                and (len(found) > len(optional) or not member.path.startswith("info/"))
            ):
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


def _watched(
    stream: Stream, needed: str, wanted: Collection[str], *, whole: bool = False
) -> Generator[Member, None, None]:
    """The members; :class:`Refusal` where readers could find different ones of those that are ``wanted``."""
    seen: set[str] = set()
    links: set[str] = set()
    folder = None
    with closing(_members(stream, whole=whole)) as members:
        for member in members:
            if member.path in wanted:
                if member.path in seen:
                    raise Refusal(f"it holds two {harmless(member.path)}; build it again")
                seen.add(member.path)
            elif member.kind == b"1" and normal_path(member.link) in wanted:
                raise Refusal(
                    f"its member {harmless(member.path)} is a hard link to {harmless(normal_path(member.link))}"
                )
            elif folder is None:
                folder = next(
                    (
                        member.path[: -len(name)]
                        for name in wanted
                        if member.path.endswith("/" + name)
                    ),
                    None,
                )
            if member.other_path != member.path and {member.path, member.other_path} & set(wanted):
                raise Refusal(
                    f"its tar can be read as naming {harmless(member.path)} otherwise; build it again"
                )
            if links and not links.isdisjoint(_folders(member.path)):
                raise Refusal(
                    f"its member {harmless(member.path)} lies behind a link; build it again"
                )
            if member.kind == b"2":
                links.add(member.path)
            yield member
    if needed not in seen:
        where = (
            f"; its members stand in the folder {harmless(folder)}, so pack it again from within that"
            if folder
            else ""
        )
        raise Refusal(f"it has no {needed}{where}")


def _folders(path: str) -> Iterator[str]:
    at = path.find("/")
    while at >= 0:
        yield path[:at]
        at = path.find("/", at + 1)


def _members(stream: Stream, *, whole: bool) -> Generator[Member, None, None]:
    extensions = members = 0
    while block := stream.read(BLOCK):
        if len(block) < BLOCK:
            raise Refusal("its tar is cut short; fetch or build it again")
        if not block.strip(b"\0"):
            yield from _end(stream, block)
            return
        member = _member(stream, block)
        extensions += len(member.head) - BLOCK
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
    head, kind, pax_size = b"", kind_of(block), False
    told: dict[str, bytes] = {}
    while kind in PAX or kind in _LONG:
        size = size_of(block)
        if len(head) + size > _MAX_EXTENSION:
            raise Refusal("a header of its tar is larger than 1 MiB")
        data = _exactly(stream, size + -size % BLOCK)
        found = (
            dict(pax_records(data[:size]))
            if kind in PAX
            else {_LONG[kind]: data[:size].rstrip(b"\0")}
        )
        if told.keys() & found.keys():
            raise Refusal("its tar names a member twice over; build it again")
        told |= found
        pax_size |= "size" in found
        head += block + data
        block = _exactly(stream, BLOCK)
        kind = kind_of(block)
    size = size_of(block)
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
    name = text_of(told_name or ustar_name(block))
    other = text_of(told_name or prefixed_name(block))
    if size and (kind in _WITHOUT_DATA or (kind == b"\0" and name.endswith("/"))):
        raise Refusal(
            "its tar has a link or folder with data, which readers disagree on; build it again"
        )
    link = text_of(told.get("linkpath") or block[157:257].split(b"\0", 1)[0])
    sparse = kind == b"S" or any(key.startswith("GNU.sparse.") for key in told)
    path = normal_path(name)
    other_path = path if other == name else _normal_or_same(other, path)
    return Member(
        path, other_path, kind, link, sparse, head, size, stream, size + -size % BLOCK, pax_size
    )


def _global(stream: Stream, head: bytes, size: int) -> Member:
    if size > _MAX_EXTENSION:
        raise Refusal("a header of its tar is larger than 1 MiB")
    data = _exactly(stream, size + -size % BLOCK)
    if any(
        key in ("path", "size", "linkpath") or key.startswith("GNU.sparse.")
        for key, _ in pax_records(data[:size])
    ):
        raise Refusal("its tar gives all members one name or size; build it again")
    return Member("", "", b"g", "", False, head + data, size, stream, 0)


def _sparse_map(stream: Stream) -> bytes:
    found = b""
    while True:
        block = _exactly(stream, BLOCK)
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


def _normal_or_same(name: str, path: str) -> str:
    try:
        return normal_path(name)
    except Refusal:  # GNU's times, read as a name
        return path
