"""Reading through a ``Blob``: how many reads a package costs, which may be requests."""

from __future__ import annotations

import hashlib
import os
import random

import pytest
from packages_making import info_files, make_conda, make_folder, make_tar_bz2, tar, zip_members, zst

from conda_provenance.errors import PackageError
from conda_provenance.packages import (
    BytesBlob,
    open_file_blob,
    read_claim,
    read_package,
    read_package_blob,
)
from conda_provenance.packages.blob import BlobReader, ReadAhead
from conda_provenance.packages.refusals import Refusal

STAMP = {"sha": "b" * 40, "remote_url": "https://github.com/o/r", "flow_run_id": "github_1"}


class CountedBlob:
    """Bytes that count how often, and how much of them, is read."""

    def __init__(self, data: bytes) -> None:
        self.data, self.size = data, len(data)
        self.reads: list[tuple[int, int]] = []

    def read(self, start: int, length: int, /) -> bytes:
        self.reads.append((start, length))
        return self.data[start : start + length]


def conda_of(folder, payload: int, info: int, *, first: bool = False) -> bytes:
    """A ``.conda`` whose payload and metadata have about so many bytes, and do not compress."""
    chance = random.Random(payload)
    files = {"info/files": chance.randbytes(info)} | info_files({"extra": STAMP})
    members = [
        ("metadata.json", b"{}"),
        ("pkg-demo-1.0-0.tar.zst", chance.randbytes(payload)),
        ("info-demo-1.0-0.tar.zst", zst(tar(files))),
    ]
    path = folder / "demo-1.0-0.conda"
    zip_members(path, members[::-1] if first else members)
    return path.read_bytes()


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(
    ("payload", "info", "reads"),
    [
        (1_000, 1_000, 1),  # The whole file is as small as a zip's end may be.
        (5_000_000, 1_000, 2),
        (5_000_000, 100_000, 2),
        (5_000_000, 3_000_000, 2),
        (300_000, 6_000_000, 5),  # More metadata than is read at a time.
    ],
)
def test_a_conda_is_read_in_few_requests(tmp_path, payload, info, reads, first):
    blob = CountedBlob(conda_of(tmp_path, payload, info, first=first))
    found = read_package_blob(blob, "demo-1.0-0.conda", location="https://example.org/demo")
    assert found.claim.to_extra() == STAMP
    in_the_end = not first and info < 60_000
    assert len(blob.reads) == (1 if in_the_end else reads)
    assert sum(length for _, length in blob.reads) < info + 150_000


def test_a_tar_bz2_is_read_as_far_as_its_metadata(tmp_path):
    chance = random.Random(1)
    files = info_files({"extra": STAMP}) | {"share/x": chance.randbytes(8_000_000)}
    blob = CountedBlob(make_tar_bz2(tmp_path, data=tar(files)).read_bytes())
    found = read_package_blob(blob, "demo-1.0-0.tar.bz2", location="https://example.org/demo")
    assert found.claim.to_extra() == STAMP
    # bzip2 unpacks 900 kB at a time, so that much of the payload is read.
    assert sum(length for _, length in blob.reads) < 2_000_000


@pytest.mark.parametrize("name", ["demo-1.0-0.conda", "demo-1.0-0.tar.bz2", "download", ""])
@pytest.mark.parametrize("make", [make_conda, make_tar_bz2])
def test_the_content_decides_what_a_blob_is(tmp_path, make, name):
    package = make(tmp_path, {"extra": STAMP})
    found = read_package_blob(BytesBlob(package.read_bytes()), name, location="memory")
    assert found.claim.to_extra() == STAMP


def test_what_is_known_of_a_blob(tmp_path):
    data = make_conda(tmp_path, {"extra": STAMP}).read_bytes()
    found = read_package_blob(
        BytesBlob(data),
        "other-1.0-0.conda",
        location="https://user:s3cr3t@example.org/t/x/other-1.0-0.conda",
        with_sha256=True,
    )
    assert (found.package, found.read_from) == ("other-1.0-0.conda", "remote")
    assert "s3cr3t" not in found.location
    assert found.sha256 == hashlib.sha256(data).hexdigest()
    assert [problem.code for problem in found.claim.problems] == ["name-differs"]


def test_an_error_names_a_blob_by_its_address_without_credentials():
    with pytest.raises(PackageError) as caught:
        read_package_blob(
            BytesBlob(b"no package"),
            "x-1-0.conda",
            location="https://user:s3cr3t@example.org/x-1-0.conda",
        )
    assert "example.org/x-1-0.conda cannot be read: it is neither" in str(caught.value)
    assert "s3cr3t" not in str(caught.value)


def test_a_blob_that_ends_too_soon_is_refused(tmp_path):
    """As a server may do that says one size and sends another."""
    data = conda_of(tmp_path, 5_000_000, 6_000_000, first=True)

    class Short(CountedBlob):
        def read(self, start: int, length: int, /) -> bytes:
            return super().read(start, length)[: None if len(self.reads) < 3 else 1000]

    with pytest.raises(PackageError, match=r"became shorter|cut short|damaged"):
        read_package_blob(Short(data), "demo-1.0-0.conda", location="memory")


def test_what_is_fetched_is_not_read_again():
    blob = CountedBlob(bytes(range(100)))
    ahead = ReadAhead(blob)
    ahead.fetch(10, 50)
    ahead.fetch(20, 10)
    assert ahead.read(10, 5) == bytes(range(10, 15))
    assert ahead.read(59, 1) == bytes([59])
    assert len(blob.reads) == 1
    assert ahead.read(55, 10) == bytes(range(55, 65))
    assert len(blob.reads) == 2
    assert ahead.size == 100


def test_a_range_is_read_to_its_end():
    reader = BlobReader(BytesBlob(bytes(range(100))), 10, 25)
    assert reader.read(20) == bytes(range(10, 30))
    assert reader.read(20) == bytes(range(30, 35))
    assert reader.read(20) == b""
    with pytest.raises(Refusal, match="became shorter"):
        BlobReader(BytesBlob(b"x"), 0, 2).read(2)


def test_a_file_blob_does_not_mind_where_the_file_stands(tmp_path):
    (tmp_path / "x").write_bytes(bytes(range(100)))
    with open_file_blob(tmp_path / "x") as blob:
        os.lseek(blob.file.fileno(), 50, os.SEEK_SET)
        assert blob.size == 100
        assert blob.read(0, 3) == b"\0\1\2"
        assert blob.read(98, 10) == b"bc"
        assert blob.read(200, 10) == b""


@pytest.mark.parametrize("make", [make_conda, make_tar_bz2, make_folder])
def test_what_is_known_of_a_package_on_the_disk(tmp_path, monkeypatch, make):
    package = make(tmp_path, {"extra": STAMP})
    monkeypatch.chdir(tmp_path)
    found = read_package(package.name, with_sha256=True)
    assert (found.package, found.location) == (package.name, package.name)
    assert found.claim == read_claim(package)
    assert found.read_from == ("folder" if make is make_folder else "file")
    if make is make_folder:
        assert found.sha256 is None
    else:
        assert found.sha256 == hashlib.sha256(package.read_bytes()).hexdigest()
        assert read_package(package).sha256 is None
