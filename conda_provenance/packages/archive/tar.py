"""A tar as a stream of members whose bytes are kept as they are. Compression is not known here.

An archive that two readers could understand differently is refused: what is stamped must be what
everybody reads.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator, Mapping
from contextlib import closing
from typing import Protocol

from conda_provenance.packages.archive.decompression import Stream
from conda_provenance.packages.archive.tar_header import (
    BLOCK,
    END_KIND,
    HARD_LINK,
    MAX_EXTENSION,
    SYMBOLIC_LINK,
    Header,
    exactly,
    normal_path,
    padded,
    read_header,
    resized,
    resized_pax,
)
from conda_provenance.packages.blob import CHUNK
from conda_provenance.packages.refusals import Refusal, shown_name

_REGULAR = (b"0", b"\0", b"7")
_MAX_EXTENSIONS = 16 * MAX_EXTENSION
_MAX_MEMBERS = 500_000


class Search(Protocol):
    """What looks into members on the way, besides those that are asked for."""

    def wants(self, path: str, size: int) -> bool: ...
    def see(self, path: str, data: bytes) -> None: ...


class Member:
    """A member at which the stream stands. Its data is read, or skipped."""

    __slots__ = ("_data", "_left", "_stream", "header", "path")

    def __init__(self, header: Header, stream: Stream) -> None:
        self.header = header
        self.path = header.path
        self._stream = stream
        self._left = header.size + -header.size % BLOCK
        self._data: bytes | None = None

    def chunks(self) -> Iterator[bytes]:
        """The data with its padding, as found."""
        while self._left:
            data = exactly(self._stream, min(CHUNK, self._left))
            self._left -= len(data)
            yield data

    def skip(self) -> None:
        """Pass over whatever of the data has not been read."""
        while self._left:
            self._left -= len(exactly(self._stream, min(CHUNK, self._left)))

    @property
    def is_plain(self) -> bool:
        """Is it a file with data of its own?"""
        return self.header.kind in _REGULAR and not self.header.sparse

    def read(self, limit: int) -> bytes:
        """The data, without padding."""
        if not self.is_plain:
            raise Refusal(f"its {shown_name(self.path)} is no plain file")
        if self.header.size > limit:
            raise Refusal(f"its {shown_name(self.path)} is larger than {limit >> 20} MiB")
        if self._data is None:
            self._data = b"".join(self.chunks())[: self.header.size]
        return self._data

    def with_data(self, data: bytes) -> bytes:
        """The member's blocks, with ``data`` in place of its own."""
        raw = self.header.raw
        if self.header.has_pax_size:
            raw = resized_pax(raw, len(data))
        return raw[:-BLOCK] + resized(raw[-BLOCK:], len(data)) + padded(data)


def read_members(
    stream: Stream,
    needed: str,
    limit: int,
    *,
    optional: Collection[str] = (),
    to_end: bool = True,
    search: Search | None = None,
) -> dict[str, bytes]:
    """The data of the member ``needed``, and of those of ``optional`` that are there.

    ``search`` sees every plain member that it wants. Without ``to_end``, reading stops when all are
    found and nothing is searched, or when ``needed`` is found and the metadata ends. A second
    member of the same name goes unnoticed then.
    """
    found: dict[str, bytes] = {}
    # Closed by us: a Ctrl-C that comes while the garbage collector closes a generator is swallowed.
    with closing(_checked(stream, needed, {needed, *optional})) as members:
        for member in members:
            if search is not None:
                _show(member, search)

            is_small_extra = member.path in optional and member.header.size <= limit
            if member.path == needed or is_small_extra:
                found[member.path] = member.read(limit)

            all_found = len(found) > len(optional) and search is None
            if not to_end and needed in found and (all_found or not _is_metadata(member)):
                break
    return found


def _is_metadata(member: Member) -> bool:
    return member.path.startswith("info/")


def _show(member: Member, search: Search) -> None:
    size = member.header.size
    if member.is_plain and search.wants(member.path, size):
        search.see(member.path, member.read(size))


def rewrite(stream: Stream, needed: str, replaced: Mapping[str, bytes]) -> Iterator[bytes]:
    """The tar with other data for the members in ``replaced``.

    All else keeps its bytes. Of these members all keeps its bytes but the size.
    """
    members = _checked(stream, needed, replaced.keys() | {needed}, needs_end_mark=True)
    with closing(members):
        for member in members:
            if member.path in replaced:
                yield member.with_data(replaced[member.path])
            else:
                yield member.header.raw
                yield from member.chunks()


def _checked(
    stream: Stream, needed: str, wanted: Collection[str], *, needs_end_mark: bool = False
) -> Generator[Member, None, None]:
    """The members. Refused where two readers could find different ones of ``wanted``."""
    check = _Ambiguities(wanted)
    with closing(_members(stream, needs_end_mark=needs_end_mark)) as members:
        for member in members:
            check.see(member.header)
            yield member

    if needed not in check.seen:
        raise Refusal(f"it has no {needed}{check.where_else()}")


class _Ambiguities:
    """Watches the members of a tar for what readers disagree on."""

    def __init__(self, wanted: Collection[str]) -> None:
        self.seen: set[str] = set()
        """Those of ``wanted`` that the tar holds."""
        self._wanted = wanted
        self._links: set[str] = set()
        self._folder: str | None = None

    def see(self, header: Header) -> None:
        """Refuse the member if readers could disagree on it."""
        path = header.path
        if path in self._wanted:
            if path in self.seen:
                raise Refusal(f"it holds two {shown_name(path)}; build it again")
            self.seen.add(path)
        elif header.kind == HARD_LINK and normal_path(header.link) in self._wanted:
            raise Refusal(
                f"its member {shown_name(path)} is a hard link to"
                f" {shown_name(normal_path(header.link))}"
            )
        elif self._folder is None:
            self._folder = self._folder_around(path)

        if header.other_path != path and {path, header.other_path} & set(self._wanted):
            raise Refusal(
                f"its tar can be read as naming {shown_name(path)} otherwise; build it again"
            )
        if self._links and not self._links.isdisjoint(_folders(path)):
            raise Refusal(f"its member {shown_name(path)} lies behind a link; build it again")
        if header.kind == SYMBOLIC_LINK:
            self._links.add(path)

    def where_else(self) -> str:
        """A hint where the metadata stands instead, if it does."""
        if not self._folder:
            return ""
        return (
            f"; its members stand in the folder {shown_name(self._folder)}, so pack it again from"
            " within that"
        )

    def _folder_around(self, path: str) -> str | None:
        for name in self._wanted:
            if path.endswith("/" + name):
                return path[: -len(name)]
        return None


def _folders(path: str) -> Iterator[str]:
    """Every folder that ``path`` lies in."""
    at = path.find("/")
    while at >= 0:
        yield path[:at]
        at = path.find("/", at + 1)


def _members(stream: Stream, *, needs_end_mark: bool) -> Generator[Member, None, None]:
    extensions = members = 0
    while block := stream.read(BLOCK):
        if len(block) < BLOCK:
            raise Refusal("its tar is cut short; fetch or build it again")
        if not block.strip(b"\0"):
            yield from _end(stream, block)
            return

        member = Member(read_header(stream, block), stream)
        extensions += len(member.header.raw) - BLOCK
        members += 1
        if extensions > _MAX_EXTENSIONS or members > _MAX_MEMBERS:
            raise Refusal("its tar has more headers than any real package's")

        yield member
        member.skip()

    if needs_end_mark:
        raise Refusal("its tar is cut short (it has no end mark); fetch or build it again")


def _end(stream: Stream, block: bytes) -> Iterator[Member]:
    """The zeros at the end, as members without a path."""
    while block:
        if block.strip(b"\0"):
            # Some readers go on after the end mark and would see other members than the rest.
            raise Refusal("its tar has data behind its end; build it again")
        yield Member(Header("", "", END_KIND, "", False, block, 0, False), stream)
        block = stream.read(CHUNK)
