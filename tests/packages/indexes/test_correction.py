"""The index beside a package never lies."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import json
import os
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from packages_bytes import files
from packages_making import make_conda, make_tar_bz2, zst

from conda_provenance.errors import PackageError, RefusedError
from conda_provenance.packages import (
    read_about,
    stamp_package,
    update_index_entry,
    withdraw_package,
)
from conda_provenance.packages.blob import Blob, open_file_blob
from conda_provenance.packages.files import copy as copy_module
from conda_provenance.packages.files import digests as digests_module
from conda_provenance.packages.files import helper_thread as helper_thread_module
from conda_provenance.packages.files import replace as replacing_module
from conda_provenance.packages.indexes.files import INDEXES, unpacked
from conda_provenance.packages.signatures import signatures_of

STAMP = {"sha": "b" * 40}


def digests(package: Path) -> dict[str, Any]:
    data = package.read_bytes()
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
    return {"sha256": hashlib.sha256(data).hexdigest(), "md5": md5, "size": len(data)}


def read_index(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "repodata.json").read_text())


def section(package: Path) -> str:
    return "packages.conda" if package.suffix == ".conda" else "packages"


def index_of(package: Path, **record: Any) -> dict[str, Any]:
    other = {"other-1.0-0.conda": {"name": "other", "sha256": "0" * 64, "md5": "0" * 32, "size": 1}}
    index: dict[str, Any] = {
        "info": {"subdir": "noarch"},
        "packages": {},
        "packages.conda": dict(other),
        "removed": [package.name],
    }
    index[section(package)][package.name] = {
        "build": "0",
        "name": "demo",
        **digests(package),
        "version": "1.0",
        **record,
    }
    return index


@pytest.mark.parametrize(
    "layout", [{}, {"indent": 2}, {"indent": 2, "sort_keys": True}, {"separators": (",", ":")}]
)
@pytest.mark.parametrize("make", [make_conda, make_tar_bz2])
def test_the_record_is_corrected_and_every_other_byte_stays(tmp_path, make, layout):
    package = make(tmp_path, {"extra": {}})
    index = index_of(package, timestamp=1.50e12)
    old = json.dumps(index, **layout)
    (tmp_path / "repodata.json").write_text(old)
    before = digests(package)
    assert stamp_package(package, STAMP)
    after = digests(package)
    expected = old.replace(before["sha256"], after["sha256"]).replace(before["md5"], after["md5"])
    assert (tmp_path / "repodata.json").read_text() == expected.replace(
        f'"size":{before["size"]}', f'"size":{after["size"]}'
    ).replace(f'"size": {before["size"]}', f'"size": {after["size"]}')
    assert read_index(tmp_path)[section(package)][package.name]["size"] == after["size"]


@pytest.mark.parametrize(
    ("record", "names"),
    [
        ({"sha256": "0", "md5": "0"}, {"sha256", "md5"}),
        ({"sha256": "0"}, {"sha256"}),
        ({}, {"sha256"}),
        (None, set()),
    ],
)
def test_only_checksums_that_an_index_holds_are_computed(tmp_path, monkeypatch, record, names):
    package = make_conda(tmp_path, {"extra": {}})
    records = {} if record is None else {package.name: record}
    (tmp_path / "repodata.json").write_text(json.dumps({"packages.conda": records}))
    computed = []
    original = digests_module._digest

    def digest(blob: Blob, name: str) -> str:
        computed.append(name)
        return original(blob, name)

    monkeypatch.setattr(digests_module, "_digest", digest)
    assert stamp_package(package, STAMP)
    assert set(computed) == names
    assert len(computed) == len(names)
    if record is not None:
        expected = {key: value for key, value in digests(package).items() if key in names}
        assert read_index(tmp_path)["packages.conda"][package.name] == expected


def test_the_older_files_checksum_in_the_newer_record_alone_needs_no_sha256(tmp_path, monkeypatch):
    package = make_tar_bz2(tmp_path, {"extra": {}})
    record = {"legacy_bz2_md5": "0", "sha256": "other"}
    (tmp_path / "repodata.json").write_text(
        json.dumps({"packages.conda": {"demo-1.0-0.conda": record}})
    )
    original = digests_module._digest
    computed = []
    monkeypatch.setattr(
        digests_module, "_digest", lambda blob, name: computed.append(name) or original(blob, name)
    )
    assert stamp_package(package, STAMP)
    assert computed == ["md5"]
    found = read_index(tmp_path)["packages.conda"]["demo-1.0-0.conda"]
    assert found == record | {"legacy_bz2_md5": digests(package)["md5"]}


def test_every_index_and_every_copy(tmp_path):
    package = make_conda(tmp_path, {"extra": {}})
    text = json.dumps(index_of(package)).encode()
    for name in ("repodata.json", "repodata_from_packages.json", "current_repodata.json"):
        (tmp_path / name).write_bytes(text)
        (tmp_path / f"{name}.zst").write_bytes(zst(text))
        (tmp_path / f"{name}.bz2").write_bytes(bz2.compress(text))
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress(text))
    stamp_package(package, STAMP)
    expected = {"name": "demo", "build": "0", "version": "1.0", **digests(package)}
    for path in tmp_path.glob("*repodata*"):
        data = path.read_bytes()
        if path.suffix == ".zst":
            from conda_provenance.packages.archive.decompression import open_zstd

            with path.open("rb") as file:
                data = open_zstd(file, 1 << 20).read(1 << 20)
        elif path.suffix == ".bz2":
            data = bz2.decompress(data)
        elif path.suffix == ".gz":
            data = gzip.decompress(data)
        assert json.loads(data)["packages.conda"][package.name] == expected, path.name
    assert len(list(tmp_path.iterdir())) == 13


def test_later_revisions_key_by_the_name_without_its_ending(tmp_path):
    package = make_conda(tmp_path, {"extra": {}})
    record = {"name": "demo", "sha256": "0" * 64, "size": 1}
    (tmp_path / "repodata.json").write_text(
        json.dumps({"v3": {"conda": {"demo-1.0-0": record}, "tar.bz2": {"demo-1.0-0": record}}})
    )
    stamp_package(package, STAMP)
    index = read_index(tmp_path)
    assert index["v3"]["conda"]["demo-1.0-0"]["sha256"] == digests(package)["sha256"]
    assert index["v3"]["tar.bz2"]["demo-1.0-0"] == record


def test_an_index_without_the_package_is_left_alone(tmp_path):
    package = make_conda(tmp_path, {"extra": {}})
    (tmp_path / "repodata.json").write_text(
        '{"packages": {}, "packages.conda": {"demo-1.0-0.conda-not": {}}}'
    )
    before = (tmp_path / "repodata.json").stat()
    stamp_package(package, STAMP)
    assert (tmp_path / "repodata.json").stat().st_mtime_ns == before.st_mtime_ns


def test_an_index_that_an_interruption_left_wrong_is_mended_by_the_same_stamp_again(tmp_path):
    package = make_conda(tmp_path, {"extra": {}})
    old = json.dumps(index_of(package))
    stamp_package(package, STAMP)
    (tmp_path / "repodata.json").write_text(old)
    stamp_package(package, STAMP)
    assert (
        read_index(tmp_path)["packages.conda"][package.name]["sha256"] == digests(package)["sha256"]
    )


@pytest.mark.parametrize(
    "text",
    [
        "not json demo-1.0-0",
        '["demo-1.0-0"]',
        '{"packages": {"demo-1.0-0.conda": {"sha256": NaN}}}',
    ],
)
def test_an_index_that_is_none_refuses_the_stamp_and_the_package_stays(tmp_path, text):
    package = make_conda(tmp_path, {"extra": {}})
    (tmp_path / "repodata.json").write_text(text)
    before = package.read_bytes()
    with pytest.raises(
        PackageError, match=r"repodata\.json cannot be corrected: it is no index in JSON"
    ):
        stamp_package(package, STAMP)
    assert package.read_bytes() == before
    assert sorted(os.listdir(tmp_path)) == [package.name, "repodata.json"]


def test_an_index_that_a_builder_writes_meanwhile_is_not_overwritten(tmp_path, monkeypatch):
    package = make_conda(tmp_path, {"extra": {}})
    index = index_of(package)
    (tmp_path / "repodata.json").write_text(json.dumps(index))
    index["packages.conda"]["new-1.0-0.conda"] = {"name": "new"}
    original, once = replacing_module.Replacement.is_current, []

    def is_current(self: replacing_module.Replacement) -> bool:
        if self.path.endswith("repodata.json") and not once:
            once.append(True)
            (tmp_path / "repodata.json").write_text(json.dumps(index))
        return original(self)

    monkeypatch.setattr(replacing_module.Replacement, "is_current", is_current)
    stamp_package(package, STAMP)
    found = read_index(tmp_path)["packages.conda"]
    assert found["new-1.0-0.conda"] == {"name": "new"}
    assert found[package.name]["sha256"] == digests(package)["sha256"]


def test_a_named_index(tmp_path):
    package = make_conda(tmp_path, {"extra": {}})
    (tmp_path / "elsewhere.json").write_text(json.dumps(index_of(package, sha256="0" * 64)))
    assert update_index_entry(package, tmp_path / "elsewhere.json") is True
    assert update_index_entry(package, tmp_path / "elsewhere.json") is False
    assert json.loads((tmp_path / "elsewhere.json").read_text()) == index_of(package)


@pytest.mark.parametrize("make", [make_conda, make_tar_bz2])
def test_a_withdrawn_package_is_gone_from_the_index_too(tmp_path, make):
    package = make(tmp_path, {"extra": {}})
    index = index_of(package)
    index["v3"] = {"conda": {"demo-1.0-0": {}, "demo-1.0-0.conda": {}}, "tar.bz2": {}}
    (tmp_path / "repodata.json").write_text(json.dumps(index, indent=2))
    withdraw_package(package)
    left = read_index(tmp_path)
    assert package.name not in left[section(package)]
    assert "other-1.0-0.conda" in left["packages.conda"]
    assert left["removed"] == index["removed"]
    if make is make_conda:
        assert left["v3"] == {"conda": {}, "tar.bz2": {}}
    assert os.listdir(tmp_path) == ["repodata.json"]


def test_the_package_is_what_the_index_says_it_is(tmp_path):
    package = make_conda(tmp_path, {"extra": {}})
    (tmp_path / "repodata.json").write_text(json.dumps(index_of(package)))
    stamp_package(package, STAMP)
    assert read_about(package)["extra"] == STAMP
    assert read_index(tmp_path) == index_of(package)


def test_what_the_newer_record_tells_of_the_older_file(tmp_path):
    package = make_tar_bz2(tmp_path, {"extra": {}})
    index = index_of(package)
    index["packages.conda"]["demo-1.0-0.conda"] = {
        "legacy_bz2_md5": "0",
        "legacy_bz2_size": 0,
        "sha256": "other",
        "size": 1,
    }
    (tmp_path / "repodata.json").write_text(json.dumps(index))
    stamp_package(package, STAMP)
    record = read_index(tmp_path)["packages.conda"]["demo-1.0-0.conda"]
    after = digests(package)
    assert record == {
        "legacy_bz2_md5": after["md5"],
        "legacy_bz2_size": after["size"],
        "sha256": "other",
        "size": 1,
    }


def test_a_signature_over_the_old_record_goes(tmp_path):
    package = make_conda(tmp_path, {"extra": {}})
    (tmp_path / "repodata.json").write_text(
        json.dumps(index_of(package) | {"signatures": {package.name: {"key": {}}, "other": {}}})
    )
    stamp_package(package, STAMP)
    assert read_index(tmp_path)["signatures"] == {"other": {}}


def test_a_signature_whose_section_is_written_with_escapes_counts(tmp_path, caplog):
    package = make_conda(tmp_path, {"extra": {}})
    index = json.dumps(index_of(package) | {"signatures": {package.name: {"key": {}}}})
    (tmp_path / "repodata.json").write_text(index.replace('"signatures"', '"signature\\u0073"'))
    with pytest.raises(RefusedError, match="vouches for its bytes"):
        stamp_package(package, STAMP, overwrite=False)
    stamp_package(package, STAMP)
    assert "the signature over" in caplog.text
    assert read_index(tmp_path)["signatures"] == {}


def test_an_updated_entry_that_loses_its_signature_says_so(tmp_path, caplog):
    package = make_conda(tmp_path, {"extra": {}})
    index = index_of(package, sha256="0" * 64) | {"signatures": {package.name: {"key": {}}}}
    (tmp_path / "repodata.json").write_text(json.dumps(index))
    assert update_index_entry(package)
    assert "the signature over" in caplog.text


def test_a_key_in_other_letters(tmp_path):
    package = make_conda(tmp_path, {"extra": {}})
    (tmp_path / "repodata.json").write_text(
        '{"packages.conda": {"demo\\u002d1.0-0.conda": {"sha256": "0", "size": 0}}}'
    )
    stamp_package(package, STAMP)
    assert (
        read_index(tmp_path)["packages.conda"][package.name]["sha256"] == digests(package)["sha256"]
    )


def test_jlap_is_removed_for_clients_to_fall_back_to_the_corrected_index(tmp_path):
    package = make_conda(tmp_path, {"extra": {}})
    for name in ("repodata.json", "current_repodata.json"):
        (tmp_path / name).write_text(json.dumps(index_of(package)))
    for name in ("repodata.jlap", "current_repodata.jlap"):
        (tmp_path / name).write_bytes(b"")
    stamp_package(package, STAMP)
    assert not list(tmp_path.glob("*.jlap"))


@pytest.mark.parametrize("index", [None, "repodata.json", "repodata.json.zst"])
def test_what_is_made_from_an_index_that_stays_is_not_removed(tmp_path, index):
    package = make_conda(tmp_path, {"extra": {}})
    (tmp_path / "repodata.jlap").write_bytes(b"")
    if index == "repodata.json":
        (tmp_path / index).write_text('{"packages": {}}')
    elif index:
        (tmp_path / index).write_bytes(zst(json.dumps(index_of(package)).encode()))
    stamp_package(package, STAMP)
    assert (tmp_path / "repodata.jlap").exists()


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_every_folder_in_which_links_give_the_package_a_name(tmp_path):
    folders = [tmp_path / name for name in "abc"]
    for folder in folders:
        folder.mkdir()
    package = make_conda(folders[0], {"extra": {}})
    for before, folder in pairwise(folders):
        (folder / package.name).symlink_to(before / package.name)
    for folder in folders:
        (folder / "repodata.json").write_text(json.dumps(index_of(package)))
    stamp_package(folders[2] / package.name, STAMP)
    for folder in folders:
        assert (
            read_index(folder)["packages.conda"][package.name]["sha256"]
            == digests(package)["sha256"]
        )


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_an_index_that_is_a_link_is_packed_as_the_link_is_named(tmp_path):
    package = make_conda(tmp_path, {"extra": {}})
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "1").write_bytes(zst(json.dumps(index_of(package)).encode()))
    link = tmp_path / "repodata.json.zst"
    link.symlink_to(Path("store") / "1")
    stamp_package(package, STAMP)
    assert link.is_symlink()
    with open_file_blob(link) as blob:
        assert json.loads(unpacked(blob, link.name)) == index_of(package)


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_a_dead_link_is_no_index(tmp_path):
    package = make_conda(tmp_path, {"extra": {}})
    (tmp_path / "repodata.json").symlink_to("nowhere")
    assert stamp_package(package, STAMP)
    assert (tmp_path / "repodata.json").is_symlink()


@pytest.mark.parametrize("section", ["packages", "packages.conda"])
def test_a_list_of_packages_is_no_index(tmp_path, section):
    """Its old checksums would stay, and no client reads it."""
    package = make_conda(tmp_path, {"extra": {}})
    make_conda(tmp_path, {"extra": {}}, name="another")
    index = {"packages": None, section: [{"fn": package.name, "sha256": "0"}]}
    (tmp_path / "repodata.json").write_text(json.dumps(index))
    before = files(tmp_path)
    with pytest.raises(PackageError, match="it is no index in JSON; run the indexer again"):
        stamp_package(package, STAMP)
    assert files(tmp_path) == before
    assert stamp_package(tmp_path / "another-1.0-0.conda", STAMP)


def test_an_empty_index_lists_nothing(tmp_path):
    package = make_conda(tmp_path, {"extra": {}})
    for name in INDEXES:
        (tmp_path / name).write_bytes(b"")
    assert stamp_package(package, STAMP)
    assert all((tmp_path / name).read_bytes() == b"" for name in INDEXES)


def test_both_packages_of_one_name_in_any_section(tmp_path):
    """A record stays in the section where the indexer put it."""
    packages = [make(tmp_path, {"extra": {}}) for make in (make_conda, make_tar_bz2)]
    old = {"sha256": "0", "size": 0}
    sections = ("packages", "packages.conda")
    (tmp_path / "repodata.json").write_text(
        json.dumps({each: {package.name: old for package in packages} for each in sections})
    )
    for package in packages:
        stamp_package(package, STAMP)
    index = read_index(tmp_path)
    for each in sections:
        for package in packages:
            expected = digests(package)
            assert index[each][package.name] == {key: expected[key] for key in old}


@pytest.mark.parametrize("name", ["run_exports.json", "patch_instructions.json"])
def test_what_only_may_hold_checksums_gets_none(tmp_path, name):
    package = make_conda(tmp_path, {"extra": {}})
    records = {package.name: {"run_exports": {}}, "x": {"sha256": "0"}}
    text = json.dumps({"packages.conda": records})
    (tmp_path / name).write_text(text)
    stamp_package(package, STAMP)
    assert (tmp_path / name).read_text() == text
    records[package.name]["sha256"] = "0"
    (tmp_path / name).write_text(json.dumps({"packages.conda": records}))
    stamp_package(package, {"sha": "c" * 40})
    records[package.name]["sha256"] = digests(package)["sha256"]
    assert json.loads((tmp_path / name).read_text()) == {"packages.conda": records}


BROKEN = {
    "repodata.json": b"nothing demo-1.0-0",
    "repodata_from_packages.json": b'{"packages": {"demo-1.0-0.conda": {}}} and more',
    "current_repodata.json": '{"x": "\u00e9 demo-1.0-0"}'.encode("latin-1"),
    "repodata.json.zst": b"not packed",
    "repodata.json.bz2": bz2.compress(b'{"demo-1.0-0": ')[:-5],
    "repodata.json.gz": b"not packed",
    "current_repodata.json.gz": gzip.compress(b"{" * 1000)[:-10],
    "current_repodata.json.bz2": bz2.compress(b'{"packages": "demo-1.0-0'),
    "current_repodata.json.zst": zst(b'["demo-1.0-0"]'),
}


@pytest.mark.parametrize("name", BROKEN)
def test_an_index_that_cannot_be_read_refuses_the_stamp_or_is_left(tmp_path, caplog, name):
    package = make_conda(tmp_path, {"extra": {}})
    (tmp_path / name).write_bytes(BROKEN[name])
    (tmp_path / "repodata.jlap").write_bytes(b"")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    for dry_run in (True, False):
        with pytest.raises(PackageError, match=rf"{name} cannot be corrected: .*; run the indexer"):
            stamp_package(package, STAMP, dry_run=dry_run)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before

    assert stamp_package(package, STAMP, leave_broken_indexes=True)
    after = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert after == before | {package.name: package.read_bytes()}
    assert caplog.text.count("is left as it is") == 1


def test_an_index_that_unpacks_to_more_than_any_is_not_kept_in_memory(tmp_path):
    package = make_conda(tmp_path, {"extra": {}})
    (tmp_path / "repodata.json.zst").write_bytes(zst(b" " * (70 << 20)))
    with pytest.raises(PackageError, match="unpacks to more than 64 MiB"):
        stamp_package(package, STAMP)


def test_a_huge_index_is_not_read(tmp_path):
    package = make_conda(tmp_path, {"extra": {}})
    with open(tmp_path / "repodata.json", "wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(PackageError, match="it is larger than 1024 MiB"):
        stamp_package(package, STAMP)


@pytest.mark.parametrize("record", ['"text"', "null", "[]", "5"])
def test_what_is_no_record_stays(tmp_path, record):
    package = make_conda(tmp_path, {"extra": {}})
    text = f'{{"packages.conda": {{"demo-1.0-0.conda": {record}}}, "packages": [], "v3": null}}'
    (tmp_path / "repodata.json").write_text(text)
    stamp_package(package, STAMP)
    assert (tmp_path / "repodata.json").read_text() == text


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_an_index_that_is_no_file_is_not_waited_for(tmp_path):
    package = make_conda(tmp_path, {"extra": {}})
    before = package.read_bytes()
    os.mkfifo(tmp_path / "repodata.json")
    with pytest.raises(
        PackageError, match=r"repodata\.json cannot be corrected: it is no regular file"
    ):
        stamp_package(package, STAMP)
    assert package.read_bytes() == before


def test_a_large_index_is_looked_through_without_being_kept(tmp_path):
    import tracemalloc

    package = make_conda(tmp_path, {"extra": {}})
    index = index_of(package)
    record = {
        "build": "0",
        "depends": ["python >=3.10", "numpy", "scipy"],
        "name": "x",
        "sha256": "0" * 64,
        "size": 1,
    }
    index["packages.conda"] |= {f"x{number}-1.0-0.conda": record for number in range(40_000)}
    text = json.dumps(index)
    (tmp_path / "repodata.json").write_text(text)
    tracemalloc.start()
    stamp_package(package, STAMP)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6 * len(text)
    assert (
        read_index(tmp_path)["packages.conda"][package.name]["sha256"] == digests(package)["sha256"]
    )


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_a_link_of_another_name(tmp_path):
    package = make_conda(tmp_path, {"extra": {}})
    (tmp_path / "repodata.json").write_text(json.dumps(index_of(package)))
    link = tmp_path / "latest.conda"
    link.symlink_to(package)
    stamp_package(link, STAMP)
    assert (
        read_index(tmp_path)["packages.conda"][package.name]["sha256"] == digests(package)["sha256"]
    )
    (tmp_path / f"{package.name}.sig").write_text("")
    assert signatures_of(link, open_file_blob(link)) == [f"{package.name}.sig"]


@pytest.mark.parametrize("failing", ["repodata.json", ".conda"])
def test_what_cannot_be_put_into_its_place_leaves_everything_as_it_was(
    tmp_path, monkeypatch, failing
):
    package = make_conda(tmp_path, {"extra": {}})
    for name in ("repodata.json", "current_repodata.json"):
        (tmp_path / name).write_text(json.dumps(index_of(package)))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    real = os.replace

    def replace(source: str, target: str) -> None:
        if target.endswith(failing) and not source.endswith(".old.tmp"):
            raise PermissionError(1, "Operation not permitted")
        real(source, target)

    monkeypatch.setattr(replacing_module.os, "replace", replace)
    with pytest.raises(PackageError, match="Operation not permitted"):
        stamp_package(package, STAMP)
    monkeypatch.undo()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_file_system_without_hard_links(tmp_path, monkeypatch):
    package = make_conda(tmp_path, {"extra": {}})
    (tmp_path / "repodata.json").write_text(json.dumps(index_of(package)))
    monkeypatch.setattr(
        replacing_module.os,
        "link",
        lambda *_, **__: (_ for _ in ()).throw(PermissionError(1, "no links")),
    )
    assert stamp_package(package, STAMP)
    monkeypatch.undo()
    assert (
        read_index(tmp_path)["packages.conda"][package.name]["sha256"] == digests(package)["sha256"]
    )
    assert sorted(os.listdir(tmp_path)) == [package.name, "repodata.json"]


def test_an_index_that_lists_the_package_twice_is_refused(tmp_path):
    package = make_conda(tmp_path, {"extra": {}})
    (tmp_path / "repodata.json").write_text(
        '{"packages.conda": {' + ", ".join(['"demo-1.0-0.conda": {"sha256": "0"}'] * 40_000) + "}}"
    )
    with pytest.raises(PackageError, match=r"lists demo-1.0-0.conda twice"):
        stamp_package(package, STAMP)


def test_a_folder_in_the_place_of_a_derived_file_is_only_warned_of(tmp_path, caplog):
    package = make_conda(tmp_path, {"extra": {}})
    (tmp_path / "repodata.json").write_text(json.dumps(index_of(package)))
    (tmp_path / "repodata.jlap").mkdir()
    stamp_package(package, STAMP)
    assert "cannot be removed" in caplog.text
    assert (
        read_index(tmp_path)["packages.conda"][package.name]["sha256"] == digests(package)["sha256"]
    )


def test_checksums_are_right_or_an_error(tmp_path, monkeypatch):
    package = make_conda(tmp_path, {"extra": {}})
    (tmp_path / "repodata.json").write_text(json.dumps(index_of(package)))
    monkeypatch.setattr(helper_thread_module, "start_new_thread", no_thread)
    stamp_package(package, STAMP)
    assert read_index(tmp_path)["packages.conda"][package.name]["md5"] == digests(package)["md5"]


def no_thread(*_: object) -> None:
    raise RuntimeError("can't start new thread")


@pytest.mark.parametrize("make", [make_conda, make_tar_bz2])
def test_without_threads_it_is_only_slower(tmp_path, monkeypatch, make):
    package = make(tmp_path, {"extra": {}, "padding": "x" * 1000})
    monkeypatch.setattr(copy_module, "SOON_WRITTEN", 100)
    monkeypatch.setattr(helper_thread_module, "start_new_thread", no_thread)
    assert stamp_package(package, STAMP)
    assert read_about(package)["extra"] == STAMP
