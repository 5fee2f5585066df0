"""A tar's header blocks: what one says, and one that says another size; knows nothing of streams.

Formats: v7, ustar, GNU and PAX (POSIX.1-2001), as in https://www.gnu.org/software/tar/manual/html_node/Standard.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from conda_provenance.packages.refusals import Refusal, harmless

BLOCK = 512
"""Bytes; everything in a tar is padded to whole blocks."""

MAX_PATH = 4096
"""Characters; PATH_MAX of Linux."""

PAX = (b"x", b"X")
"""Kinds of member that are headers of the next one."""

_RECORD = re.compile(rb"([1-9][0-9]{0,8}) ([^=\n]+)=")
_OCTAL = re.compile(rb"[ \0]*([0-7]*)[ \0]*")


def kind_of(block: bytes) -> bytes:
    given = _OCTAL.fullmatch(block[148:156])
    plain = sum(block[:148]) + 256 + sum(block[156:])
    stored = int(given[1] or b"0", 8) if given else -1
    if stored != plain and stored != plain - 256 * _high_bytes(block):
        raise Refusal("its tar is damaged (a header's checksum is wrong); fetch or build it again")
    return block[156:157]


def _high_bytes(block: bytes) -> int:
    """Old tars summed signed bytes."""
    return sum(byte >= 128 for byte in block[:148] + block[156:])


def size_of(block: bytes) -> int:
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


def ustar_name(block: bytes) -> bytes:
    if block[257:263] != b"ustar\0":  # GNU's "ustar  " keeps times where ustar has the prefix
        return block[:100].split(b"\0", 1)[0]
    return prefixed_name(block)


def prefixed_name(block: bytes) -> bytes:
    name, prefix = block[:100].split(b"\0", 1)[0], block[345:500].split(b"\0", 1)[0]
    return prefix + b"/" + name if prefix else name


def text_of(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def normal_path(name: str) -> str:
    if len(name) > MAX_PATH:
        raise Refusal("its tar has a path that is longer than any system allows")
    parts = name.split("/")
    if name.startswith("/") or ".." in parts:
        raise Refusal(f"its member {harmless(name)} lies outside the package; do not unpack it")
    return "/".join(part for part in parts if part not in ("", "."))


def pax_records(data: bytes) -> Iterator[tuple[str, bytes]]:
    at = 0
    seen: set[str] = set()
    while at < len(data):
        found = _RECORD.match(data, at)
        end = at + int(found[1]) if found else 0
        if not found or end > len(data) or end <= found.end() or data[end - 1 : end] != b"\n":
            raise Refusal("its tar is damaged (a PAX header); fetch or build it again")
        key = text_of(found[2])
        if key in seen and not key.startswith("GNU.sparse."):
            raise Refusal("its tar names a member twice over; build it again")
        seen.add(key)
        yield key, data[found.end() : end - 1]
        at = end


def padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % BLOCK)


def resized(block: bytes, size: int) -> bytes:
    block = block[:124] + b"%011o\0" % size + block[136:148] + b" " * 8 + block[156:]
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def resized_pax(head: bytes, size: int) -> bytes:
    """The headers, with the size that the PAX header gives made ``size``."""
    done, at = b"", 0
    while at < len(head) - BLOCK:
        block = head[at : at + BLOCK]
        length = size_of(block)
        data = head[at + BLOCK : at + BLOCK + length]
        at += BLOCK + length + -length % BLOCK
        if kind_of(block) in PAX:
            data = b"".join(
                _record(key, b"%d" % size if key == "size" else value)
                for key, value in pax_records(data)
            )
        done += resized(block, len(data)) + padded(data)
    return done + head[at:]


def _record(key: str, value: bytes) -> bytes:
    rest = b" " + key.encode("utf-8", "surrogateescape") + b"=" + value + b"\n"
    length = len(rest) + 1
    while len(b"%d" % length) + len(rest) != length:
        length += 1
    return b"%d" % length + rest
