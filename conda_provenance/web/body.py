"""Reads from an answer's head how long the body is, and which part of the file it holds.

A head that contradicts itself, or does not fit the request, is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from conda_provenance.web import faults
from conda_provenance.web.ranges import ByteRange, ContentRange, parse_content_range

_IDENTITY = frozenset({"", "identity"})
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


def body_of(host: str, status: int, headers: Mapping[str, str], asked: ByteRange | None) -> Body:
    """The body of this answer. ``asked`` is the range that was asked for."""
    length = _length(host, headers)
    encoding = headers.get("Content-Encoding", "").strip().lower()
    is_gzip = encoding in _GZIP
    if not is_gzip and encoding not in _IDENTITY:
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
    if asked is None or found is None or found.start is None or found.stop is None:
        raise faults.contradiction(host)

    sent = found.stop - found.start
    if length is not None and length != sent:
        raise faults.contradiction(host)
    if asked.length is not None and sent > asked.length:
        raise faults.contradiction(host)
    if asked.start is None:
        is_asked = found.total is None or found.stop == found.total
    else:
        is_asked = found.start == asked.start
    if not is_asked:
        raise faults.contradiction(host)
    return found
