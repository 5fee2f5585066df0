"""Reads from an answer's head how long the body is, and which part of the file it holds.

A head that contradicts itself, or does not fit the request, is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from conda_provenance.web import faults
from conda_provenance.web.ranges import ByteRange, ContentRange, parse_content_range

_IDENTITY = frozenset({"", "identity", "none", "binary", "utf-8", "utf8", "aws-chunked"})
"""Names that say nothing of the bytes. Object stores keep the last ones by mistake."""

_OF_FILE = frozenset({"bzip2", "x-bzip2", "bz2"})
"""What a file itself is compressed by, as some servers say of a ``.tar.bz2``. Nothing is to undo.

The same is said of a ``.zst``. But other files may be sent as ``zstd``, by servers on their way.
"""

_GZIP = frozenset({"gzip", "x-gzip"})


class Body(NamedTuple):
    """``None``: the server does not say."""

    start: int
    """Where in the file it begins."""
    length: int | None
    """Bytes as they are sent."""
    total: int | None
    """Bytes of the whole file."""
    is_gzip: bool


def body_of(
    host: str,
    status: int,
    headers: Mapping[str, str],
    asked: ByteRange | None,
    *,
    is_zst: bool = False,
) -> Body:
    """The body of this answer. ``asked`` is the range that was asked for.

    ``is_zst``: the file itself is compressed by zstd.
    """
    length = _length(host, headers)
    encodings = _encodings(headers.get("Content-Encoding", "")) - ({"zstd"} if is_zst else set())
    is_gzip = bool(encodings) and encodings <= _GZIP
    if encodings and not is_gzip:
        raise faults.compressed(host)

    if status == 206:
        if is_gzip:  # It is a part of something else than the file.
            raise faults.compressed(host)
        found = _part(host, headers, asked, length)
        assert found.start is not None
        assert found.stop is not None
        return Body(found.start, found.stop - found.start, found.total, False)

    if status == 200:
        return Body(0, length, None if is_gzip else length, is_gzip)

    said = parse_content_range(headers.get("Content-Range")) if status == 416 else None
    return Body(0, length, said.total if said else None, is_gzip)


def _encodings(value: str) -> set[str]:
    """What has to be undone to have the file."""
    names = {each.strip().lower() for each in value.split(",")}
    return names - _IDENTITY - _OF_FILE


def _length(host: str, headers: Mapping[str, str]) -> int | None:
    value = headers.get("Content-Length")
    if value is None or "Transfer-Encoding" in headers:
        return None
    # Several equal ones come joined.
    values = {each.strip() for each in value.split(",")}
    text = values.pop()
    if values or not (text.isascii() and text.isdigit() and len(text) < 19):
        raise faults.contradiction(host)
    return int(text)


def _part(
    host: str, headers: Mapping[str, str], asked: ByteRange | None, length: int | None
) -> ContentRange:
    """The range that is sent, if it is the one that was asked for."""
    found = parse_content_range(headers.get("Content-Range"))
    if asked is None:
        raise faults.contradiction(host)
    # Several parts in one answer (multipart/byteranges) have no Content-Range but within them.
    if found is None or found.start is None or found.stop is None:
        raise faults.no_part(host)

    sent = found.stop - found.start
    if length is not None and length != sent:
        raise faults.contradiction(host)
    if asked.length is not None and sent > asked.length:
        is_whole = found.start == 0 and found.stop == found.total
        raise faults.no_part(host) if is_whole else faults.contradiction(host)
    if asked.start is None:
        is_asked = found.total is None or found.stop == found.total
    else:
        is_asked = found.start == asked.start
    if not is_asked:
        raise faults.contradiction(host)
    return found
