"""What a stamp refuses, what a dry run says, and what became of a package."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from packages_bytes import files
from packages_making import make_conda, make_folder, make_tar_bz2

from conda_provenance.errors import PackageError, RefusedError
from conda_provenance.packages import read_about, read_claim, stamp_package
from conda_provenance.packages.files import replace as replacing_module

STAMP = {"sha": "b" * 40, "remote_url": "https://github.com/o/r", "flow_run_id": "github_1"}
ABOUT = {"home": "https://example.org", "extra": {"final": True, "recipe-maintainers": ["a"]}}
BOTH = pytest.mark.parametrize("make", [make_conda, make_tar_bz2])


def test_a_stamped_copy_leaves_the_package_alone(tmp_path):
    (tmp_path / "out").mkdir()
    package = make_conda(tmp_path, ABOUT)
    before = package.read_bytes()
    target = tmp_path / "out" / package.name
    assert stamp_package(package, STAMP, target=target)
    assert package.read_bytes() == before
    assert read_about(target)["extra"]["sha"] == STAMP["sha"]
    assert not stamp_package(target, STAMP, target=tmp_path / "again.conda")
    assert (tmp_path / "again.conda").read_bytes() == target.read_bytes()


def test_a_dry_run_writes_nothing_and_refuses_the_same(tmp_path):
    package = make_conda(tmp_path, ABOUT)
    before = package.stat()
    assert stamp_package(package, STAMP, dry_run=True).status == "would stamp"
    assert stamp_package(package, {"never": None}, dry_run=True).status == "unchanged"
    with pytest.raises(PackageError):
        stamp_package(make_conda(tmp_path, {"extra": 5}, name="bad"), STAMP, dry_run=True)
    assert package.stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_copy_cannot_take_the_place_of_a_folder(tmp_path, dry_run):
    package = make_conda(tmp_path, ABOUT)
    folder = tmp_path / "out" / package.name
    folder.mkdir(parents=True)
    with pytest.raises(PackageError, match="is a folder"):
        stamp_package(package, STAMP, target=folder, dry_run=dry_run)
    assert files(tmp_path / "out" / package.name) == {}


@BOTH
def test_what_became_of_a_package(tmp_path, monkeypatch, make):
    monkeypatch.chdir(tmp_path)
    about = {"extra": {"sha": "", "remote_url": 5, "flow_run_id": "x_1", "note": "n"}}
    package = make(tmp_path, about)
    changes = {"sha": "b" * 40, "remote_url": "https://h/r", "flow_run_id": "x_1", "note": None}
    expected = {
        "sha": ("", "b" * 40),
        "remote_url": ("5", "https://h/r"),
        "note": ("n", None),
    }
    before = package.read_bytes()
    for dry_run, status in ((True, "would stamp"), (False, "stamped")):
        result = stamp_package(package.name, changes, dry_run=dry_run)
        assert result
        assert (result.status, result.path, result.target) == (status, package.name, None)
        assert result.changes == expected
        assert result.claim.to_extra() == {
            "sha": "b" * 40,
            "remote_url": "https://h/r",
            "flow_run_id": "x_1",
        }
        assert (package.read_bytes() == before) == dry_run
    assert read_claim(package) == result.claim
    again = stamp_package(package, changes)
    assert not again
    assert (again.status, dict(again.changes), again.claim) == ("unchanged", {}, result.claim)


def test_the_claim_of_a_stamped_copy_knows_the_name_of_the_copy(tmp_path):
    package = make_conda(tmp_path, ABOUT)
    result = stamp_package(package, STAMP, target=tmp_path / "other-2.0-0.conda")
    assert result.target == str(tmp_path / "other-2.0-0.conda")
    assert [problem.code for problem in result.claim.problems] == ["name-differs"]
    assert result.claim == read_claim(tmp_path / "other-2.0-0.conda")


@pytest.mark.parametrize("dry_run", [True, False])
def test_without_overwriting_nothing_that_somebody_wrote_is_lost(tmp_path, dry_run):
    def refused(package: Path, why: str, **options: object) -> None:
        before = files(tmp_path)
        with pytest.raises(RefusedError, match=why) as caught:
            stamp_package(package, STAMP, overwrite=False, dry_run=dry_run, **options)
        assert str(caught.value).startswith(f"{package} cannot be stamped: ")
        assert files(tmp_path) == before

    refused(make_conda(tmp_path, {"extra": {"sha": "other"}}, name="a"), "says another sha already")
    signed = make_conda(tmp_path, ABOUT, name="b")
    (tmp_path / f"{signed.name}.sig").write_text("")
    refused(signed, r"b-1\.0-0\.conda\.sig vouches for its bytes")
    target = make_conda(tmp_path, ABOUT, name="c")
    refused(signed, "is there already", target=target)

    free = tmp_path / "free.conda"
    for package in (signed, make_conda(tmp_path, ABOUT, name="d")):
        options = {"target": free} if package == signed else {}
        result = stamp_package(package, STAMP, overwrite=False, dry_run=dry_run, **options)
        assert result.status == ("would stamp" if dry_run else "stamped")
    assert free.exists() != dry_run


def test_a_signature_does_not_matter_to_a_package_that_stays_as_it_is(tmp_path):
    package = make_conda(tmp_path, {"extra": STAMP})
    (tmp_path / f"{package.name}.sig").write_text("")
    assert stamp_package(package, STAMP, overwrite=False).status == "unchanged"


def test_a_copy_over_the_package_itself_is_refused_even_with_overwriting(tmp_path):
    package = make_conda(tmp_path, ABOUT)
    (tmp_path / "link.conda").symlink_to(package)
    os.link(package, tmp_path / "hard.conda")
    for target in (package, tmp_path / "link.conda", tmp_path / "hard.conda"):
        with pytest.raises(PackageError, match="is there already"):
            stamp_package(package, STAMP, target=target)
    assert read_about(package) == ABOUT


def test_a_copy_needs_its_folder_and_a_dry_run_does_not(tmp_path):
    package = make_conda(tmp_path, ABOUT)
    target = tmp_path / "new" / "folder" / package.name
    assert stamp_package(package, STAMP, target=target, dry_run=True).status == "would stamp"
    assert os.listdir(tmp_path) == [package.name]
    with pytest.raises(PackageError, match=r"there is no folder .*new/folder for the copy"):
        stamp_package(package, STAMP, target=target)
    (tmp_path / "new").write_text("")
    with pytest.raises(PackageError, match="Not a directory"):
        stamp_package(package, STAMP, target=target, dry_run=True)


@pytest.mark.parametrize("failing", ["fsync", "fchmod", "fdopen"])
@BOTH
def test_a_dry_run_fails_where_the_real_one_does(tmp_path, monkeypatch, make, failing):
    package = make(tmp_path, ABOUT)
    section = "packages.conda" if make is make_conda else "packages"
    (tmp_path / "repodata.json").write_text(json.dumps({section: {package.name: {"sha256": "0"}}}))
    before = files(tmp_path)
    assert stamp_package(package, STAMP, dry_run=True)
    assert files(tmp_path) == before

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(replacing_module.os, failing, fail)
    for dry_run in (True, False):
        with pytest.raises(PackageError, match="No space left on device"):
            stamp_package(package, STAMP, dry_run=dry_run)
    monkeypatch.undo()
    assert files(tmp_path) == before


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(PackageError, match="only package files are stamped"):
        stamp_package(make_folder(tmp_path, ABOUT), STAMP)
