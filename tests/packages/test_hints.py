"""What a stamp does not reach is said."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from packages_making import make_conda, make_folder, make_tar_bz2

from conda_provenance.packages import read_about, stamp_package

STAMP = {"sha": "b" * 40}
ABOUT = {"extra": {"final": True}}
BOTH = pytest.mark.parametrize("make", [make_conda, make_tar_bz2])


def said(caplog: pytest.LogCaptureFixture, package: Path) -> list[str]:
    """What a dry run says, which the stamp says too."""
    caplog.clear()
    assert stamp_package(package, STAMP, dry_run=True)
    messages = [record.getMessage() for record in caplog.records]
    caplog.clear()
    assert stamp_package(package, STAMP)
    assert [record.getMessage() for record in caplog.records] == messages
    caplog.clear()
    assert not stamp_package(package, STAMP)
    assert not caplog.records
    return messages


@BOTH
def test_a_further_hard_link_keeps_the_unstamped_package(tmp_path, caplog, make):
    package = make(tmp_path, ABOUT)
    os.link(package, tmp_path / "second")
    (message,) = said(caplog, package)
    assert f"{package} has another name (a hard link), which keeps the file as it was" in message
    assert read_about(tmp_path / "second") == ABOUT


def test_several_hard_links_of_package_and_index(tmp_path, caplog):
    package = make_conda(tmp_path, ABOUT)
    index = tmp_path / "repodata.json"
    index.write_text(json.dumps({"packages.conda": {package.name: {"sha256": "0"}}}))
    for name in ("b", "c"):
        os.link(package, tmp_path / name)
    os.link(index, tmp_path / "d")
    messages = said(caplog, package)
    assert any(f"{package} has 2 other names (hard links)" in message for message in messages)
    assert any(f"{index} has another name (a hard link)" in message for message in messages)


@BOTH
def test_in_a_package_cache_environments_take_the_extracted_copy(tmp_path, caplog, make):
    package = make(tmp_path, ABOUT)
    (tmp_path / "urls.txt").write_text("")
    (message,) = said(caplog, package)
    assert "stands in a package cache" in message

    package.unlink()
    package = make(tmp_path, ABOUT)
    folder = make_folder(tmp_path, ABOUT)
    (message,) = said(caplog, package)
    assert "extracted copy, which is not stamped and from which environments are made" in message
    assert str(folder) in message
    assert read_about(folder) == ABOUT


@pytest.mark.parametrize("name", ["demo-1.0-0.conda.zsync", "demo-1.0-0.conda.metalink"])
def test_files_with_parts_of_the_old_bytes(tmp_path, caplog, name):
    package = make_conda(tmp_path, ABOUT)
    (tmp_path / name).write_text("x")
    (message,) = said(caplog, package)
    assert f"{name} was made for the package as it was" in message


def test_a_copy_elsewhere_reaches_nothing_of_the_old_one(tmp_path, caplog):
    (tmp_path / "out").mkdir()
    package = make_conda(tmp_path, ABOUT)
    make_folder(tmp_path, ABOUT)
    os.link(package, tmp_path / "second")
    stamp_package(package, STAMP, target=tmp_path / "out" / package.name)
    assert not caplog.records
