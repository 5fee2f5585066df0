"""Stamping: about.json changes, and nothing else does."""

from __future__ import annotations

import bz2
import io
import json
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packages_bytes import raw_members, tar_members, unzst, without_about
from packages_making import info_files, make_conda, make_tar_bz2, member, tar, zst

from conda_provenance.errors import PackageError
from conda_provenance.packages import read_about, stamp_package

STAMP = {"sha": "b" * 40, "remote_url": "https://github.com/o/r", "flow_run_id": "github_1"}
ABOUT = {
    "zulu": 1,
    "extra": {"final": True, "recipe-maintainers": ["a"]},
    "home": "https://example.org",
    "a": None,
}
INFO = "info-demo-1.0-0.tar.zst"
BOTH = pytest.mark.parametrize("make", [make_conda, make_tar_bz2])


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
