"""A tar as a stream of members whose bytes are kept as they are. Compression is not known here.

An archive that two readers could understand differently is refused: what is stamped must be what
everybody reads.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Protocol

from conda_provenance.packages.archive.ambiguities import Ambiguities
from conda_provenance.packages.archive.decompression import Stream
from conda_provenance.packages.archive.tar_header import (
    BLOCK,
    END_KIND,
    Header,
    exactly,
    padded,
    read_header,
    renamed,
    resized,
    resized_pax,
)
from conda_provenance.packages.blob import CHUNK
from conda_provenance.packages.refusals import ChangedMeanwhile, Refusal, shown_name

_REGULAR = (b"0", b"\0", b"7")

_FREE_RECORDS, _RECORDS_A_MEMBER = 1_000_000, 64
"""PAX records that a tar may hold. Builders write ten for each member at most.

There is no limit on members or on the size of headers: the limit on unpacked bytes holds for them,
because a header takes about as long to read as to unpack. Only records are smaller than that.
"""


class Search(Protocol):
    """Looks into members on the way, besides those that are asked for."""

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
        """Is it a regular file without holes?"""
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

    def like(self, name: str, data: bytes) -> bytes:
        """The blocks of another plain file, which has this one's owner, mode and time."""
        return resized(renamed(self.header.raw[-BLOCK:], name), len(data)) + padded(data)


def read_members(
    stream: Stream,
    names: Collection[str],
    limit: int,
    *,
    loose: Collection[str] = (),
    optional: Collection[str] = (),
    until: Sequence[str] = (),
    search: Search | None = None,
) -> dict[str, bytes]:
    """The data of these members, as far as the tar has them.

    It must have at least one of ``names`` and ``loose``. If readers could disagree on a member, it
    is refused if it is one of ``names`` or ``optional``, and left out if it is one of ``loose``. A
    member that is larger than ``limit``, or no plain file, is refused if it is one of ``names``,
    and otherwise left out. ``search`` sees every plain member that it wants.

    Reading stops when all of ``until`` are found and nothing is searched, or when the first of them
    is found and the metadata ends. What readers could disagree on after that goes unnoticed.
    """
    found: dict[str, bytes] = {}
    seen_loose: set[str] = set()
    check = Ambiguities({*names, *optional})
    # Closed by us: a Ctrl-C that comes while the garbage collector closes a generator is swallowed.
    with closing(checked(stream, check)) as members:
        for member in members:
            if search is not None:
                _show(member, search)

            path = member.path
            if path in names:
                found[path] = member.read(limit)
            elif path in seen_loose:
                found.pop(path, None)
            elif path in loose or path in optional:
                seen_loose.add(path)
                if member.is_plain and member.header.size <= limit:
                    found[path] = member.read(limit)

            if _is_enough(member, found, until, is_searched=search is not None):
                break

    if check.seen.isdisjoint(names) and seen_loose.isdisjoint(loose):
        missing = " and no ".join([*names, *loose])
        raise Refusal(f"it has no {missing}{check.where_else()}")
    return found


def _is_metadata(member: Member) -> bool:
    return member.path.startswith("info/")


def _is_enough(
    member: Member, found: Mapping[str, bytes], until: Sequence[str], *, is_searched: bool
) -> bool:
    """May reading stop at this member?"""
    if not until or (is_searched and _is_metadata(member)):
        return False
    return found.keys() >= set(until if _is_metadata(member) else until[:1])


def _show(member: Member, search: Search) -> None:
    size = member.header.size
    if member.is_plain and search.wants(member.path, size):
        search.see(member.path, member.read(size))


def rewrite(
    stream: Stream, replaced: Mapping[str, bytes], added: Mapping[str, bytes] | None = None
) -> Iterator[bytes]:
    """The tar with new data for the members in ``replaced``, and with the new members in ``added``.

    Everything else keeps its bytes. In the header of a replaced member only the size changes.
    """
    additions = _Additions(added or {})
    check = Ambiguities(replaced.keys() | additions.names)
    with closing(checked(stream, check, needs_end_mark=True)) as members:
        for member in members:
            yield from additions.before(member)
            if member.path in replaced:
                yield member.with_data(replaced[member.path])
            else:
                yield member.header.raw
                yield from member.chunks()

    if check.seen != replaced.keys():
        raise ChangedMeanwhile


class _Additions:
    """New members for a tar, each put where builders would have put it.

    Both builders put the files of one folder in a row. A new file comes before the first one whose
    name is greater, or after the last one.
    """

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.names = files.keys()
        self._folders = {_folder(name) for name in files}
        self._left = dict(sorted(files.items()))
        self._neighbours: dict[str, Member] = {}
        """The last plain file seen in each folder."""

    def before(self, member: Member) -> Iterator[bytes]:
        """The blocks of the new members that come before this one."""
        if not self._left:
            return

        folder = _folder(member.path)
        if member.is_plain and folder in self._folders:
            self._neighbours[folder] = member

        for name, data in list(self._left.items()):
            own = _folder(name)
            neighbour = self._neighbours.get(own)
            if neighbour is not None and (
                folder != own or (member.is_plain and member.path > name)
            ):
                del self._left[name]
                yield neighbour.like(name, data)

        if self._left and member.header.kind == END_KIND:
            raise Refusal("it has no plain file in the folder of its metadata; build it again")


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def checked(
    stream: Stream, check: Ambiguities, *, needs_end_mark: bool = False
) -> Generator[Member, None, None]:
    """The members. Refuses those that ``check`` finds ambiguous."""
    with closing(_members(stream, needs_end_mark=needs_end_mark)) as members:
        for member in members:
            check.see(member.header)
            yield member


def _members(stream: Stream, *, needs_end_mark: bool) -> Generator[Member, None, None]:
    records = members = 0
    while block := stream.read(BLOCK):
        if len(block) < BLOCK:
            raise Refusal("its tar is cut short; fetch or build it again")
        if not block.strip(b"\0"):
            yield from _end(stream, block)
            return

        member = Member(read_header(stream, block), stream)
        records += member.header.record_count
        members += 1
        if records > _FREE_RECORDS + _RECORDS_A_MEMBER * members:
            raise Refusal("its tar has more PAX headers than any builder writes; build it again")

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
        yield Member(Header("", "", END_KIND, "", False, block, 0, False, 0), stream)
        block = stream.read(CHUNK)
