"""Snappy's block format, against its description and another decoder."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conda_provenance.bundles import decompress

LIMIT = 1 << 20

KNOWN = {
    "nothing": (b"\x00", b""),
    "a literal": (b"\x03\x08abc", b"abc"),
    "a literal of 61 bytes": (b"\x3d\xf0\x3c" + b"a" * 61, b"a" * 61),
    "a literal of 300 bytes": (b"\xac\x02\xf4\x2b\x01" + b"a" * 300, b"a" * 300),
    "a literal whose length has four bytes": (b"\x03\xfc\x02\x00\x00\x00abc", b"abc"),
    "a copy of one byte's offset": (b"\x07\x08abc\x01\x03", b"abcabca"),
    "a copy of two bytes' offset": (b"\x06\x08abc\x0a\x03\x00", b"abcabc"),
    "a copy of four bytes' offset": (b"\x06\x08abc\x0b\x03\x00\x00\x00", b"abcabc"),
    "a copy that reaches into itself": (b"\x0b\x00a\x26\x01\x00", b"a" * 11),
}


@pytest.mark.parametrize("name", KNOWN)
def test_each_kind_of_element(name: str) -> None:
    packed, plain = KNOWN[name]

    assert decompress(packed, LIMIT) == plain


BROKEN = {
    "no length": b"",
    "a length without an end": b"\x80\x80\x80",
    "a length of six bytes": b"\x80\x80\x80\x80\x80\x01",
    "too little": b"\x05\x08abc",
    "too much": b"\x02\x08abc",
    "a literal that is cut": b"\x03\x08ab",
    "a literal's length that is cut": b"\x03\xf4\x01",
    "a literal longer than all": b"\x03\xfc\xff\xff\xff\xff",
    "a copy of nothing": b"\x04\x01\x01",
    "a copy from before the start": b"\x07\x08abc\x01\x04",
    "a copy of offset zero": b"\x07\x08abc\x01\x00",
    "a copy that is cut": b"\x07\x08abc\x01",
    "a long copy that is cut": b"\x07\x08abc\x0b\x03\x00",
    "more behind it": b"\x03\x08abc\x00d",
    "a page": b"<html></html>",
}


@pytest.mark.parametrize("name", BROKEN)
def test_anything_else_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"is not in Snappy's format|unpacks to more than"):
        decompress(BROKEN[name], LIMIT)


def test_no_more_is_unpacked_than_was_asked_for() -> None:
    bomb = b"\xff\xff\xff\xff\x0f" + b"\x00a" + b"\xfe\x01\x00" * 100_000

    with pytest.raises(ValueError, match="unpacks to more than 1000 bytes"):
        decompress(bomb, 1000)
    with pytest.raises(ValueError, match="is not in Snappy's format"):
        decompress(b"\x03\x00a" + b"\xfe\x01\x00" * 100_000, 1000)


@given(st.binary(max_size=300))
def test_any_bytes_unpack_or_are_refused(data: bytes) -> None:
    try:
        assert len(decompress(data, 5000)) <= 5000
    except ValueError as error:
        assert "Snappy" in str(error) or "unpacks" in str(error)


def test_what_another_library_packs_is_unpacked() -> None:
    cramjam = pytest.importorskip("cramjam", reason="cramjam packs, to compare with")
    source = random.Random(7)
    texts = [
        b"",
        b"a",
        b"abcd" * 50_000,
        source.randbytes(70_000),
        bytes(source.choice(b"{}[]:,abc") for _ in range(100_000)),
    ]
    for text in texts:
        packed = bytes(cramjam.snappy.compress_raw(text))
        assert decompress(packed, LIMIT) == text


def test_both_refuse_the_same_broken_bytes() -> None:
    cramjam = pytest.importorskip("cramjam", reason="cramjam packs, to compare with")
    source = random.Random(11)
    text = b'{"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json"}' * 20
    packed = bytes(cramjam.snappy.compress_raw(text))
    for _ in range(2000):
        changed = bytearray(packed)
        changed[source.randrange(len(changed))] ^= 1 << source.randrange(8)
        assert _ours(bytes(changed)) == _theirs(cramjam, bytes(changed))


def _ours(data: bytes) -> bytes | None:
    try:
        return decompress(data, LIMIT)
    except ValueError:
        return None


def _theirs(cramjam: Any, data: bytes) -> bytes | None:
    try:
        plain = bytes(cramjam.snappy.decompress_raw(data))
    except Exception:
        return None
    return plain if len(plain) <= LIMIT else None
