"""Unpacks Snappy's block format, in which GitHub serves bundles. What is in it is not known here.

Source: https://github.com/google/snappy/blob/main/format_description.txt
"""

from __future__ import annotations

_NO_SNAPPY = "is not in Snappy's format"


def decompress(data: bytes, limit: int) -> bytes:
    """What ``data`` holds, if that is at most ``limit`` bytes.

    Raises ``ValueError`` with the end of a sentence, such as "is not in Snappy's format".
    """
    length, at = _varint(data)
    if length > limit:
        raise ValueError(f"unpacks to more than {limit} bytes")

    out = bytearray()
    while at < len(data):
        kind = data[at] & 3
        at = _literal(data, at, out) if kind == 0 else _copy(data, at, kind, out)
        if len(out) > length:
            raise ValueError(_NO_SNAPPY)

    if len(out) != length:
        raise ValueError(_NO_SNAPPY)
    return bytes(out)


def _varint(data: bytes) -> tuple[int, int]:
    """The length that it begins with, of seven bits a byte, and where it ends."""
    number = 0
    for index, byte in enumerate(data[:5]):
        number |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return number, index + 1
    raise ValueError(_NO_SNAPPY)


def _literal(data: bytes, at: int, out: bytearray) -> int:
    """Bytes as they are. Up to 60 are counted in the tag, more in the bytes after it."""
    count, at = data[at] >> 2, at + 1
    if count >= 60:
        width = count - 59
        count = _number(data, at, width)
        at += width

    end = at + count + 1
    if end > len(data):
        raise ValueError(_NO_SNAPPY)
    out += data[at:end]
    return end


def _copy(data: bytes, at: int, kind: int, out: bytearray) -> int:
    """Bytes from before, which may reach into what is being copied."""
    tag = data[at]
    if kind == 1:
        count, width = (tag >> 2 & 7) + 4, 1
        offset = (tag >> 5) << 8 | _number(data, at + 1, width)
    else:
        count, width = (tag >> 2) + 1, 2 if kind == 2 else 4
        offset = _number(data, at + 1, width)

    start = len(out) - offset
    if offset == 0 or start < 0:
        raise ValueError(_NO_SNAPPY)
    piece = bytes(out[start : start + count])
    out += (piece * (count // len(piece) + 1))[:count]
    return at + 1 + width


def _number(data: bytes, at: int, width: int) -> int:
    if at + width > len(data):
        raise ValueError(_NO_SNAPPY)
    return int.from_bytes(data[at : at + width], "little")
