"""Stamping: about.json changes, nothing else does, and the file is always whole."""

from __future__ import annotations

import bz2
import hashlib
import io
import json
import os
import random
import shutil
import signal
import stat
import struct
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packages_making import info_files, make_conda, make_folder, make_tar_bz2, member, tar, zst

from conda_provenance.errors import PackageError
from conda_provenance.packages import read_about, read_claim, stamp_package
from conda_provenance.packages.files import replace as replacing_module

STAMP = {"sha": "b" * 40, "remote_url": "https://github.com/o/r", "flow_run_id": "github_1"}
ABOUT = {
    "zulu": 1,
    "extra": {"final": True, "recipe-maintainers": ["a"]},
    "home": "https://example.org",
    "a": None,
}
INFO = "info-demo-1.0-0.tar.zst"
BOTH = pytest.mark.parametrize("make", [make_conda, make_tar_bz2])


def raw_members(package: Path) -> dict[str, tuple[bytes, bytes, bytes]]:
    """Of every tar member within: headers as found, data, and its place.

    The payload of a ``.conda`` as it is stored.
    """
    if package.suffix == ".bz2":
        return tar_members(bz2.decompress(package.read_bytes()))
    with zipfile.ZipFile(package) as archive:
        stored = {
            f"zip:{info.filename}": (b"", archive.read(info), b"")
            for info in archive.infolist()
            if not _is_info(info)
        }
        (info,) = filter(_is_info, archive.infolist())
        return stored | tar_members(unzst(archive.read(info)))


def _is_info(info: zipfile.ZipInfo) -> bool:
    return info.filename.startswith("info-")


def unzst(data: bytes) -> bytes:
    from conda_provenance.packages.archive.decompression import open_zstd

    return open_zstd(io.BytesIO(data), 1 << 30).read(1 << 28)


def tar_members(data: bytes) -> dict[str, tuple[bytes, bytes, bytes]]:
    found = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for index, each in enumerate(archive):
            head = data[each.offset : each.offset_data]
            if each.name.removeprefix("./") == "info/about.json":
                head = (
                    head[:124] + head[136:148] + head[156:]
                )  # size and checksum change with the data
            content = archive.extractfile(each).read() if each.isreg() else b""
            found[each.name] = (head, content, b"%d" % index)
    return found


def without_about(members: dict[str, tuple[bytes, bytes, bytes]]) -> dict[str, object]:
    return {
        name: value[::2] if name.removeprefix("./") == "info/about.json" else value
        for name, value in members.items()
    }


@BOTH
def test_nothing_but_the_extra_changes(tmp_path, make):
    package = make(tmp_path, ABOUT)
    before, about = raw_members(package), read_about(package)
    stamp_package(package, STAMP)
    after = raw_members(package)
    assert list(after) == list(before)
    assert without_about(after) == without_about(before)
    assert list(read_about(package)) == list(about)
    assert read_about(package) == about | {"extra": about["extra"] | STAMP}
    assert list(read_about(package)["extra"]) == [*about["extra"], *STAMP]


@BOTH
def test_odd_members_keep_their_bytes(tmp_path, make):
    data = json.dumps(ABOUT).encode()
    members = [
        (member("info", type=tarfile.DIRTYPE, mode=0o755), None),
        (member("info/link", type=tarfile.SYMTYPE, linkname="index.json"), None),
        (member("./info/about.json", size=len(data), mode=0o604, mtime=5), data),
        (member("info/" + "long" * 60, size=3), b"abc"),
        (member("info/ünï", size=0), b""),
        (member("info/hard", type=tarfile.LNKTYPE, linkname="info/" + "long" * 60), None),
        (member("info/char", type=tarfile.CHRTYPE, devmajor=1, devminor=3), None),
        (member("info/index.json", size=2, uid=2**20, gid=2**20, uname="x" * 20), b"{}"),
    ]
    for kind in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        raw = tar(members, kind)
        package = make(tmp_path, info=zst(raw)) if make is make_conda else make(tmp_path, data=raw)
        before = raw_members(package)
        stamp_package(package, STAMP)
        assert without_about(raw_members(package)) == without_about(before)
        assert read_about(package)["extra"]["sha"] == STAMP["sha"]


def test_a_sparse_member_and_a_global_header_keep_their_bytes(tmp_path):
    sparse = bytearray(tarfile.TarInfo("info/sparse").tobuf(tarfile.GNU_FORMAT))
    sparse[156:157] = b"S"
    sparse[124:136] = b"%011o\0" % 512
    sparse[386:398], sparse[398:410] = b"%011o\0" % 4096, b"%011o\0" % 512
    sparse[483:495] = b"%011o\0" % 4608
    sparse[148:156] = b" " * 8
    sparse[148:156] = b"%06o\0 " % sum(sparse)
    head = bytes(sparse) + b"s" * 512
    whole = head + tar(info_files(ABOUT))
    package = make_conda(tmp_path, info=zst(whole))
    stamp_package(package, STAMP)
    with zipfile.ZipFile(package) as archive:
        assert unzst(archive.read(INFO)).startswith(head)
    assert read_about(package)["extra"]["sha"] == STAMP["sha"]


@BOTH
def test_the_same_values_again_leave_the_file_as_it_is(tmp_path, make):
    package = make(tmp_path, ABOUT)
    stamp_package(package, STAMP)
    before, status = package.read_bytes(), package.stat()
    assert not stamp_package(package, dict(reversed(STAMP.items())))
    assert not stamp_package(package, STAMP)
    assert package.read_bytes() == before
    assert (package.stat().st_ino, package.stat().st_mtime_ns) == (
        status.st_ino,
        status.st_mtime_ns,
    )


@BOTH
def test_a_value_is_changed_and_one_removed(tmp_path, make):
    package = make(tmp_path, ABOUT)
    stamp_package(package, STAMP)
    stamp_package(package, {"sha": "c" * 40, "remote_url": None, "never": None})
    assert read_about(package)["extra"] == ABOUT["extra"] | {
        "sha": "c" * 40,
        "flow_run_id": "github_1",
    }


@pytest.mark.parametrize("about", [{}, {"extra": None}, {"extra": {}}, {"home": "h"}])
@BOTH
def test_an_about_json_without_an_extra_gets_one(tmp_path, make, about):
    package = make(tmp_path, about)
    stamp_package(package, STAMP)
    assert read_about(package) == about | {"extra": STAMP}


@pytest.mark.parametrize("extra", [5, "text", ["a"], True])
@BOTH
def test_an_extra_that_is_no_object_is_refused(tmp_path, make, extra):
    package = make(tmp_path, {"extra": extra})
    before = package.read_bytes()
    with pytest.raises(PackageError, match=r"the extra of its info/about\.json is no object"):
        stamp_package(package, STAMP)
    assert package.read_bytes() == before


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"a": 1.50, "extra": {"x":"\\u00e9"}}', '{"a": 1.50, "extra": {"x":"\\u00e9","sha":""}}'),
        (
            '{\n    "extra": {\n        "x": 1\n    },\n    "b": 2\n}\n',
            '{\n    "extra": {\n        "x": 1,\n        "sha": ""\n    },\n    "b": 2\n}\n',
        ),
        ('{\n  "b": 2\n}', '{\n  "b": 2,\n  "extra": {\n    "sha": ""\n  }\n}'),
        ('{"extra":null}', '{"extra":{"sha":""}}'),
        ("{}", '{"extra": {"sha": ""}}'),
    ],
)
def test_the_layout_of_about_json_is_kept(tmp_path, before, after):
    package = make_conda(tmp_path, before.encode())
    stamp_package(package, {"sha": ""})
    assert raw_members(package)["info/about.json"][1].decode() == after


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=30), max_size=4))
def test_any_text_arrives_or_is_refused(tmp_path_factory, values):
    package = make_conda(tmp_path_factory.mktemp("p"), ABOUT)
    try:
        stamp_package(package, values)
    except PackageError:
        assert any(0xD800 <= ord(char) < 0xE000 for char in "".join([*values, *values.values()]))
        return
    assert read_about(package)["extra"] == ABOUT["extra"] | values


def test_zip_details_are_kept(tmp_path):
    """Member order, times, attributes, comments, extra fields, and the archive's comment."""
    package = tmp_path / "demo-1.0-0.conda"
    with zipfile.ZipFile(package, "w") as archive:
        for name, data in [
            (INFO, zst(tar(info_files(ABOUT)))),
            ("pkg-demo-1.0-0.tar.zst", b"p" * 999),
            ("metadata.json", b"{}"),
        ]:
            info = zipfile.ZipInfo(name, (2021, 2, 3, 4, 5, 6))
            info.external_attr, info.comment = 0o640 << 16, b"comment of " + name.encode()
            info.extra = struct.pack("<HHL", 0x5455, 4, 7)
            archive.writestr(info, data)
        archive.comment = b"the archive's comment"
    before = zipfile.ZipFile(package).infolist()
    stamp_package(package, STAMP)
    with zipfile.ZipFile(package) as archive:
        assert archive.testzip() is None
        assert archive.comment == b"the archive's comment"
        for old, new in zip(before, archive.infolist(), strict=True):
            for field in (
                "filename",
                "date_time",
                "external_attr",
                "comment",
                "extra",
                "create_system",
                "compress_type",
            ):
                assert getattr(old, field) == getattr(new, field)
        assert archive.read("pkg-demo-1.0-0.tar.zst") == b"p" * 999
    assert read_about(package)["extra"]["sha"] == STAMP["sha"]


class Unseekable(io.RawIOBase):
    """zipfile writes data descriptors where it cannot seek."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        self.data += bytes(data)  # type: ignore[call-overload]
        return len(bytes(data))  # type: ignore[call-overload]


@pytest.mark.parametrize("zip64", [False, True])
def test_data_descriptors_and_zip64(tmp_path, zip64):
    stream = Unseekable()
    with zipfile.ZipFile(stream, "w") as archive:  # type: ignore[arg-type]
        for name, data in [
            ("metadata.json", b"{}"),
            (INFO, zst(tar(info_files(ABOUT)))),
            ("pkg-demo-1.0-0.tar.zst", b"p" * 999),
        ]:
            with archive.open(name, "w", force_zip64=zip64) as file:
                file.write(data)
    package = tmp_path / "demo-1.0-0.conda"
    package.write_bytes(stream.data)
    before = raw_members(package)
    stamp_package(package, STAMP)
    assert without_about(raw_members(package)) == without_about(before)
    with zipfile.ZipFile(package) as archive:
        assert archive.testzip() is None


@BOTH
def test_other_readers_read_and_extract_the_same(tmp_path, make):
    from conda_package_streaming.extract import extract

    package = make(tmp_path, ABOUT)
    extract(package, tmp_path / "before")
    stamp_package(package, STAMP)
    extract(package, tmp_path / "after")
    assert tree(tmp_path / "before") == tree(tmp_path / "after")
    assert (
        json.loads((tmp_path / "after" / "info" / "about.json").read_text())["extra"]["sha"]
        == STAMP["sha"]
    )
    handling = pytest.importorskip(
        "conda_package_handling.api", reason="conda-package-handling is not installed here"
    )
    handling.extract(str(package), str(tmp_path / "handled"))
    assert tree(tmp_path / "before") == tree(tmp_path / "handled")


@BOTH
def test_py_rattler_extracts_the_same(tmp_path, make):
    streaming = pytest.importorskip(
        "rattler.package_streaming", reason="py-rattler is not installed here"
    )
    package = make(tmp_path, ABOUT)
    streaming.extract(package, tmp_path / "before")
    stamp_package(package, STAMP)
    streaming.extract(package, tmp_path / "after")
    assert tree(tmp_path / "before") == tree(tmp_path / "after")


def tree(root: Path) -> dict[str, object]:
    return {
        path.relative_to(root).as_posix(): (
            path.lstat().st_mode,
            path.read_bytes() if path.is_file() else None,
        )
        for path in sorted(root.rglob("*"))
        if path.name != "about.json"
    }


@pytest.mark.skipif(os.name == "nt", reason="Windows has other modes and owners")
@BOTH
def test_mode_and_owner_are_kept(tmp_path, make):
    package = make(tmp_path, ABOUT)
    package.chmod(0o604)
    if os.geteuid() == 0:
        os.chown(package, 1234, 5678)
    before = package.stat()
    stamp_package(package, STAMP)
    after = package.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (
        before.st_mode,
        before.st_uid,
        before.st_gid,
    )


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_a_symbolic_link_stays_one_and_its_file_is_stamped(tmp_path):
    (tmp_path / "store").mkdir()
    real = make_conda(tmp_path / "store", ABOUT)
    link = tmp_path / "demo-1.0-0.conda"
    link.symlink_to(real)
    stamp_package(link, STAMP)
    assert link.is_symlink()
    assert read_about(real)["extra"]["sha"] == STAMP["sha"]


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("failing", ["fsync", "replace", "fchmod", "link"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@BOTH
def test_what_fails_half_way_leaves_the_old_file_and_nothing_else(
    tmp_path, monkeypatch, make, failing, error
):
    package = make(tmp_path, ABOUT)
    section = "packages.conda" if make is make_conda else "packages"
    (tmp_path / "repodata.json").write_text(json.dumps({section: {package.name: {"sha256": "0"}}}))
    before = files(tmp_path)

    def fail(*args: object, **kwargs: object) -> None:
        raise error

    monkeypatch.setattr(replacing_module.os, failing, fail)
    with pytest.raises((PackageError, KeyboardInterrupt)) as caught:
        stamp_package(package, STAMP)
    monkeypatch.undo()
    assert files(tmp_path) == before
    if isinstance(error, OSError):
        assert str(caught.value) == f"{package} cannot be stamped: No space left on device."


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written(tmp_path):
    package = make_conda(tmp_path, ABOUT)
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        with pytest.raises(PackageError, match="Permission denied"):
            stamp_package(package, STAMP)
    finally:
        tmp_path.chmod(0o700)


def test_a_file_that_is_replaced_meanwhile_is_not_overwritten(tmp_path, monkeypatch):
    package = make_conda(tmp_path, ABOUT)
    other = make_conda(tmp_path, {"extra": {"other": 1}}, name="other").read_bytes()
    original = replacing_module.Replacement.seal

    def seal(self: replacing_module.Replacement) -> None:
        original(self)
        package.with_suffix(".new").write_bytes(other)
        os.replace(package.with_suffix(".new"), package)

    monkeypatch.setattr(replacing_module.Replacement, "seal", seal)
    with pytest.raises(PackageError, match="another program changed it meanwhile; try again"):
        stamp_package(package, STAMP)
    assert package.read_bytes() == other


@BOTH
def test_two_stamps_of_one_file_at_once(tmp_path, make):
    package = make(tmp_path, ABOUT)
    problems: list[BaseException] = []

    def stamp(number: int) -> None:
        for turn in range(10):
            try:
                stamp_package(package, {"sha": f"{number}{turn}" * 20})
            except PackageError as error:
                if "meanwhile" not in str(error):
                    problems.append(error)
            except BaseException as error:
                problems.append(error)

    threads = [threading.Thread(target=stamp, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
    assert len(read_about(package)["extra"]["sha"]) == 40
    assert os.listdir(tmp_path) == [package.name]


def test_what_stands_behind_a_bzip2_stream_is_never_lost(tmp_path):
    data = tar(info_files(ABOUT) | {"share/payload": b"p" * 4000})
    first, second = bz2.compress(data[:3072]), bz2.compress(data[3072:])
    damaged = bytearray(second)
    damaged[2] ^= 1  # the magic: the standard library takes it for junk to be passed over
    for behind in (bytes(damaged), second + b"garbage", second[:-9], b""):
        package = make_tar_bz2(tmp_path, data=b"")
        package.write_bytes(first + behind)
        with pytest.raises(PackageError, match=r"damaged|cut short"):
            stamp_package(package, STAMP)
        assert package.read_bytes() == first + behind
    package.write_bytes(first + second)
    assert stamp_package(package, STAMP)
    assert tar_members(bz2.decompress(package.read_bytes()))["share/payload"][1] == b"p" * 4000


def test_a_tar_without_its_end_is_not_taken_for_whole(tmp_path):
    data = tar(info_files(ABOUT)).rstrip(b"\0")
    data += b"\0" * (-len(data) % 512)
    package = make_conda(tmp_path, info=zst(data))
    assert read_about(package) == ABOUT
    with pytest.raises(PackageError, match="no end mark"):
        stamp_package(package, STAMP)


def test_what_is_no_key_is_refused(tmp_path):
    package = make_conda(tmp_path, ABOUT)
    before = package.read_bytes()
    for changes in (
        {1: "x"},
        {"a\ud800": "x"},
        {"sha": "\ud800"},
        {"sha": b"x"},
        {"sha": float("nan")},
    ):
        with pytest.raises(PackageError):
            stamp_package(package, changes)
    assert package.read_bytes() == before


@pytest.mark.parametrize("path", ["", "a\0b"])
def test_what_is_no_path_is_refused(path):
    with pytest.raises(PackageError):
        stamp_package(path, STAMP)


WORKER = """
import sys
from conda_provenance.packages import stamp_package
for turn in range(15):
    stamp_package(sys.argv[1], {sys.argv[2]: str(turn)})
"""


@pytest.mark.skipif(os.name == "nt", reason="folders cannot be locked on Windows")
def test_processes_that_stamp_one_file_lose_nothing_and_leave_the_index_right(tmp_path):
    packages = [make_conda(tmp_path, ABOUT, name=name) for name in "ab"]
    records = {
        package.name: {"name": "x", "sha256": "0", "md5": "0", "size": 0} for package in packages
    }
    (tmp_path / "repodata.json").write_text(json.dumps({"packages.conda": records}))
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(package), f"key{number}"], stderr=subprocess.PIPE
        )
        for number in range(3)
        for package in packages
    ]
    for worker in workers:
        assert worker.communicate()[1] == b""
    index = json.loads((tmp_path / "repodata.json").read_text())["packages.conda"]
    for package in packages:
        assert read_about(package)["extra"] == ABOUT["extra"] | {
            f"key{number}": "14" for number in range(3)
        }
        data = package.read_bytes()
        assert index[package.name]["sha256"] == hashlib.sha256(data).hexdigest()
        assert index[package.name]["size"] == len(data)
    assert len(os.listdir(tmp_path)) == 3


KILLS = int(os.environ.get("KILLS", "12"))
INTERRUPTED = """
import sys
from conda_provenance.packages import stamp_package
print("ready", flush=True)
turn = 0
try:
    while True:
        turn += 1
        stamp_package(sys.argv[1], {"sha": f"{turn:040d}"})
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is sent in another way on Windows")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
@BOTH
def test_stopped_at_any_instant_the_package_is_whole(tmp_path, make, number):
    """A Ctrl-C leaves package and index in step as well.

    A kill may come between the two. The same stamp again mends that.
    """
    package = make(tmp_path, ABOUT)
    section = "packages.conda" if make is make_conda else "packages"
    (tmp_path / "repodata.json").write_text(
        json.dumps({section: {package.name: {"sha256": "0", "md5": "0", "size": 0}}})
    )
    chance = random.Random(7)
    for _ in range(KILLS):
        with subprocess.Popen(
            [sys.executable, "-c", INTERRUPTED, str(package)], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            time.sleep(0.01 + chance.random() * 0.05)
            process.send_signal(number)
            try:
                said = process.communicate(timeout=30)[0]
            except subprocess.TimeoutExpired:
                process.kill()
                pytest.fail("the Ctrl-C was swallowed")
        sha = read_about(package)["extra"].get("sha")
        assert without_about(raw_members(package))
        if number == signal.SIGKILL:
            if sha:
                stamp_package(package, {"sha": sha})
        else:
            assert said == "interrupted\n"
            assert sorted(os.listdir(tmp_path)) == sorted([package.name, "repodata.json"])
        record = json.loads((tmp_path / "repodata.json").read_text())[section][package.name]
        if sha:
            assert record["sha256"] == hashlib.sha256(package.read_bytes()).hexdigest()


AS_ANOTHER_USER = """
import os, sys
from conda_provenance.packages import stamp_package
# Everything is loaded first: another user may not read where Python is installed.
stamp_package(sys.argv[1], {"sha": "loaded"})
os.setgroups([2000])
os.setgid(2000)
os.setuid(1000)
print(stamp_package(sys.argv[2], eval(sys.argv[3]), dry_run=sys.argv[4] == "dry").status)
"""


@pytest.fixture
def open_folder():
    """A folder that every user may write, which no folder of pytest's is."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="becoming another user needs root"
)
def test_the_owner_is_never_lost(tmp_path, open_folder):
    preloaded = make_conda(tmp_path, ABOUT, name="preloaded")
    package = make_conda(open_folder, ABOUT)

    def stamp(changes: object, mode: str = "real") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", AS_ANOTHER_USER, preloaded, package, repr(changes), mode]
        return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)

    os.chown(package, 3000, 2000)
    package.chmod(0o664)
    before = package.read_bytes()
    for mode in ("real", "dry"):
        refused = stamp({"sha": ""}, mode)
        assert "it belongs to another user or group, which would be lost" in refused.stderr
        assert package.read_bytes() == before
    assert stamp({"never": None}).stdout == "unchanged\n"

    os.chown(package, 1000, 2000)
    assert stamp({"sha": ""}).stdout == "stamped\n"
    status = package.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (1000, 2000, 0o664)
    assert read_about(package)["extra"]["sha"] == ""


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
        with pytest.raises(PackageError, match=why) as caught:
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


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="becoming another user needs root"
)
def test_an_index_of_another_owner_is_refused_by_a_dry_run_too(tmp_path, open_folder):
    preloaded = make_conda(tmp_path, ABOUT, name="preloaded")
    package = make_conda(open_folder, ABOUT)
    index = open_folder / "repodata.json"
    for each in (preloaded, package):
        (each.parent / "repodata.json").write_text(
            json.dumps({"packages.conda": {each.name: {"sha256": "0"}}})
        )
    os.chown(package, 1000, 2000)
    os.chown(index, 3000, 3000)
    before = files(open_folder)
    for mode in ("dry", "real"):
        command = [sys.executable, "-c", AS_ANOTHER_USER, preloaded, package, "{'sha': ''}", mode]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
        assert f"{index} cannot be corrected: it belongs to another user" in done.stderr
        assert files(open_folder) == before


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(PackageError, match="only package files are stamped"):
        stamp_package(make_folder(tmp_path, ABOUT), STAMP)


@pytest.mark.parametrize("name", ["pkg-demo-1.0-0.tar.zst", "metadata.json"])
def test_a_package_with_a_deflated_member_is_refused(tmp_path, name):
    package = tmp_path / "demo-1.0-0.conda"
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr(name, b"x" * 999, zipfile.ZIP_DEFLATED)
        archive.writestr(INFO, zst(tar(info_files(ABOUT))))
    before = package.read_bytes()
    with pytest.raises(PackageError, match="compressed by zip"):
        stamp_package(package, STAMP)
    assert package.read_bytes() == before


def test_data_behind_the_end_of_the_tar_is_refused(tmp_path):
    package = make_conda(
        tmp_path, info=zst(tar(info_files(ABOUT)) + tar({"info/about.json": b"{}"}))
    )
    with pytest.raises(PackageError, match="behind its end"):
        stamp_package(package, STAMP)


def test_a_large_info_is_stamped_in_bounded_memory(tmp_path):
    import tracemalloc

    files_ = info_files(ABOUT) | {"info/paths.json": b"p" * (24 << 20)}
    package = make_conda(tmp_path, info=zst(tar(files_)))
    tracemalloc.start()
    stamp_package(package, STAMP)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20
    with zipfile.ZipFile(package) as archive:
        assert (
            tar_members(unzst(archive.read(INFO)))["info/paths.json"][1]
            == files_["info/paths.json"]
        )


def test_payload_and_metadata_stay_where_the_info_member_is_the_last(tmp_path):
    """As the builders write it. Everything before the info member keeps its bytes."""
    package = make_conda(tmp_path, ABOUT)
    with zipfile.ZipFile(package) as archive:
        start = archive.getinfo(INFO).header_offset
    before = package.read_bytes()
    stamp_package(package, STAMP)
    assert package.read_bytes()[:start] == before[:start]


@pytest.mark.skipif(not hasattr(os, "O_TMPFILE"), reason="files without a name are Linux's")
@pytest.mark.parametrize("missing", ["O_TMPFILE", "link"])
@BOTH
def test_without_what_only_some_systems_have(tmp_path, monkeypatch, make, missing):
    package = make(tmp_path, ABOUT)
    if missing == "link":
        monkeypatch.setattr(
            replacing_module.os,
            "link",
            lambda *_, **__: (_ for _ in ()).throw(OSError(18, "cross-device")),
        )
    else:
        monkeypatch.delattr(replacing_module.os, "O_TMPFILE")
        monkeypatch.delattr(replacing_module.os, "copy_file_range")
    package.chmod(0o604)
    assert stamp_package(package, STAMP)
    assert read_about(package)["extra"]["sha"] == STAMP["sha"]
    assert package.stat().st_mode & 0o777 == 0o604
    assert os.listdir(tmp_path) == [package.name]
