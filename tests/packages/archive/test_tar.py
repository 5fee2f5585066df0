"""Tars as GNU tar and Python's tarfile write them: what is not the stamp keeps its bytes."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest
from packages_making import INDEX, make_conda, make_tar_bz2, member, tar, zst

from conda_provenance.errors import PackageError
from conda_provenance.packages import read_about, read_claim, stamp_package
from conda_provenance.packages.archive.decompression import open_plain, open_zstd
from conda_provenance.packages.archive.tar import rewrite
from conda_provenance.packages.archive.tar_header import BLOCK

ABOUT = "info/about.json"
STAMP = {"sha": "b" * 40, "remote_url": "https://github.com/o/r", "flow_run_id": "github_1"}
HOLES = b"".join(b"x" * 4096 + bytes(60 << 10) for _ in range(30))
"""More pieces of data than a header has room for, so that the map goes on in further blocks."""


def has_gnu_tar() -> bool:
    if not shutil.which("tar"):
        return False
    version = subprocess.run(["tar", "--version"], capture_output=True, text=True, check=False)
    return "GNU tar" in version.stdout


needs_gnu_tar = pytest.mark.skipif(not has_gnu_tar(), reason="GNU tar is not installed here")


def gnu_tar(folder: Path, *arguments: str) -> bytes:
    """A tar of files in ``folder`` by GNU tar."""
    command = ["tar", "-C", str(folder), "-cf", "-", *arguments]
    return subprocess.run(command, capture_output=True, check=True).stdout


@pytest.fixture
def info(tmp_path: Path) -> Path:
    """A folder with the metadata of a package in its folder "info", a sparse file among it."""
    root = tmp_path / "root"
    (root / "info").mkdir(parents=True)
    (root / ABOUT).write_text(json.dumps({"extra": {}}))
    (root / "info" / "index.json").write_text(json.dumps(INDEX))
    with (root / "info" / "holes").open("wb") as file:
        for start in range(0, len(HOLES), 64 << 10):
            file.seek(start)
            file.write(HOLES[start : start + 4096])
        file.truncate(len(HOLES))
    return root


def extracted(data: bytes, folder: Path) -> dict[str, bytes]:
    """What GNU tar makes of a tar."""
    folder.mkdir()
    subprocess.run(["tar", "-C", str(folder), "-xf", "-"], input=data, check=True)
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def unpacked_info(package: Path) -> bytes:
    with zipfile.ZipFile(package) as archive:
        (name,) = (name for name in archive.namelist() if name.startswith("info-"))
        return open_zstd(io.BytesIO(archive.read(name)), 1 << 30).read(1 << 28)


@needs_gnu_tar
@pytest.mark.parametrize("form", ["gnu", "pax"])
@pytest.mark.parametrize("first", [True, False])
def test_a_sparse_file_by_gnu_tar_keeps_every_byte(tmp_path, info, form, first):
    names = ["info/index.json", "info/holes", ABOUT]
    raw = gnu_tar(info, "--sparse", f"--format={form}", *(names if first else names[::-1]))
    with tarfile.open(fileobj=io.BytesIO(raw)) as archive:
        assert len(archive.getmember("info/holes").sparse or ()) >= 30

    package = make_conda(tmp_path, info=zst(raw))
    assert stamp_package(package, STAMP)
    assert read_about(package) == {"extra": STAMP}

    files = extracted(unpacked_info(package), tmp_path / "after")
    assert files["info/holes"] == HOLES
    assert json.loads(files[ABOUT]) == {"extra": STAMP}
    assert blocks_of(unpacked_info(package), "holes") == blocks_of(raw, "holes")


def blocks_of(data: bytes, ending: str) -> bytes:
    """The blocks of a member as they stand in the tar, from its first header to the next member."""
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        members = archive.getmembers()
        position = next(n for n, each in enumerate(members) if each.name.endswith(ending))
        ends = [each.offset for each in members[position + 1 :]] or [archive.offset]
        return data[members[position].offset : ends[0]]


@needs_gnu_tar
def test_a_sparse_about_json_is_refused(tmp_path, info):
    (info / ABOUT).write_bytes(b"")
    with (info / ABOUT).open("wb") as file:
        file.seek(64 << 10)
        file.write(b'{"extra": {}}')
    raw = gnu_tar(info, "--sparse", "--format=gnu", ABOUT)
    package = make_conda(tmp_path, info=zst(raw))
    with pytest.raises(PackageError, match="is no plain file"):
        stamp_package(package, STAMP)


@needs_gnu_tar
@pytest.mark.parametrize("make", [make_conda, make_tar_bz2])
def test_a_size_in_a_pax_header_by_gnu_tar_is_changed_with_the_data(tmp_path, info, make):
    size = (info / ABOUT).stat().st_size
    about = gnu_tar(info, "--format=pax", f"--pax-option=size:={size}", ABOUT)
    rest = gnu_tar(info, "--format=pax", "info/index.json")
    raw = without_end(about) + rest
    assert b"11 size=%d\n" % size in raw

    package = make(tmp_path, info=zst(raw)) if make is make_conda else make(tmp_path, data=raw)
    # The record's own length changes with the number of digits.
    assert stamp_package(package, STAMP | {"note": "n" * 900})
    assert read_about(package)["extra"] == STAMP | {"note": "n" * 900}
    if make is make_conda:
        after = unpacked_info(package)
        files = extracted(after, tmp_path / "after")
        new_size = len(files[ABOUT])
        assert b"13 size=%d\n" % new_size in after
        assert b"size=%d\n" % size not in after
        assert json.loads(files["info/index.json"]) == INDEX
        assert other_records(after) == other_records(raw)


def without_end(data: bytes) -> bytes:
    """The tar without the zeros at its end."""
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        archive.getmembers()
        return data[: archive.offset]


def other_records(data: bytes) -> list[dict[str, str]]:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return [
            {key: value for key, value in each.pax_headers.items() if key != "size"}
            for each in archive
        ]


@pytest.mark.parametrize("digits", [1, 2, 3, 6])
def test_a_size_in_a_pax_header_by_tarfile(digits):
    """Every number of digits, from a size whose record has another length."""
    old, new = b"{}", b"n" * 10 ** (digits - 1)
    raw = tar(
        [(member(ABOUT, size=2, pax_headers={"size": "2", "comment": "c"}), old)],
        tarfile.PAX_FORMAT,
    )
    data = b"".join(rewrite(open_plain(io.BytesIO(raw), 1 << 20), {ABOUT: new}))
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        (found,) = archive
        assert found.size == len(new)
        assert found.pax_headers == {"size": str(len(new)), "comment": "c"}
        assert archive.extractfile(found).read() == new
    assert len(data) % BLOCK == 0


@needs_gnu_tar
def test_a_claim_is_read_from_a_tar_by_gnu_tar(tmp_path, info):
    (info / ABOUT).write_text(json.dumps({"extra": STAMP}))
    package = make_conda(tmp_path, info=zst(gnu_tar(info, "--format=posix", "info")))
    assert read_claim(package).to_extra() == STAMP
