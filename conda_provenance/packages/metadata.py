"""The metadata in a package's bytes: which format they have, and the files in its ``info`` folder.

What the files mean is not known here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from conda_provenance.packages.archive import tar
from conda_provenance.packages.archive.decompression import Stream, open_bz2, open_zstd
from conda_provenance.packages.archive.zip import (
    Directory,
    Member,
    MemberReader,
    read_directory,
    read_member,
    require_stored,
)
from conda_provenance.packages.archive.zip_end import TAIL, End, find_end
from conda_provenance.packages.blob import Blob, BlobReader, Prefetching, prefetching
from conda_provenance.packages.refusals import Refusal

INFO_LIMIT = 512 << 20
"""Bytes that the metadata of a package may unpack to."""

_WHOLE_LIMIT = 4 << 30
_EXPANSION = 100
"""How many times its own size a payload may unpack to, beyond the limits. bzip2 can reach
1,400,000 times."""


class Container(NamedTuple):
    """A ``.conda``: its zip's directory, and the member that holds the metadata."""

    directory: Directory
    info: Member


def is_container(blob: Blob) -> bool:
    """Is this a ``.conda``, rather than a ``.tar.bz2``? Anything else is refused."""
    magic = blob.read(0, 4)
    if magic[:2] == b"PK":
        return True
    if magic[:3] == b"BZh":
        return False
    raise Refusal("it is neither a .conda nor a .tar.bz2 package" if magic else "it is empty")


def find_info(ahead: Prefetching, name: str) -> Member | None:
    """The info member of a ``.conda``. ``None``: the blob is a ``.tar.bz2``. The content decides.

    Nothing but the zip's end and this member is read. If ``name`` ends in ``.conda``, the end is
    read first, because it is needed anyway, and of a remote file every read is a request. Where its
    beginning is at hand, the member is looked for there first.
    """
    if ahead.from_front:
        if not is_container(ahead):
            return None

        from conda_provenance.packages.archive.zip_front import find_front_info  # Rarely needed.

        if (member := find_front_info(ahead, past_payload=ahead.past_payload)) is not None:
            return member

    directory = find_directory(ahead, name)
    return None if directory is None else fetch_info(ahead, directory)


def find_directory(ahead: Prefetching, name: str) -> Directory | None:
    """The list of members at a ``.conda``'s end. ``None``: the blob is a ``.tar.bz2``."""
    end = _end_by_name(ahead, name)
    if end is None:
        if not is_container(ahead):
            return None
        _fetch_end(ahead)
        end = find_end(ahead)
    return read_directory(ahead, end)


def fetch_info(ahead: Prefetching, directory: Directory) -> Member:
    """The info member that the list of members leads to."""
    entry = directory.info()
    ahead.fetch(entry.start, entry.end - entry.start)  # Its data with its header.
    return read_member(ahead, entry)


def _end_by_name(ahead: Prefetching, name: str) -> End | None:
    """The end of the zip, if the blob is named like one and is one."""
    if not name.endswith(".conda"):
        return None

    _fetch_end(ahead)
    try:
        return find_end(ahead)
    except Refusal:
        return None


def _fetch_end(ahead: Prefetching) -> None:
    length = min(ahead.size, TAIL)
    ahead.fetch(ahead.size - length, length)


def check_container(blob: Blob) -> Container:
    """Check everything that a ``.conda``'s zip says about its members, before it is rewritten."""
    directory = read_directory(blob, find_end(blob))
    info = directory.info()
    members = [read_member(blob, entry) for entry in directory.entries]
    for entry in directory.entries:
        require_stored(entry)
    return Container(directory, next(member for member in members if member.entry is info))


def open_info(blob: Blob, member: Member) -> Stream:
    """The tar in a ``.conda``'s info member. Its CRC is checked where its data ends."""
    piece = prefetching(blob).piece
    return open_zstd(MemberReader(blob, member, piece=piece), INFO_LIMIT)


def open_tar(blob: Blob, *, whole: bool = True) -> Stream:
    """The tar in a ``.tar.bz2``. ``whole``: with its payload."""
    limit = payload_limit(blob.size) if whole else INFO_LIMIT + _EXPANSION * blob.size
    return open_bz2(BlobReader(blob, piece=prefetching(blob).piece), limit)


def payload_limit(size: int) -> int:
    """Bytes that a payload of this compressed ``size`` may unpack to."""
    return _WHOLE_LIMIT + _EXPANSION * size


def read_files(
    stream: Stream,
    names: Collection[str],
    limit: int,
    *,
    loose: Collection[str] = (),
    optional: Collection[str] = (),
    until: Sequence[str] = (),
    search: tar.Search | None = None,
) -> dict[str, bytes]:
    """The metadata files of these names. See :func:`tar.read_members`."""
    with stream:
        return tar.read_members(
            stream, names, limit, loose=loose, optional=optional, until=until, search=search
        )
