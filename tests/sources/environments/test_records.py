"""Records of conda-meta, in the shapes of every program, and what is none or is damaged."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from environments_making import CHANNEL, SHAPES, Cached, add_record, make_cached, no_root, record_of

from conda_provenance.sources import Unreadable
from conda_provenance.sources.environments import Record, read_records, record_files
from conda_provenance.sources.environments import records as records_module


@pytest.fixture
def cached(tmp_path: Path) -> Cached:
    return make_cached(tmp_path / "pkgs")


def read(prefix: Path) -> list[Record | Unreadable]:
    return list(read_records(str(prefix), record_files(str(prefix))))


def only(prefix: Path) -> Any:
    (found,) = read(prefix)
    return found


@pytest.mark.parametrize("shape", SHAPES)
def test_the_records_of_every_program(tmp_path: Path, cached: Cached, shape: str) -> None:
    path = add_record(tmp_path / "env", record_of(cached, shape))

    record = only(tmp_path / "env")

    index = cached.index
    assert record[:4] == ("demo", "1.0", "0", "demo-1.0-0.conda")
    assert record.full_name == "demo-1.0-0"
    assert (record.sha256, record.md5, record.size) == (
        index["sha256"],
        index["md5"],
        index["size"],
    )
    assert (record.subdir, record.timestamp) == ("noarch", 1700000000000)
    assert record.channel.startswith(CHANNEL)
    assert record.extracted == str(cached.folder)
    assert record.linked_from == (None if shape == "pixi-2024" else str(cached.folder))
    assert record.location == str(path)


def test_what_is_no_record_is_left_out(tmp_path: Path, cached: Cached) -> None:
    prefix = tmp_path / "env"
    add_record(prefix, record_of(cached))
    for name in (
        *("history", "state", "pixi", "pixi_env_prefix", "frozen", "pinned", "created_at"),
        *("._demo-1.0-0.json", ".json", "demo-1.0-0.json.bak"),
    ):
        (prefix / "conda-meta" / name).write_bytes(b"\0no record\xff")

    assert only(prefix).name == "demo"


DAMAGED = {
    "cut off": (b'{"name": "demo", "version": "1.0", "build": "0", "files": ["a/b"', "cut off"),
    "empty": (b"", "is empty"),
    "of zeros, as after a crash": (b"\0" * 4096, "is empty"),
    "not UTF-8": (b'{"name": "demo", "version": "1.0", "build": "0", "files": ["\xff"]}', "UTF-8"),
    "UTF-16": ('{"name": "demo"}'.encode("utf-16"), "UTF-8"),
    "a list": (b"[]", "no JSON object"),
    "null": (b"null", "no JSON object"),
    "an empty object": (b"{}", "which package"),
    "of a name that is no text": (b'{"name": 7, "version": "1.0", "build": "0"}', "which package"),
    "without a build": (b'{"name": "demo", "version": "1.0", "build": null}', "which package"),
    "of another package": (
        b'{"name": "other", "version": "1.0", "build": "0"}',
        "of another package, other-1.0-0",
    ),
    "too deep": (b'{"name": ' + b"[" * 100_000, ""),
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_damaged_record_is_reported_and_the_rest_goes_on(
    tmp_path: Path, cached: Cached, kind: str
) -> None:
    data, why = DAMAGED[kind]
    prefix = tmp_path / "env"
    add_record(prefix, data, "aaa-1.0-0.json")
    add_record(prefix, record_of(cached))

    bad, good = read(prefix)

    assert isinstance(bad, Unreadable)
    assert bad.name == "aaa-1.0-0"
    assert bad.location == str(prefix / "conda-meta" / "aaa-1.0-0.json")
    assert bad.why.startswith("The record of aaa-1.0-0 ")
    assert bad.why.endswith(".")
    assert why in bad.why
    assert good.name == "demo"


def test_odd_names_of_files_are_shown_escaped(tmp_path: Path) -> None:
    add_record(tmp_path, b"{}", "\x1b[31mred-1.0-0.json")

    assert "\x1b" not in only(tmp_path).why
    assert r"\x1b[31mred" in only(tmp_path).why


@pytest.mark.parametrize("value", [None, 7, True, -1, 1.5, [], {}, "", "x" * 10_000, "zz" * 32])
@pytest.mark.parametrize(
    "field",
    [
        *("fn", "subdir", "channel", "sha256", "md5", "size", "timestamp", "url"),
        *("extracted_package_dir", "package_tarball_full_path", "link", "indexed_timestamp"),
    ],
)
def test_a_field_of_another_type_counts_as_not_there(
    tmp_path: Path, cached: Cached, field: str, value: Any
) -> None:
    add_record(tmp_path, {**record_of(cached), field: value})

    record = only(tmp_path)

    assert record.name == "demo"
    assert record.sha256 is None or len(record.sha256) == 64
    assert record.md5 is None or len(record.md5) == 32
    for number in (record.size, record.timestamp):
        assert number is None or (type(number) is int and number >= 0)
    for text in (record.subdir, record.channel, record.url, record.extracted, record.linked_from):
        assert text is None or isinstance(text, str)


def test_missing_fields_are_unknown(tmp_path: Path) -> None:
    add_record(tmp_path, {"name": "demo", "version": "1.0", "build": "0"})

    assert only(tmp_path)[4:-1] == (None,) * 10
    assert only(tmp_path).file_name == "demo-1.0-0"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"timestamp": 1700000000}, 1700000000000),  # seconds, as very old builders wrote them
        ({"timestamp": 1700000000000}, 1700000000000),
        ({"timestamp": 1700000000000.0}, 1700000000000),
        ({"timestamp": 1700000000000, "indexed_timestamp": 1700000009999}, 1700000009999),
        ({"timestamp": 0}, None),
        ({"timestamp": 1e300}, None),
        ({"timestamp": 10**30}, None),
    ],
)
def test_the_time_is_in_milliseconds(
    tmp_path: Path, cached: Cached, given: dict[str, Any], expected: int | None
) -> None:
    add_record(tmp_path, {**record_of(cached), "timestamp": None, **given})

    assert only(tmp_path).timestamp == expected


def test_a_file_name_of_another_package_is_not_believed(tmp_path: Path, cached: Cached) -> None:
    for fn in ("../../other-1.0-0.conda", "other-1.0-0.conda", "demo-1.0-0.exe"):
        add_record(tmp_path, {**record_of(cached), "fn": fn})
        assert only(tmp_path).file_name == "demo-1.0-0"


def test_checksums_are_compared_in_lower_case(tmp_path: Path, cached: Cached) -> None:
    sha256 = cached.index["sha256"]
    add_record(tmp_path, {**record_of(cached), "sha256": sha256.upper()})

    assert only(tmp_path).sha256 == sha256


@pytest.mark.parametrize(
    ("channel", "shown"),
    [
        ("https://user:s3cr3t@conda.example.org/forge/noarch", "https://conda.example.org/forge/"),
        ("https://conda.example.org/t/tk-s3cr3t/forge/noarch", "https://conda.example.org/"),
        ("https://conda.example.org/t/<TOKEN>/forge/noarch", "https://conda.example.org/forge/"),
        ("conda-forge", "conda-forge"),
    ],
)
def test_the_channel_is_without_credentials(
    tmp_path: Path, cached: Cached, channel: str, shown: str
) -> None:
    add_record(tmp_path, {**record_of(cached), "channel": channel})

    assert only(tmp_path).channel.startswith(shown)
    assert "s3cr3t" not in only(tmp_path).channel


def test_a_huge_record_is_not_read(
    tmp_path: Path, cached: Cached, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records_module, "MAX_RECORD", 1 << 20)
    add_record(tmp_path, {**record_of(cached), "files": ["x" * 100] * 20_000})

    assert only(tmp_path).why == "The record of demo-1.0-0 is larger than 1 MiB."


def test_a_large_record_is_read(tmp_path: Path, cached: Cached) -> None:
    record = {**record_of(cached), "files": [f"share/{n}" for n in range(200_000)]}
    add_record(tmp_path, record)

    assert only(tmp_path).sha256 == cached.index["sha256"]


def test_what_is_no_file_is_reported(tmp_path: Path, cached: Cached) -> None:
    """A pipe must not make us wait."""
    add_record(tmp_path, record_of(cached))
    meta = tmp_path / "conda-meta"
    (meta / "folder-1-0.json").mkdir()
    os.mkfifo(meta / "pipe-1-0.json")
    (meta / "nowhere-1-0.json").symlink_to(tmp_path / "nothing")
    (meta / "loop-1-0.json").symlink_to(meta / "loop-1-0.json")

    whys = {found.name: found.why for found in read(tmp_path) if isinstance(found, Unreadable)}

    assert whys["folder-1-0"] == "The record of folder-1-0 is no regular file."
    assert whys["pipe-1-0"] == "The record of pipe-1-0 is no regular file."
    assert whys["nowhere-1-0"] == "The record of nowhere-1-0 is a link that leads nowhere."
    assert "loop-1-0" in whys


def test_a_link_to_a_record_is_followed_as_conda_does(tmp_path: Path, cached: Cached) -> None:
    elsewhere = add_record(tmp_path / "store", record_of(cached))
    (tmp_path / "env" / "conda-meta").mkdir(parents=True)
    (tmp_path / "env" / "conda-meta" / elsewhere.name).symlink_to(elsewhere)

    assert only(tmp_path / "env").sha256 == cached.index["sha256"]


def test_a_record_that_is_removed_meanwhile_is_no_error(tmp_path: Path, cached: Cached) -> None:
    path = add_record(tmp_path, record_of(cached))
    files = record_files(str(tmp_path))
    path.unlink()

    assert list(read_records(str(tmp_path), files)) == []


def test_a_record_that_may_not_be_read_is_reported(tmp_path: Path, cached: Cached) -> None:
    add_record(tmp_path, record_of(cached)).chmod(0)

    with no_root(tmp_path / "conda-meta"):
        assert "permission denied" in only(tmp_path).why


def test_two_records_of_one_name_are_both_there_in_order(tmp_path: Path, cached: Cached) -> None:
    add_record(tmp_path, record_of(cached))
    add_record(tmp_path, {**record_of(cached), "version": "0.9"})
    add_record(tmp_path, {**record_of(cached), "name": "Abc"})

    assert [found[:2] for found in read(tmp_path)] == [
        ("Abc", "1.0"),
        ("demo", "0.9"),
        ("demo", "1.0"),
    ]


def test_of_two_equal_keys_the_last_counts_as_in_json(tmp_path: Path, cached: Cached) -> None:
    text = json.dumps(record_of(cached))
    twice = '{"sha256": "' + "f" * 64 + '", ' + text[1:]
    add_record(tmp_path, twice.encode(), "demo-1.0-0.json")

    assert only(tmp_path).sha256 == cached.index["sha256"]


def _large(record: dict[str, Any]) -> dict[str, Any]:
    paths = [f"lib/python3.12/site-packages/demo/{number}.py" for number in range(2000)]
    lists = {"paths": [{"_path": path} for path in paths], "paths_version": 1}
    return {**record, "files": paths, "paths_data": lists}


@pytest.mark.parametrize("shape", SHAPES)
def test_of_a_large_record_the_lists_of_files_are_not_needed(
    tmp_path: Path, cached: Cached, shape: str
) -> None:
    record = record_of(cached, shape)
    add_record(tmp_path / "small", record)
    add_record(tmp_path / "large", _large(record))

    small, large = only(tmp_path / "small"), only(tmp_path / "large")

    assert large[:-1] == small[:-1]
    assert large.sha256


def test_the_lists_of_a_large_record_are_not_read(
    tmp_path: Path, cached: Cached, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records_module, "read_small", None)
    add_record(tmp_path, _large(record_of(cached)))
    assert only(tmp_path).sha256 == cached.index["sha256"]
    add_record(tmp_path, _large(record_of(cached, "rattler")))
    assert only(tmp_path).linked_from == str(cached.folder)


@pytest.mark.parametrize("cut", [1, 2, 3, 100, 50_000, 200_000])
def test_a_large_record_that_was_cut_off_is_reported(
    tmp_path: Path, cached: Cached, cut: int
) -> None:
    path = add_record(tmp_path, _large(record_of(cached)))
    path.write_bytes(path.read_bytes()[:-cut])

    assert "is damaged or was cut off" in only(tmp_path).why


@pytest.mark.parametrize("indent", [None, 1, 2, 3, 4, "\t"])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_large_record_however_it_is_indented(
    tmp_path: Path, cached: Cached, shape: str, indent: int | str | None
) -> None:
    """Within another object there may be keys of the same names."""
    hostile = {"files": ["x"], "sha256": "f" * 64, "link": {"source": "/hostile"}}
    record = record_of(cached, shape)
    given = _large({"aaa": {"a": hostile, **hostile}, **record, "zzz": {"z": hostile, **hostile}})
    data = json.dumps(given, indent=indent).encode()
    add_record(tmp_path, data, "demo-1.0-0.json")

    found = only(tmp_path)

    assert found.sha256 == cached.index["sha256"]
    assert found.extracted == str(cached.folder)
    assert found.linked_from == (None if shape == "pixi-2024" else str(cached.folder))


def test_a_text_that_looks_like_the_lists_is_not_taken_for_them(
    tmp_path: Path, cached: Cached
) -> None:
    """A line break in a text is written as an escape."""
    trap = {"license": ',\n  "files": [', "summary": '\n  "link": {"source": "/hostile"}}'}
    add_record(tmp_path, _large({**trap, **record_of(cached), **trap}))

    assert only(tmp_path).sha256 == cached.index["sha256"]
    assert only(tmp_path).linked_from == str(cached.folder)
