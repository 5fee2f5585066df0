"""The index beside a package never lies."""

from __future__ import annotations

import bz2
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from packages_making import make_conda, make_tar_bz2, zst

from conda_provenance.errors import PackageError
from conda_provenance.packages import read_about, stamp_package, update_index_entry, withdraw_package
from conda_provenance.packages import replacing as replacing_module

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
    index[section(package)][package.name] = {"build": "0", "name": "demo", **digests(package), "version": "1.0", **record}
    return index


@pytest.mark.parametrize("layout", [{}, {"indent": 2}, {"indent": 2, "sort_keys": True}, {"separators": (",", ":")}])
@pytest.mark.parametrize("make", [make_conda, make_tar_bz2])
def test_the_record_is_corrected_and_every_other_byte_stays(tmp_path, make, layout):
    package = make(tmp_path, {"extra": {}})
    index = index_of(package, timestamp=1.50e12)
    old = json.dumps(index, **layout)
    (tmp_path / "repodata.json").write_text(old)
    before = digests(package)
    sha256 = stamp_package(package, STAMP)
    after = digests(package)
    assert sha256 == after["sha256"]
    expected = old.replace(before["sha256"], after["sha256"]).replace(before["md5"], after["md5"])
    assert (tmp_path / "repodata.json").read_text() == expected.replace(
        f'"size":{before["size"]}', f'"size":{after["size"]}'
    ).replace(f'"size": {before["size"]}', f'"size": {after["size"]}')
    assert read_index(tmp_path)[section(package)][package.name]["size"] == after["size"]


def test_every_index_and_every_copy(tmp_path):
    package = make_conda(tmp_path, {"extra": {}})
    text = json.dumps(index_of(package)).encode()
    for name in ("repodata.json", "repodata_from_packages.json", "current_repodata.json"):
        (tmp_path / name).write_bytes(text)
        (tmp_path / f"{name}.zst").write_bytes(zst(text))
        (tmp_path / f"{name}.bz2").write_bytes(bz2.compress(text))
    (tmp_path / "repodata_shards.msgpack.zst").write_bytes(b"named after its own checksums")
    stamp_package(package, STAMP)
    expected = {"name": "demo", "build": "0", "version": "1.0", **digests(package)}
    for path in tmp_path.glob("*repodata*"):
        data = path.read_bytes()
        if path.suffix == ".zst":
            from conda_provenance.packages.compression import open_zstd

            with path.open("rb") as file:
                data = open_zstd(file, 1 << 20).read(1 << 20)
        elif path.suffix == ".bz2":
            data = bz2.decompress(data)
        assert json.loads(data)["packages.conda"][package.name] == expected, path.name
    assert not (tmp_path / "repodata_shards.msgpack.zst").exists()
    assert len(list(tmp_path.iterdir())) == 10


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
    (tmp_path / "repodata.json").write_text('{"packages": {}, "packages.conda": {"demo-1.0-0.conda-not": {}}}')
    before = (tmp_path / "repodata.json").stat()
    stamp_package(package, STAMP)
    assert (tmp_path / "repodata.json").stat().st_mtime_ns == before.st_mtime_ns


def test_an_index_that_an_interruption_left_wrong_is_mended_by_the_same_stamp_again(tmp_path):
    package = make_conda(tmp_path, {"extra": {}})
    old = json.dumps(index_of(package))
    stamp_package(package, STAMP)
    (tmp_path / "repodata.json").write_text(old)
    stamp_package(package, STAMP)
    assert read_index(tmp_path)["packages.conda"][package.name]["sha256"] == digests(package)["sha256"]


@pytest.mark.parametrize("text", ["not json demo-1.0-0", '["demo-1.0-0"]', '{"packages": {"demo-1.0-0.conda": {"sha256": NaN}}}'])
def test_an_index_that_is_none_refuses_the_stamp_and_the_package_stays(tmp_path, text):
    package = make_conda(tmp_path, {"extra": {}})
    (tmp_path / "repodata.json").write_text(text)
    before = package.read_bytes()
    with pytest.raises(PackageError, match=r"repodata\.json cannot be corrected: it is no index in JSON"):
        stamp_package(package, STAMP)
    assert package.read_bytes() == before
    assert sorted(os.listdir(tmp_path)) == [package.name, "repodata.json"]


def test_an_index_that_a_builder_writes_meanwhile_is_not_overwritten(tmp_path, monkeypatch):
    package = make_conda(tmp_path, {"extra": {}})
    index = index_of(package)
    (tmp_path / "repodata.json").write_text(json.dumps(index))
    index["packages.conda"]["new-1.0-0.conda"] = {"name": "new"}
    original, once = replacing_module.Replacement.commit, []

    def commit(self: replacing_module.Replacement) -> None:
        if self.path.endswith("repodata.json") and not once:
            once.append(True)
            (tmp_path / "repodata.json").write_text(json.dumps(index))
        original(self)

    monkeypatch.setattr(replacing_module.Replacement, "commit", commit)
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
