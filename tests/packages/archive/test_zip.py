"""The zip around a ``.conda`` in its larger form, and what is not read of it."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest
from packages_making import info_files, make_conda, tar, zip_members, zst

from conda_provenance.errors import PackageError
from conda_provenance.packages import read_about, read_claim, read_package_blob, stamp_package
from conda_provenance.packages.archive.zip_end import END, END64, FULL16, FULL32, LOCATOR
from conda_provenance.packages.blob import BytesBlob

STAMP = {"sha": "b" * 40}
ABOUT = {"extra": {"final": True}}
INFO, PAYLOAD = "info-demo-1.0-0.tar.zst", "pkg-demo-1.0-0.tar.zst"


@pytest.fixture
def with_zip64_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with a zip64 end record, which zipfile writes for very many members."""
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 1)
    package = make_conda(tmp_path, ABOUT, first=True)
    monkeypatch.undo()
    assert b"PK\6\6" in package.read_bytes()
    return package


def end_of(data: bytes) -> tuple[bytes, bytes, bytes]:
    """The zip64 end record, its locator and the end record."""
    end = data[-END.size :]
    locator = data[-END.size - LOCATOR.size : -END.size]
    return data[-END.size - LOCATOR.size - END64.size :][: END64.size], locator, end


def see_zip64(package: Path) -> None:
    """Make the end record say "see zip64" for all that it counts, as for a zip above 4 GiB."""
    data = package.read_bytes()
    fixed = list(END.unpack(data[-END.size :]))
    fixed[3:7] = FULL16, FULL16, FULL32, FULL32
    package.write_bytes(data[: -END.size] + END.pack(*fixed))


@pytest.mark.parametrize("marks", [False, True])
def test_a_zip64_end_record_is_read_and_written_again(with_zip64_end, marks):
    package = with_zip64_end
    if marks:
        see_zip64(package)
    old_end = end_of(package.read_bytes())
    assert read_about(package) == ABOUT

    assert stamp_package(package, STAMP)
    assert read_about(package)["extra"] == ABOUT["extra"] | STAMP
    with zipfile.ZipFile(package) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [INFO, "metadata.json", PAYLOAD]

    data = package.read_bytes()
    record, locator, end = end_of(data)
    *_, count, length, start = END64.unpack(record)
    assert count == 3
    assert data[start : start + 4] == b"PK\1\2"
    assert start + length == LOCATOR.unpack(locator)[2] == len(data) - sum(map(len, old_end))
    if marks:
        assert end == old_end[2]
    else:
        assert END.unpack(end)[3:7] == (3, 3, length, start)


@pytest.mark.parametrize(
    ("offset", "value"),
    [
        (0, b"PK\6\5"),  # No record where the locator says.
        (16, b"\1\0\0\0"),  # A disk.
        (24, b"\4\0\0\0\0\0\0\0"),  # Members on this disk.
        (32, b"\4\0\0\0\0\0\0\0"),  # Members.
        (40, b"\1\0\0\0\0\0\0\0"),  # The directory's length.
        (48, b"\1\0\0\0\0\0\0\0"),  # The directory's place.
        (END64.size + 4, b"\1\0\0\0"),  # The locator's disk.
        (END64.size + 8, b"\1\0\0\0\0\0\0\0"),  # The record's place.
        (END64.size + 16, b"\2\0\0\0"),  # The number of disks.
    ],
)
@pytest.mark.parametrize("marks", [False, True])
def test_a_zip64_end_record_that_contradicts_is_refused(with_zip64_end, offset, value, marks):
    package = with_zip64_end
    if marks:
        see_zip64(package)
    data = bytearray(package.read_bytes())
    start = len(data) - END.size - LOCATOR.size - END64.size + offset
    data[start : start + len(value)] = value
    package.write_bytes(data)
    for act in (read_about, lambda path: stamp_package(path, STAMP)):
        with pytest.raises(PackageError, match="contradicts itself"):
            act(package)
    assert package.read_bytes() == data


class Holes(io.RawIOBase):
    """A file in memory whose long runs of zeros take no room."""

    def __init__(self) -> None:
        self.pieces: list[tuple[int, bytes]] = []
        self.size = self.position = 0

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.position

    def seek(self, offset: int, whence: int = 0) -> int:
        self.position = offset if whence == 0 else self.size + offset
        return self.position

    def write(self, data: bytes) -> int:  # type: ignore[override]
        if data is not ZEROS:
            self.pieces.append((self.position, bytes(data)))
        self.position += len(data)
        self.size = max(self.size, self.position)
        return len(data)

    def read_range(self, start: int, length: int) -> bytes:
        result = bytearray(max(0, min(length, self.size - start)))
        for place, data in self.pieces:
            first, last = max(place, start), min(place + len(data), start + len(result))
            if first < last:
                result[first - start : last - start] = data[first - place : last - place]
        return bytes(result)


ZEROS = bytes(64 << 20)


class HolesBlob:
    def __init__(self, file: Holes) -> None:
        self.file, self.size = file, file.size

    def read(self, start: int, length: int, /) -> bytes:
        return self.file.read_range(start, length)


def test_a_package_of_five_gigabytes_is_read(monkeypatch):
    """Above 4 GiB the places of the members and of the directory are in zip64's fields."""
    monkeypatch.setattr(
        zipfile, "crc32", lambda data, crc=0: 0 if data is ZEROS else crc32(data, crc)
    )
    file = Holes()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:  # type: ignore[call-overload]
        with archive.open(PAYLOAD, "w", force_zip64=True) as payload:
            for _ in range(80):
                payload.write(ZEROS)
        archive.writestr(INFO, zst(tar(info_files({"extra": STAMP}))))
    assert file.size > 5 << 30
    found = read_package_blob(HolesBlob(file), "demo-1.0-0.conda", location="memory")
    assert found.claim.sha == STAMP["sha"]


crc32 = zipfile.crc32


def test_reading_does_not_look_at_other_members_and_stamping_does(tmp_path):
    package = make_conda(tmp_path, ABOUT)
    data = bytearray(package.read_bytes())
    with zipfile.ZipFile(package) as archive:
        start = archive.getinfo(PAYLOAD).header_offset
    data[start + 18] ^= 1  # The size in the payload's own header.
    package.write_bytes(data)
    assert read_about(package) == ABOUT
    with pytest.raises(PackageError, match="contradicts itself"):
        stamp_package(package, STAMP)
    assert package.read_bytes() == data


def test_reading_does_not_mind_how_the_payload_is_stored(tmp_path):
    package = tmp_path / "demo-1.0-0.conda"
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr(PAYLOAD, b"x" * 999, zipfile.ZIP_DEFLATED)
        archive.writestr(INFO, zst(tar(info_files(ABOUT))))
    assert read_about(package) == ABOUT


@pytest.mark.parametrize("about_first", [True, False])
def test_a_wrong_crc_is_found_wherever_about_json_stands(tmp_path, about_first):
    """Damage that decompresses well is found by the CRC alone, which is checked while reading."""
    files = info_files(ABOUT)
    about = {"info/about.json": files.pop("info/about.json")}
    info = zst(tar(about | files if about_first else files | about))
    other = zst(tar(info_files({"extra": {"sha": "evil"}})))
    package = tmp_path / "demo-1.0-0.conda"
    zip_members(package, [(INFO, info)])
    crc = struct.pack("<L", zipfile.crc32(info))
    zip_members(package, [(INFO, other)])
    package.write_bytes(package.read_bytes().replace(struct.pack("<L", zipfile.crc32(other)), crc))
    for act in (read_about, read_claim, lambda path: stamp_package(path, STAMP)):
        with pytest.raises(PackageError, match="wrong CRC"):
            act(package)


def test_bytes_are_read_like_a_file(tmp_path):
    package = make_conda(tmp_path, {"extra": STAMP})
    found = read_package_blob(BytesBlob(package.read_bytes()), package.name, location="memory")
    assert found.claim == read_claim(package)
