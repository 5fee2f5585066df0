"""A digest that is computed while the file is written is that of the file that stands there."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
import time
import zipfile
from pathlib import Path

import pytest
from packages_making import info_files, make_conda, make_tar_bz2, tar, zip_members, zst

from conda_provenance.errors import PackageError
from conda_provenance.packages import package_line, stamp_package
from conda_provenance.packages.blob import FileBlob, open_file_blob
from conda_provenance.packages.files import copy as copying
from conda_provenance.packages.files import replace as replacing
from conda_provenance.packages.files import running_digest as digesting
from conda_provenance.packages.files.running_digest import RunningDigest, Written
from conda_provenance.packages.refusals import ChangedMeanwhile

STAMP = {"sha": "b" * 40, "remote_url": "https://github.com/o/r", "flow_run_id": "github_1"}
BOTH = pytest.mark.parametrize("make", [make_conda, make_tar_bz2])
SIZES = (0, 1, 1000, (1 << 19) - 1, 1 << 19, (1 << 20) + 1, 5_000_000)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(autouse=True)
def every_size_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "SOON_WRITTEN", 0)


@pytest.fixture
def following(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many bytes were hashed as they were written, each time."""
    seen: list[int] = []
    real = digesting.helper_thread

    def noted(work, stop):
        seen.append(0)
        return real(work, stop)

    monkeypatch.setattr(digesting, "helper_thread", noted)
    return seen


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("before", [0, 10, 3_000_000])
@pytest.mark.parametrize("threads", [True, False], ids=["a thread", "no thread"])
def test_it_is_that_of_the_file(tmp_path, monkeypatch, size, before, threads):
    if not threads:
        monkeypatch.setattr(
            "conda_provenance.packages.files.helper_thread.start_new_thread", _no_thread
        )
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(os.urandom(size + 7))
    digest = RunningDigest()
    with open_file_blob(source) as blob, open(target, "w+b") as file:
        file.write(os.urandom(before))
        copying.copy_range(blob, file, 7, size, digest)
        file.write(b"an end")
        written = digest.finish(file)
    assert written.sha256 == sha256(target)
    assert target.read_bytes()[before:] == source.read_bytes()[7:] + b"an end"


def _no_thread(*_):
    raise RuntimeError("can't start new thread")


def test_two_ranges_and_what_stands_between(tmp_path, following):
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(os.urandom(3_000_000))
    digest = RunningDigest()
    with open_file_blob(source) as blob, open(target, "w+b") as file:
        copying.copy_range(blob, file, 0, 1_000_000, digest)
        file.write(b"a header")
        file.write(b"some data")
        file.seek(1_000_000)
        file.write(b"another!")
        file.seek(0, os.SEEK_END)
        copying.copy_range(blob, file, 1_500_000, 1_500_000, digest)
        written = digest.finish(file)
    data = source.read_bytes()
    assert target.read_bytes() == data[:1_000_000] + b"another!some data" + data[1_500_000:]
    assert written.sha256 == sha256(target)
    assert len(following) == 2


def test_reading_back_moves_nothing_where_there_is_no_pread(tmp_path, monkeypatch):
    def read_at(descriptor: int, length: int, start: int) -> bytes:
        os.lseek(descriptor, start, os.SEEK_SET)
        return os.read(descriptor, length)

    monkeypatch.setattr("conda_provenance.packages.blob._read_at", read_at)
    test_it_is_that_of_the_file(tmp_path, monkeypatch, 1_000_000, 3_000_000, True)


def test_small_files_are_read_back(tmp_path, monkeypatch, following):
    monkeypatch.setattr(copying, "SOON_WRITTEN", 16 << 20)
    package = make_conda(tmp_path)
    written = stamp_package(package, STAMP, with_sha256=True).written
    assert written is not None
    assert written.sha256 == sha256(package)
    assert following == []


@BOTH
@pytest.mark.parametrize("shares_blocks", [True, False])
def test_of_a_stamped_package(tmp_path, monkeypatch, make, shares_blocks):
    if shares_blocks:
        monkeypatch.setattr(replacing, "share_blocks", _shared)
    package = make(tmp_path)
    for target in (None, tmp_path / "out" / package.name):
        if target is not None:
            target.parent.mkdir()
        result = stamp_package(package, STAMP, target=target, with_sha256=True)
        assert result.written is not None
        assert result.written.sha256 == sha256(target or package)
        assert result.written.is_at(str(target or package))


def _shared(source: FileBlob, target) -> bool:
    """Stands in for a file system whose files can share blocks."""
    target.write(source.read(0, source.size))
    target.flush()
    return True


def test_of_a_package_whose_payload_comes_last(tmp_path):
    stem = "demo-1.0-0"
    package = tmp_path / f"{stem}.conda"
    members = [
        ("metadata.json", b'{"conda_pkg_format_version": 2}'),
        (f"info-{stem}.tar.zst", zst(tar(info_files({"extra": {}})))),
        (f"pkg-{stem}.tar.zst", zst(tar({"lib/x": os.urandom(2_000_000)}))),
    ]
    zip_members(package, members)
    result = stamp_package(package, STAMP, with_sha256=True)
    assert result.written is not None
    assert result.written.sha256 == sha256(package)
    assert zipfile.ZipFile(package).testzip() is None


def test_an_index_gets_the_same_digest(tmp_path):
    package = make_conda(tmp_path)
    index = tmp_path / "repodata.json"
    record = {"sha256": "0" * 64, "md5": "0" * 32, "size": 0}
    index.write_text(json.dumps({"packages.conda": {package.name: record}}))
    result = stamp_package(package, STAMP, with_sha256=True)
    assert result.written is not None
    corrected = json.loads(index.read_text())["packages.conda"][package.name]
    assert corrected["sha256"] == result.written.sha256 == sha256(package)
    assert corrected["md5"] == hashlib.md5(package.read_bytes()).hexdigest()


def test_there_is_none_where_nothing_is_written(tmp_path):
    package = make_conda(tmp_path)
    assert stamp_package(package, STAMP, with_sha256=True, dry_run=True).written is None
    assert stamp_package(package, STAMP).written is None
    assert stamp_package(package, STAMP, with_sha256=True).written is None


def test_a_line_has_the_digest_of_the_file_that_stands_there(tmp_path):
    package = make_conda(tmp_path)
    written = stamp_package(package, STAMP, with_sha256=True).written
    assert written is not None
    believed = written._replace(sha256="1" * 64)
    assert f"sha256={'1' * 64} " in str(package_line(package, written=believed))

    # Somebody puts another file there, or writes into it.
    (tmp_path / "other").mkdir()
    other = make_conda(tmp_path / "other", {"extra": STAMP})
    shutil.copy(other, package.with_suffix(".new"))
    os.replace(package.with_suffix(".new"), package)
    assert f"sha256={sha256(package)} " in str(package_line(package, written=believed))

    written = stamp_package(package, {"flow_run_id": "x_2"}, with_sha256=True).written
    assert written is not None
    time.sleep(0.02)
    with open(package, "r+b") as file:
        first = file.read(1)
        file.seek(0)
        file.write(first)
    assert not written.is_at(str(package))
    assert f"sha256={sha256(package)} " in str(
        package_line(package, written=written._replace(sha256="1" * 64))
    )


def test_a_file_that_is_gone_is_not_there(tmp_path):
    assert not Written("0" * 64, (0, 0, 0, 0)).is_at(str(tmp_path / "gone"))


def test_a_file_that_gets_shorter_while_it_is_copied_is_refused(tmp_path):
    source = tmp_path / "source"
    source.write_bytes(bytes(3_000_000))
    before = threading.active_count()
    with open_file_blob(source) as blob, open(tmp_path / "target", "w+b") as file:
        os.truncate(source, 1_000_000)
        with pytest.raises(PackageError, match="shorter"), refusing(source):
            copying.copy_range(blob, file, 0, 3_000_000, RunningDigest())
    assert threading.active_count() == before


def refusing(path: Path):
    from conda_provenance.packages.refusals import refusals

    return refusals(path, "stamped")


def test_a_new_file_that_gets_shorter_has_no_digest(tmp_path, monkeypatch):
    with open(tmp_path / "target", "w+b") as file:
        file.write(b"x" * 100)
        digest = RunningDigest()
        digest.finish(file)
        file.truncate(10)
        with pytest.raises(ChangedMeanwhile):
            digest.finish(file)


def test_no_more_than_some_pieces_wait(tmp_path, monkeypatch):
    """A disk may be faster than the processor."""
    monkeypatch.setattr(digesting, "_AHEAD", 3)
    digest = RunningDigest()
    waiting, most = 0, 0
    lock = threading.Lock()
    real = RunningDigest._see

    def slow(self: RunningDigest, piece: bytes) -> None:
        nonlocal waiting
        time.sleep(0.005)
        real(self, piece)
        with lock:
            waiting -= 1

    monkeypatch.setattr(RunningDigest, "_see", slow)
    with open(tmp_path / "target", "w+b") as file:
        with digest.following(file) as see:
            for number in range(50):
                piece = b"%d" % number
                file.write(piece)
                see(piece)
                with lock:
                    waiting += 1
                    most = max(most, waiting)
        written = digest.finish(file)
    assert written.sha256 == sha256(tmp_path / "target")
    assert most <= 4
