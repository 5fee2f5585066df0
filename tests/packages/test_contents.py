"""All that a package holds besides its payload, from one reading of it."""

from __future__ import annotations

import bz2
import hashlib
import os
import tarfile
from pathlib import Path
from typing import Any

import packages_making as making
import pytest
from packages_making import make_conda, make_folder, make_tar_bz2, member, tar, zip_members, zst

from conda_provenance.errors import PackageError
from conda_provenance.packages import BytesBlob, inventory, read_package
from conda_provenance.packages.contents import PackageContents
from conda_provenance.packages.read_contents import (
    read_contents,
    read_contents_blob,
    read_contents_layer,
)
from conda_provenance.sources.files import FileContents

ABOUT = {"extra": {"sha": "a" * 40, "remote_url": "https://example.com/o/n"}}
SCRIPT = "bin/.demo-post-link.sh"

Members = list[tuple[tarfile.TarInfo, bytes | None]]


def _recipe() -> Members:
    return [
        (member("info/recipe/meta.yaml", size=3), b"a: "),
        (member("info/recipe/build.sh", size=2, mode=0o755), b"ls"),
        (member("info/recipe/link", type=tarfile.SYMTYPE, linkname="../../../secret"), None),
    ]


def _metadata(further: Members) -> Members:
    files = making.info_files(ABOUT)
    return [(member(name, size=len(data)), data) for name, data in files.items()] + further


def conda_with(folder: Path, further: Members = (), payload: Members = ()) -> Path:  # type: ignore[assignment]
    path = folder / "demo-1.0-0.conda"
    members = [
        ("metadata.json", b'{"conda_pkg_format_version": 2}'),
        ("pkg-demo-1.0-0.tar.zst", zst(tar(list(payload)))),
        ("info-demo-1.0-0.tar.zst", zst(tar(_metadata(list(further))))),
    ]
    zip_members(path, members)
    return path


def bz2_with(folder: Path, further: Members = (), payload: Members = ()) -> Path:  # type: ignore[assignment]
    members = [*_metadata(list(further)), *payload]
    return make_tar_bz2(folder, data=tar(members))


BOTH = pytest.mark.parametrize("make", [conda_with, bz2_with])


@BOTH
@pytest.mark.parametrize("whole", [False, True])
def test_claim_and_files_come_from_one_reading(tmp_path: Path, make: Any, whole: bool) -> None:
    path = make(tmp_path, _recipe(), [(member("share/demo", size=1), b"x")])
    contents = FileContents(str(path)).everything(whole=whole)

    assert contents.package.claim == read_package(path).claim
    assert contents.files["info/recipe/meta.yaml"].data == b"a: "
    assert not contents.files["info/recipe/meta.yaml"].is_executable
    assert contents.files["info/recipe/build.sh"].is_executable
    link = contents.files["info/recipe/link"]
    assert (link.is_link, link.data) == (True, b"../../../secret")
    assert "share/demo" not in contents.files
    assert not contents.oddities
    assert not contents.left_out


@BOTH
def test_whole_has_the_digest_of_the_bytes_that_were_read(tmp_path: Path, make: Any) -> None:
    path = make(tmp_path, _recipe())
    assert read_contents(path).package.sha256 is None
    assert read_contents(path).install_scripts is None

    package = read_contents(path, whole=True).package
    assert package.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert package.sha256_from == "file"


def test_a_file_that_changes_while_it_is_read_has_no_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = conda_with(tmp_path)
    see = inventory.Inventory.see_metadata

    def change(self: inventory.Inventory, each: Any) -> None:
        os.utime(path, (1, 1))
        see(self, each)

    monkeypatch.setattr(inventory.Inventory, "see_metadata", change)
    with pytest.raises(PackageError, match="another program changed it"):
        read_contents(path, whole=True)


@BOTH
@pytest.mark.parametrize(
    "name",
    [
        SCRIPT,
        "bin/.demo-pre-unlink.sh",
        "Scripts/.demo-pre-link.bat",
        "BIN/.demo-post-link.sh",
        "python-scripts/.demo-post-link.sh",
    ],
)
def test_scripts_that_run_at_installation_are_found(tmp_path: Path, make: Any, name: str) -> None:
    path = make(tmp_path, [], [(member(name, size=2, mode=0o755), b"rm")])
    scripts = read_contents(path, whole=True).install_scripts
    assert scripts is not None
    assert scripts[name].data == b"rm"
    assert scripts[name].is_executable


@pytest.mark.parametrize("name", ["bin/demo", "bin/x/.demo-post-link.sh", "bin/.demo-post-link"])
def test_other_files_of_the_payload_are_not_kept(tmp_path: Path, name: str) -> None:
    path = conda_with(tmp_path, [], [(member(name, size=2), b"rm")])
    assert read_contents(path, whole=True).install_scripts == {}


@pytest.mark.parametrize(
    "payload",
    [
        (member(SCRIPT, type=tarfile.SYMTYPE, linkname="../share/x"), None),
        (member(SCRIPT, type=tarfile.LNKTYPE, linkname="share/x"), None),
        (member("bin", type=tarfile.SYMTYPE, linkname="share/x"), None),
    ],
)
def test_what_leads_to_a_script_by_a_link_is_a_script(tmp_path: Path, payload: Any) -> None:
    scripts = read_contents(conda_with(tmp_path, [], [payload]), whole=True).install_scripts
    assert scripts is not None
    assert [script.is_link for script in scripts.values()] == [True]


@BOTH
@pytest.mark.parametrize(
    ("further", "word"),
    [
        ((member("info/recipe/meta.yaml", size=1), b"x"), "holds two info/recipe/meta.yaml"),
        ((member("./info/recipe//meta.yaml", size=1), b"x"), "holds two info/recipe/meta.yaml"),
        ((member("info/tty", type=tarfile.CHRTYPE), None), "info/tty is no file"),
        ((member("info/pipe", type=tarfile.FIFOTYPE), None), "info/pipe is no file"),
        ((member("info/x", type=tarfile.LNKTYPE, linkname="share/y"), None), "hard link"),
    ],
)
def test_what_no_builder_writes_is_an_oddity(
    tmp_path: Path, make: Any, further: Any, word: str
) -> None:
    contents = read_contents(make(tmp_path, [*_recipe(), further]))
    assert len(contents.oddities) == 1
    assert word in contents.oddities[0]
    assert contents.files["info/recipe/meta.yaml"].data == b"a: "


@pytest.mark.parametrize("name", ["info/recipe/meta.yaml", "Info/about.json", "info"])
def test_a_payload_that_would_be_metadata_is_an_oddity(tmp_path: Path, name: str) -> None:
    path = conda_with(tmp_path, _recipe(), [(member(name, size=1), b"x")])
    assert not read_contents(path).oddities
    assert "would be metadata" in read_contents(path, whole=True).oddities[0]


@pytest.mark.parametrize(
    ("place", "data"),
    [
        ((108, 116), b"\xb1xx     "),  # Python's reader stops here, without a word.
        ((136, 148), b"one hour ago"),
        ((345, 349), b"../x"),  # It puts this before the name, whatever the format is.
    ],
)
def test_headers_that_readers_differ_on_are_oddities(
    tmp_path: Path, place: tuple[int, int], data: bytes
) -> None:
    blocks = bytearray(tar(_metadata(_recipe())))
    at = blocks.index(b"info/recipe/meta.yaml")
    blocks[at + place[0] : at + place[1]] = data
    blocks[at + 148 : at + 156] = b" " * 8
    blocks[at + 148 : at + 156] = b"%06o\0 " % sum(blocks[at : at + 512])
    contents = read_contents(make_tar_bz2(tmp_path, data=bytes(blocks)))
    assert "header that readers differ on" in contents.oddities[0]


def test_metadata_outside_its_folder_is_an_oddity(tmp_path: Path) -> None:
    path = conda_with(tmp_path, [(member("bin/x", size=1), b"x")])
    assert "holds bin/x" in read_contents(path).oddities[0]


def test_further_members_of_the_zip_are_oddities(tmp_path: Path) -> None:
    path = tmp_path / "demo-1.0-0.conda"
    info = zst(tar(_metadata([])))
    names = ("pkg-demo.tar.zst", "pkg-other.tar.zst", "further")
    members = [(name, zst(tar([]))) for name in names]
    zip_members(path, [("info-demo-1.0-0.tar.zst", info), *members])
    assert len(read_contents(path, whole=True).oddities) == 2


def test_a_hard_link_within_the_metadata_is_a_copy(tmp_path: Path) -> None:
    link = member("info/recipe/copy", type=tarfile.LNKTYPE, linkname="info/recipe/meta.yaml")
    contents = read_contents(bz2_with(tmp_path, [*_recipe(), (link, None)]))
    assert contents.files["info/recipe/copy"].data == b"a: "
    assert not contents.oddities


@BOTH
def test_two_abouts_are_refused(tmp_path: Path, make: Any) -> None:
    with pytest.raises(PackageError, match=r"two info/about\.json"):
        read_contents(make(tmp_path, [(member("info/about.json", size=2), b"{}")]))


@BOTH
def test_large_files_are_left_out_and_named(
    tmp_path: Path, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inventory, "MAX_FILE", 2000)
    monkeypatch.setattr(inventory, "MAX_TOTAL", 4000)
    large = [(member(f"info/recipe/{n}", size=n), b"x" * n) for n in (1999, 2001, 1998, 3)]
    contents = read_contents(make(tmp_path, large))
    assert contents.left_out == ("info/recipe/2001", "info/recipe/1998")
    assert "info/recipe/3" in contents.files


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inventory, "MAX_FILES", 10)
    with pytest.raises(PackageError, match="more than 10 files"):
        read_contents(conda_with(tmp_path, [(member(f"info/{n}"), b"") for n in range(9)]))


def test_a_payload_that_unpacks_to_more_than_allowed_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conda_provenance.packages.metadata._WHOLE_LIMIT", 1 << 20)
    monkeypatch.setattr("conda_provenance.packages.metadata._EXPANSION", 1)
    bomb = [(member("share/bomb", size=4 << 20), bytes(4 << 20))]
    path = conda_with(tmp_path, [], bomb)
    assert read_contents(path).files
    with pytest.raises(PackageError, match="unpacks to more"):
        read_contents(path, whole=True)


def test_the_list_at_the_end_of_the_zip_is_read(tmp_path: Path) -> None:
    """A reader from the front would see another info member than conda unpacks."""
    path = conda_with(tmp_path, _recipe())
    honest = path.read_bytes()
    # The lie in front is in no list: the zip's members must fill the file.
    lie = make_conda(tmp_path, {"extra": {"sha": "b" * 40}}, name="lie").read_bytes()
    front = lie[: lie.index(b"PK\1\2")]

    class FromFront(BytesBlob):
        piece, from_front, past_payload = 1 << 15, True, True

        def fetch(self, start: int, length: int) -> None: ...

    name = "demo-1.0-0.conda"
    with pytest.raises(PackageError):
        read_contents_blob(FromFront(front + honest), name, location=name)
    contents = read_contents_blob(FromFront(honest), name, location=name)
    assert contents.package.claim.sha == "a" * 40


def test_a_folder_is_read_without_following_a_link(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "id_rsa").write_text("secret")
    folder = make_folder(tmp_path, ABOUT)
    recipe = folder / "info" / "recipe"
    recipe.mkdir()
    (recipe / "build.sh").write_text("ls")
    (recipe / "build.sh").chmod(0o755)
    (recipe / "key").symlink_to(secret / "id_rsa")
    (recipe / "all").symlink_to(secret, target_is_directory=True)
    os.mkfifo(recipe / "pipe")
    claim = read_package(folder)
    (folder / "info" / "repodata_record.json").write_text('{"url": "https://me:pw@x"}')
    (folder / "bin").mkdir()
    (folder / SCRIPT).write_text("rm")

    contents = FileContents(str(folder)).everything(whole=True)
    assert contents.files["info/recipe/key"].is_link
    assert contents.files["info/recipe/key"].data == os.fsencode(secret / "id_rsa")
    assert contents.files["info/recipe/all"].is_link
    assert contents.files["info/recipe/build.sh"].is_executable
    assert not [name for name in contents.files if "id_rsa" in name or "repodata" in name]
    assert contents.oddities == ("Its info/recipe/pipe is no file.",)
    assert contents.install_scripts is not None
    assert contents.install_scripts[SCRIPT].data == b"rm"
    assert contents.package == claim


@pytest.mark.parametrize("name", ["info", "info/about.json"])
def test_a_folder_whose_metadata_is_a_link_is_refused(tmp_path: Path, name: str) -> None:
    folder = make_folder(tmp_path, ABOUT)
    (folder / name).rename(tmp_path / "elsewhere")
    (folder / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PackageError, match="is a link"):
        FileContents(str(folder)).everything()


def test_a_registry_s_layer_is_read_like_a_package(tmp_path: Path) -> None:
    import gzip

    name = "demo-1.0-0.conda"
    members = _metadata(_recipe())
    whole = gzip.compress(tar(members))
    within = []
    for info, data in members:
        info.name = info.name.removeprefix("info/")
        within.append((info, data))
    results: list[PackageContents] = [
        read_contents_layer(BytesBlob(data), name, location=name)
        for data in (whole, gzip.compress(tar(within)))
    ]
    assert results[0] == results[1]
    assert results[0].files["info/recipe/build.sh"].is_executable
    assert results[0].package.claim.sha == "a" * 40


def test_an_index_s_digest_is_not_taken_for_a_computed_one(tmp_path: Path) -> None:
    path = conda_with(tmp_path)
    listed = FileContents(str(path), sha256="0" * 64)
    assert listed.everything().package.sha256_from == "index"
    assert listed.everything(whole=True).package.sha256_from == "file"
    with pytest.raises(PackageError, match="not the package that the index"):
        FileContents(str(path), sha256="0" * 64, check=True).everything()


def test_a_broken_bz2_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "demo-1.0-0.tar.bz2"
    path.write_bytes(bz2.compress(tar(_metadata([])))[:-9])
    with pytest.raises(PackageError):
        read_contents(path)


@BOTH
@pytest.mark.parametrize(
    "name",
    [
        "Scripts\\.demo-post-link.bat",
        "Scripts/.demo-post-link.bat.",
        "Scripts/.demo-post-link.bat ",
        "Scripts./.demo-post-link.bat",
        "Scripts/.demo-post-link.bat::$DATA",
        "Lib\\..\\Scripts\\.demo-post-link.bat",
        "python-scripts\\.demo-pre-unlink.bat",
    ],
)
def test_scripts_that_windows_writes_to_another_name_are_found(
    tmp_path: Path, make: Any, name: str
) -> None:
    path = make(tmp_path, [], [(member(name, size=2), b"rm")])
    scripts = read_contents(path, whole=True).install_scripts
    assert scripts, name
    assert all(each.is_link or each.data == b"rm" for each in scripts.values())


@BOTH
@pytest.mark.parametrize("name", ["info\\about.json", "lib\\..\\info\\about.json", "Info./x"])
def test_a_payload_that_windows_writes_over_the_metadata_is_odd(
    tmp_path: Path, make: Any, name: str
) -> None:
    path = make(tmp_path, [], [(member(name, size=2), b"{}")])
    (oddity,) = read_contents(path, whole=True).oddities
    assert "would be metadata" in oddity


@BOTH
@pytest.mark.parametrize(
    "name", ["info/About.json", "info/INDEX.JSON", "info/recipe\\meta.yaml", "info/about.json."]
)
def test_two_names_that_are_one_on_some_systems_are_odd(
    tmp_path: Path, make: Any, name: str
) -> None:
    contents = read_contents(make(tmp_path, [*_recipe(), (member(name, size=2), b"{}")]))
    (oddity,) = contents.oddities
    assert "on some systems" in oddity


@BOTH
def test_names_that_linux_has_are_not_odd(tmp_path: Path, make: Any) -> None:
    """systemd has names with backslashes, and licenses differ in case."""
    names = ["info/licenses/LICENSE", "info/licenses/license", "info/test/A::B", "info/test/A::C"]
    payload = ["lib/systemd/dev\\x2dx.slice", "share/Makefile", "share/makefile"]
    path = make(
        tmp_path,
        [(member(name, size=1), b"x") for name in names],
        [(member(name, size=1), b"x") for name in payload],
    )
    contents = read_contents(path, whole=True)
    assert not contents.oddities
    assert contents.install_scripts == {}
