"""Every container of bundles is read by its content, and comes out byte for byte."""

from __future__ import annotations

import json
import re
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conda_provenance.bundles import (
    BundleError,
    UncheckableError,
    beside,
    bundles_in,
)
from conda_provenance.bundles.containers import MAX_BUNDLES, MAX_SIZE
from conda_provenance.packages.blob import BytesBlob
from conda_provenance.packages.signatures import signatures_of

ONE = b'{"mediaType": "x",  "a" : [1, {"b": "\\u00e9 \xc3\xa9"}]}'
TWO = b'{"mediaType":"y"}'
BROKEN = b'{"a": 1, "a": NaN_is_not_here, "b": }'
URL = "https://example.blob.core.windows.net/attestations/1.json.sn?sig=s3cr3t"


def _listed(*entries: object) -> bytes:
    return json.dumps({"attestations": entries}).encode()


CONTAINERS = {
    "one bundle": (ONE, [ONE]),
    "one with space around it": (b"\r\n " + ONE + b"\n\n", [ONE]),
    "one with line ends in it": (json.dumps(json.loads(ONE), indent=2).encode(), None),
    "an array": (b"[" + ONE + b", " + TWO + b"]", [ONE, TWO]),
    "an array with line ends": (b"[\n" + ONE + b",\n" + TWO + b"\n]\n", [ONE, TWO]),
    "an empty array": (b"[]", []),
    "an array in an array": (b"[[" + ONE + b"]]", [b"[" + ONE + b"]"]),
    "an array with what is no bundle": (b"[1, " + ONE + b", null]", [b"1", ONE, b"null"]),
    "an array with keys twice": (b'[{"a": 1, "a": 2}]', [b'{"a": 1, "a": 2}']),
    "lines": (ONE + b"\n" + TWO + b"\n", [ONE, TWO]),
    "lines of Windows": (ONE + b"\r\n" + TWO + b"\r\n", [ONE, TWO]),
    "lines without a last end": (ONE + b"\n" + TWO, [ONE, TWO]),
    "empty lines": (b"\n\n" + ONE + b"\n\n\n" + TWO, [ONE, TWO]),
    "lines that are none": (b"# by gh\n" + ONE + b"\n[1]\nx\n" + TWO, [ONE, TWO]),
    "a broken line": (ONE + b"\n" + BROKEN + b"\n" + TWO, [ONE, TWO]),
    "a listing": (_listed({"bundle": {"a": 1}, "repository_id": 7}), [b'{"a": 1}']),
    "an empty listing": (_listed(), []),
    "a listing with some": (
        _listed({"bundle": None, "bundle_url": URL}, {"bundle": {"a": 2}}),
        [b'{"a": 2}'],
    ),
    "PyPI's": (b'{"version": 1, "envelope": {}}', [b'{"version": 1, "envelope": {}}']),
}


@pytest.mark.parametrize("container", CONTAINERS)
def test_bundles_come_out_as_they_stand(container: str) -> None:
    data, bundles = CONTAINERS[container]

    # The name decides nothing.
    for name in ("x.conda.v0.sigs", "x.conda.sigstore.json", "sha256:0.jsonl", ""):
        assert list(bundles_in(data, name)) == ([data] if bundles is None else bundles)


REFUSED = {
    "nothing": (b"", "holds no bundle"),
    "space": (b" \n", "holds no bundle"),
    "words": (b"hello", "holds no bundle"),
    "a page": (b"<html>{}</html>", "holds no bundle"),
    "UTF-16": (json.dumps([1]).encode("utf-16"), "holds no bundle"),
    "a packed file": (b"\x1f\x8b\x08{}", "holds no bundle"),
    "half an array": (b"[" + ONE, "is not JSON"),
    "half an object": (ONE[:-5], "holds no bundle"),
    "a deep array": (b"[" * 1_000_000, "is not JSON"),
    "a deep object": (b'{"a":' * 1_000_000, "holds no bundle"),
    "100 MB": (b" " * 100_000_000, "more than 16 MiB"),
    "many bundles": (b"[" + b",".join([b"{}"] * (MAX_BUNDLES + 1)) + b"]", "more than 256 bundles"),
    "many lines": (b"{}\n" * (MAX_BUNDLES + 1), "more than 256 bundles"),
    "many values": (b"[" + b"1," * 8_000_000 + b"1]", "more values than are read"),
    "many entries": (b'{"attestations":[' + b"{}," * 5_000_000 + b"{}]}", "more values than"),
    "a million lines": (b"{\n" * 8_000_000, "more lines than are read"),
    "a million lines without one": (b"x{\n" * 5_000_000, "more lines than are read"),
    "a line with a million": (b"x" + b"{" * 16_000_000, "holds no"),
    "a million ends": (b"\n" * MAX_SIZE, "holds no bundle"),
    "long spaces": (b" " * MAX_SIZE, "holds no bundle"),
}


@pytest.mark.parametrize("container", REFUSED)
def test_what_is_no_container_is_refused_quickly_and_in_little_memory(container: str) -> None:
    data, sentence = REFUSED[container]
    tracemalloc.start()
    start = time.process_time()
    try:
        with pytest.raises(BundleError, match=sentence) as caught:
            list(bundles_in(data, "x.conda.v0.sigs"))

        assert tracemalloc.get_traced_memory()[1] < 20 << 20
    finally:
        tracemalloc.stop()
    # tracemalloc makes it several times as slow.
    assert time.process_time() - start < 20
    assert re.fullmatch(r"x\.conda\.v0\.sigs [^\n]+\.", str(caught.value))


def test_the_name_in_a_message_is_escaped_and_without_a_login() -> None:
    with pytest.raises(BundleError) as caught:
        bundles_in(b"", "https://user:s3cr3t@example.org/x\x1b[2J?sig=s3cr3t")

    assert "s3cr3t" not in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_a_listing_that_only_says_where_bundles_are_is_none() -> None:
    data = _listed({"bundle": None, "bundle_url": URL, "repository_id": 7, "initiator": "user"})

    with pytest.raises(UncheckableError, match="says where bundles are") as caught:
        bundles_in(data, "listing.json")

    assert "s3cr3t" not in str(caught.value)


def test_a_listing_has_bundles_or_their_addresses() -> None:
    data = _listed({"bundle": {"a": 1}, "bundle_url": URL, "more": []}, {}, {"bundle": None})

    assert list(bundles_in(data, "x")) == [b'{"a": 1}']


@given(st.binary(max_size=200) | st.text(alphabet='[]{}",:1\n aé\\').map(str.encode))
def test_any_bytes_end_in_bundles_or_in_one_of_two_errors(data: bytes) -> None:
    try:
        found = list(bundles_in(data, "x"))
    except (BundleError, UncheckableError):
        return

    assert all(each in data for each in found)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@settings(max_examples=50)
@given(st.lists(st.dictionaries(st.text(), JSON_VALUES), min_size=1, max_size=5), st.booleans())
def test_all_containers_hold_the_same(bundles: list[dict[str, object]], is_ascii: bool) -> None:
    texts = [json.dumps(each, ensure_ascii=is_ascii) for each in bundles]
    try:
        pieces = [text.encode() for text in texts]
    except UnicodeEncodeError:
        return

    assert list(bundles_in(b"[" + b" , ".join(pieces) + b"]", "x")) == pieces
    if not any("attestations" in each for each in bundles):
        # Only "\n" ends a line.
        assert list(bundles_in(b"\n".join(pieces) + b"\n", "x")) == pieces


def test_the_names_beside_a_package() -> None:
    digest = "ab" * 32

    assert beside("hello-1.0-h0_0.conda", digest) == (
        "hello-1.0-h0_0.conda.sigstore.json",
        "hello-1.0-h0_0.conda.sigstore",
        "hello-1.0-h0_0.conda.v0.sigs",
        "hello-1.0-h0_0.conda.intoto.jsonl",
        "hello-1.0-h0_0.attestation.json",
        "hello-1.0-h0_0.intoto.jsonl",
        f"sha256:{digest}.jsonl",
        f"sha256-{digest}.jsonl",
    )
    assert "hello-1.0-h0_0.attestation.json" in beside("hello-1.0-h0_0.tar.bz2")
    assert beside("hello") == tuple(dict.fromkeys(beside("hello")))


def test_a_stamp_is_refused_where_any_of_them_lies(tmp_path: Path) -> None:
    """``packages`` has its own pattern for what vouches for a file: it must know these names."""
    import hashlib

    package = tmp_path / "hello-1.0-h0_0.conda"
    package.write_bytes(b"package")
    names = [*beside(package.name, hashlib.sha256(b"package").hexdigest()), f"{package.name}.sigs"]
    for name in names:
        (tmp_path / name).write_bytes(b"{}")

    found = signatures_of(str(package), BytesBlob(b"package"))

    assert set(found) == set(names)
