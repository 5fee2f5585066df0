"""Packages on this disk: files, extracted packages, folders and package caches."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from packages_making import make_conda, make_folder, make_tar_bz2

from conda_provenance.errors import PackageError
from conda_provenance.sources import Artifact, Unreadable
from conda_provenance.sources.files import (
    MAX_DEPTH,
    FileContents,
    name_version_build,
    package_at,
    packages_below,
)

EXTRA = {"extra": {"sha": "1" * 40}}


def below(folder: Path) -> list[str]:
    """What is found, as paths in the folder; what cannot be read with an exclamation mark."""
    return [
        ("!" if isinstance(found, Unreadable) else "")
        + os.path.relpath(found.location, folder).replace(os.sep, "/")
        for found in packages_below(str(folder))
    ]


@pytest.mark.parametrize(
    ("file_name", "expected"),
    [
        ("numpy-2.3.1-py313h17eae1a_0.conda", ("numpy", "2.3.1", "py313h17eae1a_0")),
        ("a-b-c-1-0.tar.bz2", ("a-b-c", "1", "0")),
        ("a-b-c-1-0", ("a-b-c", "1", "0")),
        ("plain.conda", ("plain", "", "")),
        ("a-1.conda", ("a-1", "", "")),
        ("-1-0.conda", ("-1-0", "", "")),
        (".conda", ("", "", "")),
    ],
)
def test_name_version_and_build_are_the_file_names(file_name, expected):
    assert name_version_build(file_name) == expected


@pytest.mark.parametrize("make", [make_conda, make_tar_bz2, make_folder])
def test_a_package_by_its_path(tmp_path, make):
    path = make(tmp_path, EXTRA)
    found = package_at(str(path))
    assert (found.name, found.version, found.build) == ("demo", "1.0", "0")
    assert (found.file_name, found.location) == (path.name, str(path))
    for thorough in (False, True):
        assert found.contents.claim(thorough=thorough).claim.sha == "1" * 40
    files = found.contents.files(["info/index.json", "info/gone.json"])
    assert list(files) == ["info/index.json"]
    assert b'"demo"' in files["info/index.json"]


def test_a_folder_is_searched_below_and_in_the_order_of_the_names(tmp_path):
    for subdir in ("noarch", "linux-64/deep"):
        (tmp_path / subdir).mkdir(parents=True)
        make_tar_bz2(tmp_path / subdir, EXTRA, name="b")
        make_conda(tmp_path / subdir, EXTRA, name="a")
    (tmp_path / "noarch" / "repodata.json").write_text("{}")
    assert below(tmp_path) == [
        "linux-64/deep/a-1.0-0.conda",
        "linux-64/deep/b-1.0-0.tar.bz2",
        "noarch/a-1.0-0.conda",
        "noarch/b-1.0-0.tar.bz2",
    ]


def test_in_a_package_cache_a_package_counts_once(tmp_path):
    """conda keeps the archive and what was extracted from it, or one of the two."""
    make_conda(tmp_path, EXTRA, name="both")
    make_folder(tmp_path, EXTRA, name="both")
    make_folder(tmp_path, EXTRA, name="extracted")
    make_conda(tmp_path, EXTRA, name="archive")
    (tmp_path / "cache").mkdir()
    (tmp_path / "urls.txt").write_text("https://user:s3cr3t@h.example/x-1-0.conda\n")
    assert below(tmp_path) == ["archive-1.0-0.conda", "both-1.0-0.conda", "extracted-1.0-0"]


def test_nothing_is_searched_within_an_extracted_package(tmp_path):
    folder = make_folder(tmp_path, EXTRA)
    make_conda(folder / "info", EXTRA, name="inner")
    make_conda(folder, EXTRA, name="inner")
    assert below(tmp_path) == ["demo-1.0-0"]


def test_a_broken_file_does_not_hide_the_others(tmp_path):
    (tmp_path / "broken-1-0.conda").write_bytes(b"PK")
    make_conda(tmp_path, EXTRA)
    broken, good = packages_below(str(tmp_path))
    assert isinstance(broken, Artifact)
    with pytest.raises(PackageError, match="cannot be read"):
        broken.contents.claim()
    assert isinstance(good, Artifact)
    assert good.contents.claim().claim.sha


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_links_are_not_followed_out_of_the_folder(tmp_path):
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    there = make_conda(outside, EXTRA, name="there")
    here = make_conda(inside, EXTRA, name="here")
    (inside / "away-1-0.conda").symlink_to(there)
    (inside / "gone-1-0.conda").symlink_to(outside / "no-such-file")
    (inside / "same-1-0.conda").symlink_to(here.name)
    (inside / "out").symlink_to(outside)
    (inside / "around").symlink_to(inside)
    assert below(inside) == [
        "!away-1-0.conda",
        "!gone-1-0.conda",
        "here-1.0-0.conda",
        "same-1-0.conda",
    ]


@pytest.mark.skipif(os.name == "nt", reason="there are no such pipes on Windows")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe-1-0.conda")
    (found,) = packages_below(str(tmp_path))
    assert isinstance(found, Artifact)
    with pytest.raises(PackageError, match="no regular file"):
        found.contents.claim()


def test_a_folder_named_like_a_package_file_is_searched(tmp_path):
    (tmp_path / "odd-1-0.conda").mkdir()
    make_conda(tmp_path / "odd-1-0.conda", EXTRA)
    assert below(tmp_path) == ["odd-1-0.conda/demo-1.0-0.conda"]


def test_the_search_has_an_end_and_says_where(tmp_path):
    deep = tmp_path.joinpath(*(f"d{number}" for number in range(MAX_DEPTH + 3)))
    deep.mkdir(parents=True)
    make_conda(deep, EXTRA)
    make_conda(tmp_path, EXTRA, name="z")
    for number in range(3):
        (deep.parents[3] / f"also{number}").mkdir()
    found, stopped = packages_below(str(tmp_path))
    assert isinstance(stopped, Unreadable)
    assert f"is more than {MAX_DEPTH} folders deep" in stopped.why
    assert stopped.location.endswith("also0")
    assert isinstance(found, Artifact)


@pytest.mark.skipif(os.name == "nt" or not os.getuid(), reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_reported(tmp_path):
    (tmp_path / "closed").mkdir(mode=0)
    make_conda(tmp_path, EXTRA)
    assert below(tmp_path) == ["!closed", "demo-1.0-0.conda"]


def test_the_whole_file_is_compared_with_the_index_where_that_is_asked_for(tmp_path):
    path = make_conda(tmp_path, EXTRA)
    assert FileContents(str(path), sha256="0" * 64).claim().claim.sha
    with pytest.raises(PackageError, match="its sha256 differs"):
        FileContents(str(path), sha256="0" * 64, check=True).claim()
    right = FileContents(str(path), with_sha256=True).claim().sha256
    checked = FileContents(str(path), sha256=right, check=True).claim()
    assert (checked.sha256, checked.sha256_from) == (right, "file")
