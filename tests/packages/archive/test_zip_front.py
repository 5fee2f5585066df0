from __future__ import annotations

import io
import random
import zipfile
from pathlib import Path
from typing import Any

import pytest
from packages_making import info_files, make_conda, tar, zip_members, zst

from conda_provenance.errors import PackageError
from conda_provenance.packages import BytesBlob, read_package_blob

ABOUT = {"extra": {"sha": "3f9c2a77d1e84b5c9a6f0e1d2c3b4a5968778695"}}
NAME = "demo-1.0-0.conda"


class Front(BytesBlob):
    """A blob of which the beginning is at hand. It counts what is fetched."""

    piece = 1 << 15
    from_front = True

    def __init__(self, data: bytes, *, past_payload: bool = True) -> None:
        super().__init__(data)
        self.past_payload = past_payload
        self.fetched: list[tuple[int, int]] = []
        self.furthest = 0

    def fetch(self, start: int, length: int) -> None:
        self.fetched.append((start, start + length))

    def read(self, start: int, length: int, /) -> bytes:
        self.furthest = max(self.furthest, min(start + length, self.size))
        return super().read(start, length)


def read(blob: BytesBlob, *, thorough: bool = True) -> Any:
    claim = read_package_blob(blob, NAME, location=NAME, thorough=thorough)
    return claim.claim.sha


def conda(order: str = "metadata info pkg", **options: Any) -> bytes:
    parts = {
        "metadata": ("metadata.json", b"{}"),
        "pkg": ("pkg-demo-1.0-0.tar.zst", zst(tar({"share/x": random.Random(1).randbytes(9000)}))),
        "info": ("info-demo-1.0-0.tar.zst", zst(tar(info_files(ABOUT)))),
        "empty": ("metadata.json", b""),  # conda-package-handling before 1.8.
    }
    buffer: Any = io.BytesIO()
    zip_members(buffer, [parts[each] for each in order.split()], **options)
    return bytes(buffer.getvalue())


@pytest.mark.parametrize("order", ["metadata info pkg", "info pkg metadata", "empty info pkg"])
def test_nothing_after_the_metadata_is_read(order: str) -> None:
    data = conda(order)
    blob = Front(data)
    assert read(blob) == ABOUT["extra"]["sha"]
    assert blob.furthest <= data.index(b"pkg-demo")


def test_after_the_payload_all_that_is_left_is_fetched_at_once() -> None:
    data = conda("metadata pkg info")
    blob = Front(data)
    assert read(blob) == ABOUT["extra"]["sha"]
    assert blob.fetched[0] == (data.index(b"info-demo") - 30, len(data))


def test_where_the_payload_is_not_passed_the_end_is_asked() -> None:
    data = conda("metadata pkg info")
    blob = Front(data, past_payload=False)
    assert read(blob) == ABOUT["extra"]["sha"]
    assert blob.fetched[0][1] == len(data)


def test_members_whose_headers_do_not_say_their_size_are_found_by_the_end() -> None:
    class Unseekable(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise OSError

        def seek(self, *_: Any) -> int:
            raise OSError

    buffer = Unseekable()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("metadata.json", b"{}")
        archive.writestr("info-demo-1.0-0.tar.zst", zst(tar(info_files(ABOUT))))
        archive.writestr("pkg-demo-1.0-0.tar.zst", zst(tar({})))
    blob = Front(buffer.getvalue())
    assert read(blob) == ABOUT["extra"]["sha"]
    assert blob.furthest == blob.size


def test_a_header_that_says_more_than_there_is() -> None:
    data = bytearray(conda("info pkg metadata"))
    data[18:26] = b"\xff\xff\xff\x7f" * 2
    with pytest.raises(PackageError):
        read(Front(bytes(data)))


def test_a_member_with_two_names_is_refused() -> None:
    info = zst(tar(info_files(ABOUT)))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        member = zipfile.ZipInfo("info-demo-1.0-0.tar.zst")
        member.extra = b"\x75\x70\x0d\x00\x01\x00\x00\x00\x00pkg-demo"
        archive.writestr(member, info)
    with pytest.raises(PackageError, match="twice"):
        read(Front(buffer.getvalue()))


def test_damage_is_always_one_sentence(tmp_path: Path) -> None:
    noise = random.Random(5)
    originals = [conda(order) for order in ("metadata info pkg", "info pkg metadata")]
    originals.append(make_conda(tmp_path, ABOUT).read_bytes())
    for _ in range(1500):
        data = bytearray(noise.choice(originals))
        for _ in range(noise.randint(1, 4)):
            data[noise.randrange(min(len(data), 900))] = noise.randrange(256)
        if noise.random() < 0.2:
            del data[noise.randrange(len(data)) :]
        try:
            read(Front(bytes(data), past_payload=noise.random() < 0.5), thorough=True)
        except PackageError as error:
            assert str(error).count("\n") == 0


def test_a_small_zip_with_a_long_comment_is_still_found(tmp_path: Path) -> None:
    """The end record stands further from the end than what is read first."""
    path = tmp_path / NAME
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("pkg-demo-1.0-0.tar.zst", random.Random(2).randbytes(80_000))
        archive.writestr("info-demo-1.0-0.tar.zst", zst(tar(info_files(ABOUT))))
        archive.comment = b"x" * 65_530
    assert read(BytesBlob(path.read_bytes())) == ABOUT["extra"]["sha"]
