"""Packages without an ``info/about.json``, which is optional (CEP 34)."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest
from packages_bytes import files, raw_members, raw_tar
from packages_making import (
    INDEX,
    PAYLOAD,
    info_files,
    make_conda,
    make_folder,
    make_tar_bz2,
    member,
    tar,
    zst,
)

from conda_provenance.errors import PackageError
from conda_provenance.packages import read_about, read_claim, read_package, stamp_package

ABOUT = "info/about.json"
STAMP = {"sha": "b" * 40, "remote_url": "https://github.com/o/r", "flow_run_id": "github_1"}
BOTH = pytest.mark.parametrize("make", [make_conda, make_tar_bz2])
INDEX_JSON = json.dumps(INDEX).encode()


def make_of(make, folder: Path, raw: bytes) -> Path:
    return make(folder, info=zst(raw)) if make is make_conda else make(folder, data=raw)


def names_in(raw: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(raw)) as archive:
        return archive.getnames()


@pytest.mark.parametrize("make", [make_conda, make_tar_bz2, make_folder])
def test_a_package_without_about_json_says_nothing(tmp_path, make):
    package = make(tmp_path, None)
    found = read_package(package)
    assert not found.claim
    assert not found.claim.problems
    assert not found.has_about
    assert read_about(package) == {}
    assert read_package(make(tmp_path, {}, name="other")).has_about


@pytest.mark.parametrize("make", [make_conda, make_tar_bz2, make_folder])
def test_its_name_is_still_compared(tmp_path, make):
    assert [each.code for each in read_claim(make(tmp_path, None, name="other")).problems] == [
        "name-differs"
    ]


@BOTH
def test_a_stamp_adds_the_file_and_every_other_byte_stays(tmp_path, make):
    package = make(tmp_path, None)
    before, old = raw_members(package), raw_tar(package)
    result = stamp_package(package, STAMP)
    assert result.status == "stamped"
    assert result.changes == {key: (None, value) for key, value in STAMP.items()}
    assert read_about(package) == {"extra": STAMP}

    after = raw_members(package)
    head, data, _ = after.pop(ABOUT)
    assert {name: value[:2] for name, value in after.items()} == {
        name: value[:2] for name, value in before.items()
    }
    new = raw_tar(package)
    place = new.index(data)
    assert new[: place - 512] + new[place + len(data) + -len(data) % 512 :] == old
    assert head
    assert not stamp_package(package, STAMP)


@BOTH
def test_a_dry_run_says_the_same_and_nothing_to_add_adds_nothing(tmp_path, make):
    package = make(tmp_path, None)
    before = files(tmp_path)
    assert stamp_package(package, STAMP, dry_run=True).status == "would stamp"
    assert stamp_package(package, {"sha": None}).status == "unchanged"
    assert files(tmp_path) == before


@pytest.mark.parametrize(
    "names",
    [
        ["info/about.json", "info/files", "info/index.json", "info/recipe/recipe.yaml", "lib/x"],
        ["info/LICENSE", "info/about.json", "info/index.json", "a", "lib/x"],
        ["info/about.json", "info/index.json", "info/files", "lib/x"],
        ["info/about.json", "info/licenses/x", "info/index.json"],
        ["lib/x", "info/about.json", "info/index.json"],
        ["info/licenses/x", "info/about.json", "info/files", "info/index.json"],
    ],
)
@BOTH
def test_the_file_stands_where_builders_put_it(tmp_path, make, names):
    """rattler-build sorts the names, and conda-package-handling has metadata before payload."""
    if names[1] == "info/licenses/x":
        names = [names[1], names[0], *names[2:]]
    contents = {name: INDEX_JSON if name == "info/index.json" else b"x" for name in names}
    del contents[ABOUT]
    package = make_of(make, tmp_path, tar(contents))
    stamp_package(package, STAMP)
    assert names_in(raw_tar(package)) == names


@BOTH
@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT])
def test_the_file_has_owner_mode_and_time_of_its_neighbour(tmp_path, make, form):
    index = member("./info/index.json", size=len(INDEX_JSON), mode=0o604, mtime=1_600_000_000)
    long = member("info/" + "x" * 60 + "/" + "y" * 60, size=1)
    link = member("info/link", type=tarfile.SYMTYPE, linkname="index.json")
    raw = tar([(link, None), (index, INDEX_JSON), (long, b"x")], form)
    package = make_of(make, tmp_path, raw)
    stamp_package(package, STAMP)
    new = raw_tar(package)
    with tarfile.open(fileobj=io.BytesIO(new)) as archive:
        (about,) = (each for each in archive if each.name.endswith("about.json"))
        assert about.name == "./" + ABOUT
        assert about.isreg()
        assert not about.linkname
        assert (about.mode, about.mtime, about.uid, about.uname) == (0o604, 1_600_000_000, 7, "me")
        assert json.load(archive.extractfile(about)) == {"extra": STAMP}


@BOTH
def test_other_readers_find_the_new_file(tmp_path, make):
    streaming = pytest.importorskip("conda_package_streaming.package_streaming")
    package = make(tmp_path, None)
    stamp_package(package, STAMP)
    for archive, each in streaming.stream_conda_info(str(package)):
        if each.name == ABOUT:
            assert json.load(archive.extractfile(each)) == {"extra": STAMP}
            break
    else:
        pytest.fail("it was not found")


def test_a_payload_before_the_metadata_hides_no_about_json(tmp_path):
    """Old builders sorted nothing: index.json, the payload, and then about.json."""
    raw = tar(
        {"info/index.json": INDEX_JSON, **PAYLOAD, ABOUT: json.dumps({"extra": STAMP}).encode()}
    )
    package = make_tar_bz2(tmp_path, data=raw)
    assert read_claim(package).sha == STAMP["sha"]
    assert not stamp_package(package, STAMP)


@BOTH
def test_an_index_json_given_twice_does_not_matter(tmp_path, make):
    about = json.dumps({"extra": STAMP}).encode()
    for members in (
        [("info/index.json", INDEX_JSON), (ABOUT, about), ("info/index.json", b"{}")],
        [("./info/index.json", INDEX_JSON), ("info/index.json", b"{}"), (ABOUT, about)],
    ):
        raw = tar([(member(name, size=len(data)), data) for name, data in members])
        package = make_of(make, tmp_path, raw)
        assert read_claim(package).to_extra() == STAMP
        assert read_about(package)["extra"] == STAMP
        assert stamp_package(package, STAMP | {"sha": "c" * 40})
        assert read_about(package)["extra"]["sha"] == "c" * 40


@BOTH
@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE])
def test_an_index_json_that_is_no_file_does_not_matter(tmp_path, make, kind):
    about = json.dumps({"extra": STAMP}).encode()
    index = member("info/index.json", type=kind, linkname="x")
    raw = tar([(member(ABOUT, size=len(about)), about), (index, None)])
    assert read_claim(make_of(make, tmp_path, raw)).to_extra() == STAMP


@BOTH
def test_a_recipe_given_twice_is_refused(tmp_path, make):
    """Readers look there too, and they would find different ones."""
    about = json.dumps({"conda_build_version": "1"}).encode()
    recipe = b"package: {name: x}\nextra:\n  sha: old\n"
    members = [(ABOUT, about), ("info/recipe/meta.yaml", recipe), ("info/recipe/meta.yaml", b"")]
    raw = tar([(member(name, size=len(data)), data) for name, data in members])
    package = make_of(make, tmp_path, raw)
    with pytest.raises(PackageError, match=r"two info/recipe/meta\.yaml"):
        stamp_package(package, STAMP)


@BOTH
@pytest.mark.parametrize("names", [{}, {"lib/x": b""}, {"info/files": b""}, {"x/info/index.json"}])
def test_what_has_neither_about_json_nor_index_json_is_no_package(tmp_path, make, names):
    package = make_of(make, tmp_path, tar(dict.fromkeys(names, b"")))
    for act in (read_claim, read_about, lambda path: stamp_package(path, STAMP)):
        with pytest.raises(PackageError, match=r"no info/about\.json and no info/index\.json"):
            act(package)


def test_a_folder_with_neither_is_no_package(tmp_path):
    (tmp_path / "info").mkdir()
    with pytest.raises(PackageError, match=r"no info/about\.json and no info/index\.json"):
        read_claim(tmp_path)


def test_a_link_that_leads_nowhere_is_not_taken_for_no_about_json(tmp_path):
    folder = make_folder(tmp_path, None)
    (folder / ABOUT).symlink_to("gone")
    with pytest.raises(PackageError, match="cannot be read"):
        read_claim(folder)


@BOTH
def test_an_empty_about_json_is_refused(tmp_path, make):
    package = make(tmp_path, b"")
    for act in (read_claim, lambda path: stamp_package(path, STAMP)):
        with pytest.raises(PackageError, match=r"its info/about\.json is empty"):
            act(package)


def test_a_metadata_folder_with_nothing_plain_has_no_neighbour(tmp_path):
    index = member("info/index.json", type=tarfile.SYMTYPE, linkname="x")
    package = make_conda(tmp_path, info=zst(tar([(index, None)])))
    with pytest.raises(PackageError, match="no plain file"):
        stamp_package(package, STAMP)
    assert info_files(None).keys() == {"info/index.json", "info/paths.json"}
