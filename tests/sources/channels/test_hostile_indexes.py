"""Indexes that strangers made: one bad record harms no other, and nothing leads elsewhere."""

from __future__ import annotations

import hashlib
import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgpack
import pytest
from channel_web import FilesWeb
from hypothesis import given
from hypothesis import strategies as st
from packages_making import zst

from conda_provenance.errors import ProvenanceError, UnavailableError
from conda_provenance.packages.refusals import Refusal
from conda_provenance.sources import Artifact, Request, Unreadable
from conda_provenance.sources.channels import Channels, reading, records
from conda_provenance.sources.channels.records import parse_index, parse_shard

ADDRESS = "https://host.example/chan"
RECORD = {
    "name": "good",
    "version": "1.0",
    "build": "h0_0",
    "build_number": 0,
    "sha256": "a" * 64,
    "md5": "b" * 32,
    "size": 1000,
    "timestamp": 1_700_000_000_000,
}
GOOD = "good-1.0-h0_0.conda"


class Contents(str):
    """Stands for what reads a package: the address that it would read."""

    __slots__ = ()


def contents(url: str, listed: Any, /, *, file_name: str) -> Any:
    return Contents(url)


def look(index: Any, **options: Any) -> list[Any]:
    """What is found in a channel whose only subdir has this index."""
    data = index if isinstance(index, bytes) else json.dumps(index).encode()
    web = FilesWeb({f"{ADDRESS}/noarch/repodata.json": data})
    channels = Channels(Request(subdirs=("noarch",), **options), lambda: web, contents)
    return list(channels.whole(ADDRESS))


def with_record(key: str = "bad-1.0-h0_0.conda", **changes: Any) -> dict[str, Any]:
    """An index with a sound record, and one that is changed."""
    return {"packages.conda": {key: {**RECORD, "name": "bad", **changes}, GOOD: RECORD}}


def good(found: list[Any]) -> Any:
    [one] = [each for each in found if isinstance(each, Artifact) and each.name == "good"]
    return one


WRONG = {
    "name": [None, 1, ["x"], {}],
    "version": [None, 1.0, []],
    "build": [None, 0],
    "build_number": [None, "0", 1.5],
}


@pytest.mark.parametrize(
    ("field", "value"), [(field, value) for field, values in WRONG.items() for value in values]
)
def test_one_bad_record_is_unreadable_and_the_rest_goes_on(field, value) -> None:
    found = look(with_record(**{field: value}))
    good(found)
    [bad] = [each for each in found if isinstance(each, Unreadable)]
    assert bad.name == "bad-1.0-h0_0.conda"
    assert bad.location == f"{ADDRESS}/noarch"


@pytest.mark.parametrize(
    ("field", "value", "read"),
    [
        ("size", "1000", 1000),
        ("size", 1000.0, 1000),
        ("size", True, None),
        ("size", "-1", None),
        ("size", {}, None),
        ("timestamp", "1700000000000", 1700000000000),
        ("timestamp", "2023-11-14", None),
        ("timestamp", True, None),
        ("timestamp", [], None),
        ("indexed_timestamp", {}, None),
        ("indexed_timestamp", "9" * 5000, None),
    ],
)
def test_a_package_is_read_without_its_size_and_time(field, value, read) -> None:
    found = look(with_record(**{"timestamp": None, field: value}))
    [odd] = [each for each in found if isinstance(each, Artifact) and each.name == "bad"]
    assert (odd.size if field == "size" else odd.timestamp) == read
    good(found)


@pytest.mark.parametrize(
    "index",
    [
        {"error": "not found", "status": 404},
        {"errors": [{"status": 404, "message": "File not found."}]},
        {"message": "Not Found", "documentation_url": "https://h.example"},
        {"v4": {}, "x": {"packages": {}}},
    ],
)
def test_an_error_sent_as_an_index_does_not_look_empty(index) -> None:
    with pytest.raises(UnavailableError, match="it has no list of packages"):
        look(index)


@pytest.mark.parametrize(
    "index", [{}, {"info": {"subdir": "noarch"}}, {"packages": {}}, {"packages": None}, {"v3": {}}]
)
def test_an_empty_index_is_one(index) -> None:
    assert look(index) == []


@pytest.mark.parametrize("change", [{"packages": None}, {"repodata_version": None}])
def test_null_is_nothing(change) -> None:
    good(look({**with_record(), **change}))


def test_a_byte_order_mark_is_left_out() -> None:
    good(look(b"\xef\xbb\xbf" + json.dumps(with_record()).encode()))


@pytest.mark.parametrize("data", [b"<!doctype html><html>", b"", b"404"])
def test_a_page_in_place_of_a_packed_index_is_none(data) -> None:
    plain = json.dumps(with_record()).encode()
    names = ("repodata_shards.msgpack.zst", "repodata.json.zst")
    files = {f"{ADDRESS}/noarch/{name}": data for name in names}
    web = FilesWeb({**files, f"{ADDRESS}/noarch/repodata.json": plain})
    channels = Channels(Request(subdirs=("noarch",)), lambda: web, contents)
    good(list(channels.whole(ADDRESS)))
    good(list(channels.spec(f"{ADDRESS}::good")))

    with pytest.raises(UnavailableError, match="cannot be used"):
        list(
            Channels(Request(subdirs=("noarch",)), lambda: FilesWeb(files), contents).whole(ADDRESS)
        )


@pytest.mark.parametrize("field", ["size", "build_number", "timestamp"])
def test_huge_numbers_harm_nothing(field) -> None:
    for number in ("9" * 40, "-" + "9" * 40, "1e300"):
        data = json.dumps(with_record(**{field: 12345})).replace("12345", number)
        for each in look(data.encode()):
            assert isinstance(each, Unreadable) or (each.size or 0) < 1 << 53


@pytest.mark.parametrize("record", [None, 1, "text", [], {}, [RECORD]])
def test_a_record_that_is_none(record) -> None:
    found = look({"packages.conda": {"bad-1.0-h0_0.conda": record, GOOD: RECORD}})
    good(found)
    assert len(found) == 2


@pytest.mark.parametrize(
    "key",
    [
        "../bad-1.0-h0_0.conda",
        "../../other/noarch/bad-1.0-h0_0.conda",
        "/etc/bad-1.0-h0_0.conda",
        "//evil.example/bad-1.0-h0_0.conda",
        "https://evil.example/bad-1.0-h0_0.conda",
        "file:///etc/bad-1.0-h0_0.conda",
        "C:\\bad-1.0-h0_0.conda",
        "..\\bad-1.0-h0_0.conda",
        "%2e%2e%2fbad-1.0-h0_0.conda",
        "bad-1.0-h0_0.conda?x=.conda",
        "bad-1.0-h0_0.conda#.conda",
        ".bad-1.0-h0_0.conda",
        "bad 1.0.conda",
        "bad\n-1.0-h0_0.conda",
        "bad\x00-1.0-h0_0.conda",
        "bad\u202e-1.0-h0_0.conda",
        "-bad-1.0-h0_0.conda",
        "bad-1.0-h0_0.exe",
        "bad" + "x" * 300 + ".conda",
        "",
    ],
)
@pytest.mark.parametrize("section", ["packages", "packages.conda"])
def test_a_file_name_leads_nowhere_else(key, section) -> None:
    found = look(
        {section: {key: {**RECORD, "name": "bad"}}, "v3": {"conda": {"good-1.0-h0_0": RECORD}}}
    )
    assert good(found).contents == f"{ADDRESS}/noarch/{GOOD}"
    [bad] = [each for each in found if each is not good(found)]
    assert isinstance(bad, Unreadable)


@pytest.mark.parametrize(
    ("base_url", "address"),
    [
        ("https://cdn.example/x/", "https://cdn.example/x/"),
        ("https://cdn.example/x", "https://cdn.example/x/"),
        ("../packages", "https://host.example/chan/packages/"),
        ("./", "https://host.example/chan/noarch/"),
        ("", "https://host.example/chan/noarch/"),
        (None, "https://host.example/chan/noarch/"),
        ("/root/", "https://host.example/root/"),
        ("//cdn.example/x", "https://cdn.example/x/"),
    ],
)
def test_base_url_may_lead_to_another_place(base_url, address) -> None:
    found = look(
        {"info": {"base_url": base_url}, "repodata_version": 2, "packages.conda": {GOOD: RECORD}}
    )
    assert good(found).contents == address + GOOD
    assert good(found).channel == ADDRESS


@pytest.mark.parametrize(
    "base_url",
    [
        "file:///etc/",
        "FILE:/etc",
        "http://host.example/chan/noarch/",
        "ftp://host.example/",
        "javascript:alert(1)",
        "data:,x",
        "https://[::1",
        "https://h.example/?x=",
        "https://h.example/#",
        "..\\x",
        "https://h.example/\x1b",
        7,
        ["https://cdn.example"],
    ],
)
def test_base_url_leads_to_no_file_and_no_weaker_scheme(base_url) -> None:
    with pytest.raises(UnavailableError) as caught:
        look({"info": {"base_url": base_url}, "packages.conda": {GOOD: RECORD}})
    assert str(caught.value).isprintable()


def test_the_base_url_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "noarch").mkdir()
    locations = {}
    for base in ("../packages/", "https://h.example/"):
        index = {"info": {"base_url": base}, "packages.conda": {GOOD: RECORD}}
        (tmp_path / "noarch" / "repodata.json").write_text(json.dumps(index))
        channels = Channels(Request(subdirs=("noarch",)), None, contents)
        [found] = channels.whole(str(tmp_path))
        locations[base] = found.location
    assert locations == {
        "../packages/": str(tmp_path / "packages" / GOOD),
        "https://h.example/": f"https://h.example/{GOOD}",
    }


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"<html>not found</html>",
        b'{"packages": [1]}',
        b'{"packages": {}} trailing',
        b'{"\xff": {}, "packages": {"\xff.conda": {}}}',
        b'{"packages": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"x": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}",
    ],
    ids=lambda data: data[:24].decode(errors="replace"),
)
def test_what_is_no_index_is_one_sentence(data) -> None:
    with pytest.raises(UnavailableError, match=rf"^The index of {ADDRESS}/noarch cannot be used"):
        look(data)


def test_text_that_is_not_utf_8_harms_its_own_record_only() -> None:
    bad = json.dumps({**RECORD, "name": "bad"}).encode().replace(b'"bad"', b'"b\xff\xfe"')
    data = b'{"packages.conda": {"bad-1.0-h0_0.conda": %s, "%s": %s}}' % (
        bad,
        GOOD.encode(),
        json.dumps(RECORD).encode(),
    )
    found = look(data)
    good(found)
    assert [each.name for each in found if isinstance(each, Unreadable)] == ["bad-1.0-h0_0.conda"]


def test_keys_given_twice_are_read_as_clients_read_them() -> None:
    data = (
        b'{"packages.conda": {"x-1-0.conda": %s, "x-1-0.conda": %s},'
        b' "packages": {"y": 1}, "packages": {}}'
    )
    found = look(data % (json.dumps({**RECORD, "name": "x"}).encode(), json.dumps(RECORD).encode()))
    assert [each.name for each in found] == ["good"]


@pytest.mark.parametrize(
    ("changes", "sha256", "md5"),
    [
        ({}, "a" * 64, "b" * 32),
        ({"sha256": None}, None, "b" * 32),
        ({"sha256": "A" * 64}, "a" * 64, "b" * 32),
        ({"sha256": "a" * 63}, None, "b" * 32),
        ({"sha256": 7, "md5": []}, None, None),
        ({"sha256": "é" * 64}, None, "b" * 32),
    ],
)
def test_checksums_may_be_missing(changes, sha256, md5) -> None:
    found = good(look({"packages": {}, "packages.conda": {GOOD: {**RECORD, **changes}}}))
    assert (found.sha256, found.md5) == (sha256, md5)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, 1_700_000_000_000),
        ({"timestamp": 1_400_000_000}, 1_400_000_000_000),
        ({"timestamp": 1_400_000_000.5}, 1_400_000_000_500),
        ({"indexed_timestamp": 1_800_000_000_000}, 1_800_000_000_000),
        ({"indexed_timestamp": None}, 1_700_000_000_000),
        ({"timestamp": None}, None),
        ({"timestamp": 0}, None),
        ({"timestamp": -5}, None),
        ({"timestamp": 10**18}, None),
    ],
)
def test_times_are_in_seconds_or_milliseconds(changes, expected) -> None:
    assert good(look({"packages.conda": {GOOD: {**RECORD, **changes}}})).timestamp == expected


def test_contents_know_when_it_was_built_not_when_it_was_indexed() -> None:
    """Where a file's metadata stands depends on the age of its builder."""
    index = {"packages.conda": {GOOD: {**RECORD, "indexed_timestamp": 1_800_000_000_000}}}
    web = FilesWeb({f"{ADDRESS}/noarch/repodata.json": json.dumps(index).encode()})
    made = []

    def record(url: str, listed: Any, /, *, file_name: str) -> Any:
        made.append((url, file_name, listed.timestamp, listed.size, listed.sha256))

    list(Channels(Request(subdirs=("noarch",)), lambda: web, record).whole(ADDRESS))
    assert made == [(f"{ADDRESS}/noarch/{GOOD}", GOOD, 1_700_000_000_000, 1000, "a" * 64)]


@pytest.mark.parametrize("revisions", [{"v0": {}}, {"legacy": {}, "v3": {}}, [], 7, None])
def test_known_forms_of_records_are_not_called_newer(revisions) -> None:
    """py-rattler's indexer of 0.26 wrote ``v0``."""
    found = look({"info": {"repodata_revisions": revisions}, "packages.conda": {GOOD: RECORD}})
    assert [each.name for each in found] == ["good"]


def test_what_has_no_time_is_left_out_of_since_and_said(caplog) -> None:
    found = look(with_record(timestamp=None), since="2020-01-01")
    assert [each.name for each in found] == ["good"]
    assert "1 packages are left out" in caplog.text


def test_removed_packages_are_none() -> None:
    found = look({"packages.conda": {GOOD: RECORD}, "removed": ["old-1.0-0.conda", GOOD]})
    assert [each.file_name for each in found] == [GOOD]


@pytest.mark.parametrize(
    "index",
    [
        {"repodata_version": 3, "packages.conda": {GOOD: RECORD}},
        {"info": {"repodata_revisions": {"v3": {}, "v4": {}}}, "packages.conda": {GOOD: RECORD}},
    ],
)
def test_records_of_a_newer_form_are_said(index) -> None:
    found = look(index)
    good(found)
    [newer] = [each for each in found if isinstance(each, Unreadable)]
    assert "newer form" in newer.why


def test_an_index_that_unpacks_to_too_much(monkeypatch) -> None:
    monkeypatch.setattr(reading, "_SMALL", 1 << 20)
    bomb = zst(b" " * (64 << 20))
    web = FilesWeb({f"{ADDRESS}/noarch/repodata.json.zst": bomb})
    with pytest.raises(UnavailableError, match="unpacks to more than"):
        list(Channels(Request(subdirs=("noarch",)), lambda: web, contents).whole(ADDRESS))


def test_an_index_of_too_many_records(monkeypatch) -> None:
    monkeypatch.setattr(records, "MAX_RECORDS", 100)
    with pytest.raises(UnavailableError, match="more than 100 records"):
        look(b'{"packages":{' + b",".join(b'"%d":{}' % n for n in range(200)) + b"}}")


def test_damaged_compression_is_one_sentence() -> None:
    for data in (b"", b"no zstd", zst(b'{"packages": {}}')[:-3], zst(b"{}") + b"more"):
        web = FilesWeb({f"{ADDRESS}/noarch/repodata.json.zst": data})
        with pytest.raises(UnavailableError):
            list(
                Channels(Request(subdirs=("noarch",)), lambda web=web: web, contents).whole(ADDRESS)
            )


def shards_web(shard: bytes, **info: Any) -> FilesWeb:
    digest = hashlib.sha256(shard).digest()
    index = {"info": info, "shards": {"good": digest}}
    return FilesWeb(
        {
            f"{ADDRESS}/noarch/repodata_shards.msgpack.zst": zst(msgpack.packb(index)),
            f"{ADDRESS}/noarch/shards/{digest.hex()}.msgpack.zst": shard,
        }
    )


def look_for_good(web: FilesWeb) -> Any:
    channels = Channels(Request(subdirs=("noarch",)), lambda: web, contents)
    [found] = channels.spec(f"{ADDRESS}::good")
    return found


SHARD = {"packages.conda": {GOOD: {**RECORD, "sha256": b"\xaa" * 32, "md5": b"\xbb" * 16}}}


def test_the_checksums_in_a_shard_are_bytes() -> None:
    found = look_for_good(shards_web(zst(msgpack.packb(SHARD)), shards_base_url="./shards/"))
    assert (found.sha256, found.md5) == ("aa" * 32, "bb" * 16)


def test_a_shard_with_another_checksum_is_not_read() -> None:
    web = shards_web(zst(msgpack.packb(SHARD)), shards_base_url="shards")
    [address] = [url for url in web.files if "/shards/" in url]
    web.files[address] = zst(msgpack.packb({**SHARD, "removed": ["x"]}))  # type: ignore[index]
    with pytest.raises(UnavailableError, match="its checksum is another one"):
        look_for_good(web)


@pytest.mark.parametrize("base", ["file:///etc/", "http://host.example/x/", 7])
def test_shards_lead_to_no_file(base) -> None:
    with pytest.raises(UnavailableError):
        look_for_good(shards_web(zst(msgpack.packb(SHARD)), shards_base_url=base))


@pytest.mark.parametrize(
    "index",
    [[], {"shards": {"good": b"short"}}, {"shards": {"good": "x" * 32}}, {"shards": []}, {}, 7],
)
def test_a_broken_list_of_shards(index) -> None:
    web = FilesWeb({f"{ADDRESS}/noarch/repodata_shards.msgpack.zst": zst(msgpack.packb(index))})
    with pytest.raises(UnavailableError, match="cannot be used"):
        look_for_good(web)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("packages", "packages.conda", "v3", "conda", "tar.bz2", "whl", "info"),
                    *("base_url", "removed", "indexed_timestamp", "repodata_version", "x/../y"),
                    *(*RECORD, GOOD),
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_any_json_gives_packages_or_one_sentence(index) -> None:
    try:
        for each in look(index):
            assert isinstance(each, Artifact | Unreadable) or each.kind == "wheel"
            if isinstance(each, Artifact):
                assert each.contents.startswith(("https://",))
    except ProvenanceError as error:
        assert str(error).isprintable()


@given(st.binary(max_size=200))
def test_any_bytes_are_an_index_or_refused(data) -> None:
    for parse in (parse_index, parse_shard, records.parse_shard_list):
        try:
            parse(data)
        except Refusal:
            pass


@pytest.mark.parametrize("version", ["1..2", "", "a b", "1!2!3", "&"])
def test_a_version_that_is_none_matches_no_spec(version) -> None:
    pytest.importorskip("conda" if find_spec("conda") else "rattler")
    found = look(with_record(version=version), match=("*>=0.5",))
    assert [each.name for each in found] == ["good"]


def test_a_list_of_shards_that_unpacks_to_much_is_refused(monkeypatch) -> None:
    # Each name takes a hundred bytes of memory and more, however few it is made of.
    monkeypatch.setattr(reading, "_SHARD_LIMIT", 1 << 16)
    index = {"info": {}, "shards": {f"{number:05}": b"" for number in range(20_000)}}
    web = FilesWeb({f"{ADDRESS}/noarch/repodata_shards.msgpack.zst": zst(msgpack.packb(index))})
    with pytest.raises(UnavailableError, match="unpack"):
        look_for_good(web)


def test_no_byte_of_zero_gets_into_a_path(tmp_path) -> None:
    folder = tmp_path / "noarch"
    folder.mkdir()
    index = {"info": {"shards_base_url": "a%00b/"}, "shards": {"good": bytes(32)}}
    (folder / "repodata_shards.msgpack.zst").write_bytes(zst(msgpack.packb(index)))
    channels = Channels(Request(subdirs=("noarch",)), lambda: FilesWeb({}), contents)
    with pytest.raises(UnavailableError, match="cannot be read"):
        list(channels.spec(f"{tmp_path}::good"))
