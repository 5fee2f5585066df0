"""The sharded index beside a package is corrected, and never removed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgpack
import pytest
from packages_indexes import (
    SHARDS,
    digests,
    in_bytes,
    read_shards,
    write_index,
    write_shard_index,
    write_shards,
)
from packages_making import make_conda, make_tar_bz2, zst

from conda_provenance.errors import PackageError
from conda_provenance.packages import stamp_package, withdraw_package

STAMP = {"sha": "b" * 40}
OTHER = {"name": "other", "sha256": b"\0" * 32, "size": 1}


def shard_of(*packages: Path, **more: Any) -> dict[str, Any]:
    shard: dict[str, Any] = {"packages": {}, "packages.conda": {}, **more}
    for package in packages:
        section = "packages.conda" if package.suffix == ".conda" else "packages"
        shard[section][package.name] = {"name": "demo", "depends": [], **in_bytes(digests(package))}
    return shard


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", [SHARDS, "repodata_shards_from_packages.msgpack.zst"])
@pytest.mark.parametrize("base", ["", "./", "shards/", "./shards/"])
@pytest.mark.parametrize("make", [make_conda, make_tar_bz2])
def test_the_shard_that_lists_the_package_is_made_again(tmp_path, make, name, base):
    package = make(tmp_path, {"extra": {}})
    other = {"packages": {}, "packages.conda": {"other-1.0-0.conda": OTHER}}
    old = write_shards(tmp_path, {"demo": shard_of(package), "other": other}, name, base)
    stamp_package(package, STAMP)
    assert read_shards(tmp_path, name) == {"demo": shard_of(package), "other": other}
    assert old["demo"].exists(), "who has read the old index must find its shards"
    # The package, the index, and three shards: the old one, the new one, the other.
    assert len(contents(tmp_path)) == 5


def test_an_index_of_shards_that_does_not_list_the_package_is_left_alone(tmp_path):
    package = make_conda(tmp_path, {"extra": {}})
    write_shards(tmp_path, {"other": {"packages": {}, "packages.conda": {}}})
    before = contents(tmp_path)
    stamp_package(package, STAMP)
    assert contents(tmp_path) | {package.name: b""} == before | {package.name: b""}


def test_shards_stay_where_no_index_lists_the_package(tmp_path):
    package = make_conda(tmp_path, {"extra": {}})
    write_index(tmp_path, [], "repodata.json.zst")
    write_shards(tmp_path, {"other": shard_of()})
    names = sorted(os.listdir(tmp_path))
    stamp_package(package, STAMP)
    assert sorted(os.listdir(tmp_path)) == names


def test_shards_and_the_other_indexes_are_corrected_together(tmp_path):
    package = make_conda(tmp_path, {"extra": {}})
    write_index(tmp_path, [package])
    for name in (SHARDS, "repodata_shards_from_packages.msgpack.zst"):
        write_shards(tmp_path, {"demo": shard_of(package)}, name)
    stamp_package(package, STAMP)
    for name in (SHARDS, "repodata_shards_from_packages.msgpack.zst"):
        assert read_shards(tmp_path, name) == {"demo": shard_of(package)}


def test_a_later_revision_and_the_older_files_checksums_in_a_shard(tmp_path):
    package = make_tar_bz2(tmp_path, {"extra": {}})
    sum_of = digests(package)
    legacy = {"legacy_bz2_md5": bytes.fromhex(sum_of["md5"]), "legacy_bz2_size": sum_of["size"]}
    revision = {
        "tar.bz2": {"demo-1.0-0": in_bytes(sum_of)},
        "conda": {"demo-1.0-0": {"sha256": b"1" * 32, **legacy}},
    }
    write_shards(tmp_path, {"demo": {"packages": {}, "packages.conda": {}, "v3": revision}})
    stamp_package(package, STAMP)
    now = digests(package)
    assert read_shards(tmp_path)["demo"]["v3"] == {
        "tar.bz2": {"demo-1.0-0": in_bytes(now)},
        "conda": {
            "demo-1.0-0": {
                "sha256": b"1" * 32,
                "legacy_bz2_md5": bytes.fromhex(now["md5"]),
                "legacy_bz2_size": now["size"],
            }
        },
    }


def test_checksums_as_text_stay_text(tmp_path):
    package = make_conda(tmp_path, {"extra": {}})
    write_shards(tmp_path, {"demo": {"packages.conda": {package.name: digests(package)}}})
    stamp_package(package, STAMP)
    shard = read_shards(tmp_path)["demo"]
    assert shard["packages.conda"][package.name] == digests(package)


def test_what_msgpack_knows_and_json_does_not_stays(tmp_path):
    package = make_conda(tmp_path, {"extra": {}})
    odd = {"time": msgpack.Timestamp(1, 2), "type": msgpack.ExtType(5, b"x"), "number": 1.5}
    write_shards(tmp_path, {"demo": shard_of(package, removed=["x"], odd=odd)})
    stamp_package(package, STAMP)
    assert read_shards(tmp_path)["demo"] == shard_of(package, removed=["x"], odd=odd)


@pytest.mark.parametrize("name", ["a", "a-b", "a-b-c", "A-b"])
def test_the_package_name_may_have_dashes(tmp_path, name):
    package = make_conda(tmp_path, {"extra": {}}, name=name)
    write_shards(tmp_path, {name: shard_of(package), "c": shard_of()})
    stamp_package(package, STAMP)
    assert read_shards(tmp_path)[name] == shard_of(package)


def test_a_shard_of_another_name_than_the_files(tmp_path):
    """An indexer names a shard after what info/index.json says."""
    package = make_conda(tmp_path, {"extra": {}}, name="latest")
    lost = {"packages.conda": {"other-1.0-0.conda": OTHER}}
    paths = write_shards(tmp_path, {"demo": shard_of(package), "other": shard_of(), "lost": lost})
    content = paths["lost"].read_bytes()
    paths["lost"].unlink()
    stamp_package(package, STAMP)
    paths["lost"].write_bytes(content)
    assert read_shards(tmp_path) == {"demo": shard_of(package), "other": shard_of(), "lost": lost}


BROKEN = {
    "nothing packed": b"no zstd",
    "no msgpack": zst(b"\xc1"),
    "no object": zst(msgpack.packb([1])),
    "no shards": zst(msgpack.packb({"version": 1})),
    "shards in a list": zst(msgpack.packb({"shards": ["demo"]})),
    "no checksum": zst(msgpack.packb({"shards": {"demo": "x"}})),
    "a short checksum": zst(msgpack.packb({"shards": {"demo": b"x"}})),
    "a missing shard": zst(msgpack.packb({"shards": {"demo": b"x" * 32}})),
    "a key twice": zst(b"\x82\xa6shards\x80\xa6shards\x80"),
    "nested too deeply": zst(b"\x91" * 5000),
    "more than there is": zst(b"\xdf\xff\xff\xff\xff"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_shards_that_cannot_be_read_refuse_the_stamp(tmp_path, case):
    package = make_conda(tmp_path, {"extra": {}})
    (tmp_path / SHARDS).write_bytes(BROKEN[case])
    before = contents(tmp_path)
    for dry_run in (True, False):
        with pytest.raises(PackageError, match=rf"{SHARDS} cannot be corrected: .*--force"):
            stamp_package(package, STAMP, dry_run=dry_run)
    assert contents(tmp_path) == before


@pytest.mark.parametrize("case", BROKEN)
def test_or_they_are_left_as_they_are(tmp_path, caplog, case):
    package = make_conda(tmp_path, {"extra": {}})
    (tmp_path / SHARDS).write_bytes(BROKEN[case])
    assert stamp_package(package, STAMP, leave_broken_indexes=True)
    assert (tmp_path / SHARDS).read_bytes() == BROKEN[case]
    assert "is left as it is" in caplog.text
    assert "run the indexer again" in caplog.text


@pytest.mark.parametrize(
    "base",
    ["https://example.org/", "/etc/", "../", "a/../../", "..\\", "C:/", "//host/", "file:x", 5],
)
def test_shards_elsewhere_are_not_looked_for(tmp_path, base):
    package = make_conda(tmp_path, {"extra": {}})
    write_shard_index(tmp_path, {"demo": b"x" * 32}, base=base)
    with pytest.raises(PackageError, match=SHARDS):
        stamp_package(package, STAMP)
    write_shard_index(tmp_path, {"other": b"x" * 32}, base=base)
    assert stamp_package(package, STAMP), "they cannot list the package"


def test_a_shard_that_is_not_what_its_name_says(tmp_path):
    package = make_conda(tmp_path, {"extra": {}})
    paths = write_shards(tmp_path, {"demo": shard_of(package)})
    paths["demo"].write_bytes(zst(msgpack.packb(shard_of())))
    with pytest.raises(PackageError, match="its shard of demo is damaged"):
        stamp_package(package, STAMP)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_shard_that_is_no_file_is_not_waited_for(tmp_path):
    package = make_conda(tmp_path, {"extra": {}})
    paths = write_shards(tmp_path, {"demo": shard_of(package)})
    paths["demo"].unlink()
    os.mkfifo(paths["demo"])
    with pytest.raises(PackageError, match="no regular file"):
        stamp_package(package, STAMP)


def test_a_failure_leaves_no_new_shard(tmp_path, monkeypatch):
    from conda_provenance.packages.files import replace as replace_module

    package = make_conda(tmp_path, {"extra": {}})
    write_shards(tmp_path, {"demo": shard_of(package)})
    before = contents(tmp_path)
    real = os.replace

    def replace(source: str, target: str) -> None:
        if target.endswith(".conda"):
            raise PermissionError(1, "Operation not permitted")
        real(source, target)

    monkeypatch.setattr(replace_module.os, "replace", replace)
    with pytest.raises(PackageError, match="Operation not permitted"):
        stamp_package(package, STAMP)
    assert contents(tmp_path) == before


def test_a_withdrawn_package_is_gone_from_its_shard(tmp_path):
    package, kept = make_conda(tmp_path, {"extra": {}}), make_tar_bz2(tmp_path, {"extra": {}})
    write_shards(tmp_path, {"demo": shard_of(package, kept)})
    withdraw_package(package)
    assert read_shards(tmp_path) == {"demo": shard_of(kept)}
    assert not package.exists()


def test_without_the_library_the_shards_are_not_touched(tmp_path, monkeypatch):
    import sys

    package = make_conda(tmp_path, {"extra": {}})
    write_shards(tmp_path, {"demo": shard_of(package)})
    monkeypatch.setitem(sys.modules, "msgpack", None)
    with pytest.raises(PackageError, match="msgpack is installed"):
        stamp_package(package, STAMP)


@pytest.mark.parametrize("mode", [0o644, 0o664])
def test_a_new_shard_may_be_read_by_whom_the_old_one_could(tmp_path, mode):
    package = make_conda(tmp_path, {"extra": {}})
    paths = write_shards(tmp_path, {"demo": shard_of(package)})
    paths["demo"].chmod(mode)
    before = set(tmp_path.glob("*.msgpack.zst"))
    stamp_package(package, STAMP)
    (new,) = set(tmp_path.glob("*.msgpack.zst")) - before
    assert new.stat().st_mode & 0o777 == mode
