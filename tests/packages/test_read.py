"""Reading, above all what a stranger might hand us."""

from __future__ import annotations

import asyncio
import bz2
import json
import os
import stat
import struct
import tarfile
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from packages_making import (
    PAYLOAD,
    info_files,
    make_conda,
    make_folder,
    make_tar_bz2,
    member,
    tar,
    zip_members,
    zst,
)

from conda_provenance.errors import PackageError
from conda_provenance.packages import read_about, read_claim, stamp_package

ABOUT = {"home": "https://example.org", "extra": {"sha": "a" * 40, "final": True}}
EXTRA = "info/about.json"


def refused(path: Path) -> str:
    with pytest.raises(PackageError) as caught:
        read_about(path)
    message = str(caught.value)
    assert message.startswith(f"{path} cannot be read: ")
    assert message.endswith(".")
    assert "\n" not in message
    assert message.isprintable()
    return message


@pytest.mark.parametrize("make", [make_conda, make_tar_bz2, make_folder])
def test_every_kind_of_package(tmp_path, make):
    package = make(tmp_path, ABOUT)
    assert read_about(package) == ABOUT
    assert read_claim(package).sha == "a" * 40


@pytest.mark.parametrize("make", [make_conda, make_tar_bz2])
def test_the_content_decides_what_a_file_is(tmp_path, make):
    package = make(tmp_path, ABOUT)
    renamed = package.rename(tmp_path / "download.part")
    assert read_about(renamed) == ABOUT


def test_odd_packages_that_are_valid(tmp_path):
    first = make_conda(tmp_path, ABOUT, name="first", first=True)
    only_info = tmp_path / "only-1-0.conda"
    zip_members(only_info, [("info-only-1-0.tar.zst", zst(tar(info_files(ABOUT))))])
    dotted = make_conda(
        tmp_path,
        name="dotted",
        info=zst(tar({f"./{name}": data for name, data in info_files(ABOUT).items()})),
    )
    pax = make_conda(tmp_path, name="pax", info=zst(tar(info_files(ABOUT), tarfile.PAX_FORMAT)))
    frames = make_conda(tmp_path, name="frames", info=_in_two_frames(tar(info_files(ABOUT))))
    skippable = make_conda(
        tmp_path,
        name="skip",
        info=struct.pack("<II", 0x184D2A50, 4) + b"note" + zst(tar(info_files(ABOUT))),
    )
    for package in (first, only_info, dotted, pax, frames, skippable):
        assert read_about(package) == ABOUT, package


def _in_two_frames(data: bytes) -> bytes:
    return zst(data[:700]) + zst(data[700:])


def test_two_bzip2_streams(tmp_path):
    data = tar(info_files(ABOUT) | PAYLOAD)
    package = tmp_path / "two-1-0.tar.bz2"
    package.write_bytes(bz2.compress(data[:1000]) + bz2.compress(data[1000:]))
    assert read_about(package) == ABOUT


def test_the_payload_is_not_read(tmp_path):
    package = make_conda(tmp_path, ABOUT)
    data = bytearray(package.read_bytes())
    with zipfile.ZipFile(package) as archive:
        info = archive.getinfo("pkg-demo-1.0-0.tar.zst")
    start = info.header_offset + 30 + len(info.filename)
    data[start : start + info.compress_size] = b"\xff" * info.compress_size
    package.write_bytes(data)
    assert read_about(package) == ABOUT


@pytest.mark.parametrize(
    ("about", "cause"),
    [
        (b"", "is no JSON"),
        (b"not json", "is no JSON"),
        (b"[1, 2]", "is no JSON object"),
        (b"null", "is no JSON object"),
        (b'{"a": NaN}', "is no JSON"),
        (b'\xff\xfe{"a": 1}', "is not UTF-8"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b'{"a": "' + b"x" * (5 << 20) + b'"}', "is larger than 1 MiB"),
        (b'{"a": ' + b"9" * 10_000 + b"}", ""),
    ],
)
@pytest.mark.parametrize("make", [make_conda, make_tar_bz2, make_folder])
def test_an_about_json_that_is_none(tmp_path, make, about, cause):
    assert cause in refused(make(tmp_path, about))


def two(name: str) -> list[tuple[tarfile.TarInfo, bytes | None]]:
    data = json.dumps(ABOUT).encode()
    return [(member(name, size=len(data)), data)]


@pytest.mark.parametrize(
    ("members", "cause"),
    [
        (two(EXTRA) + two(EXTRA), "two info/about.json"),
        (two(EXTRA) + two("./" + EXTRA), "two info/about.json"),
        (
            [*two(EXTRA), (member("info/other", type=tarfile.LNKTYPE, linkname=EXTRA), None)],
            "hard link",
        ),
        ([(member(EXTRA, type=tarfile.SYMTYPE, linkname="/etc/passwd"), None)], "no plain file"),
        ([(member(EXTRA, type=tarfile.LNKTYPE, linkname="/etc/passwd"), None)], ""),
        ([(member(EXTRA, type=tarfile.FIFOTYPE), None)], "no plain file"),
        ([(member(EXTRA, type=tarfile.DIRTYPE), None)], "no plain file"),
        (two("../" + EXTRA), "outside the package"),
        (two("/" + EXTRA), "outside the package"),
        (two("a/../" + EXTRA), "outside the package"),
        (two("ca-certificates/" + EXTRA), "in the folder ca-certificates/"),
        ([], "no info/about.json"),
    ],
)
@pytest.mark.parametrize("form", ["conda", "tar.bz2"])
def test_members_that_readers_would_disagree_on(tmp_path, form, members, cause):
    data = tar(members)
    package = (
        make_conda(tmp_path, info=zst(data))
        if form == "conda"
        else make_tar_bz2(tmp_path, data=data)
    )
    if form == "tar.bz2" and cause.startswith(("two", "hard link")):
        assert (
            read_about(package) == ABOUT
        )  # read up to about.json; stamping reads it all, and refuses
        with pytest.raises(PackageError, match=cause):
            stamp_package(package, {"sha": ""})
    else:
        assert cause in refused(package)


INFO, PKG = "info-demo-1.0-0.tar.zst", "pkg-demo-1.0-0.tar.zst"


@pytest.mark.parametrize(
    ("members", "cause"),
    [
        ([("x/" + INFO, b"")], "in the folder x"),
        ([("../" + INFO, b"")], "outside the package"),
        ([(PKG, b"")], "no info member"),
        ([(INFO, b""), ("info-other-1-0.tar.zst", b"")], "two info members"),
        ([(INFO, b"no zstd at all")], "damaged"),
        ([(INFO, b"")], ""),
        ([(INFO, zst(b"x" * 700))], "damaged"),
        ([(INFO, zst(tar(info_files(ABOUT)))[:-20])], ""),
        ([], "no info member"),
    ],
)
def test_zips_that_are_no_package(tmp_path, members, cause):
    package = tmp_path / "demo-1.0-0.conda"
    zip_members(package, members)
    assert cause in refused(package)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK",
        b"PK\x03\x04",
        b"BZh9",
        b"BZh91AY&SY garbage",
        b"\x89PNG",
        b"PK\x05\x06" + b"\0" * 18,
    ],
)
def test_files_that_are_no_package(tmp_path, data):
    package = tmp_path / "x-1-0.conda"
    package.write_bytes(data)
    refused(package)


def test_a_member_that_zip_compressed(tmp_path):
    package = tmp_path / "demo-1.0-0.conda"
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(INFO, zst(tar(info_files(ABOUT))))
    assert "compressed by zip" in refused(package)


def test_an_encrypted_member(tmp_path):
    package = make_conda(tmp_path, ABOUT)
    data = bytearray(package.read_bytes())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := data.find(mark, at + 1)) >= 0:
            data[at + flags] |= 1
    package.write_bytes(data)
    assert "encrypted" in refused(package)


def test_a_wrong_crc(tmp_path):
    package = make_conda(tmp_path, ABOUT)
    data = bytearray(package.read_bytes())
    with zipfile.ZipFile(package) as archive:
        crc = struct.pack("<L", archive.getinfo(INFO).CRC)
    package.write_bytes(data.replace(crc, b"\1\2\3\4"))
    assert "wrong CRC" in refused(package)


@pytest.mark.parametrize("place", [18, 22, 28])
def test_a_lying_local_header(tmp_path, place):
    package = make_conda(tmp_path, ABOUT)
    data = bytearray(package.read_bytes())
    with zipfile.ZipFile(package) as archive:
        at = archive.getinfo(INFO).header_offset
    data[at + place] ^= 1
    package.write_bytes(data)
    refused(package)


@pytest.mark.parametrize("make", [make_conda, make_tar_bz2])
def test_cut_short_anywhere(tmp_path, make):
    package = make(tmp_path, ABOUT)
    data = package.read_bytes()
    for size in range(0, len(data) - 1, 7):
        package.write_bytes(data[:size])
        if make is make_tar_bz2 and size > len(data) * 0.3:
            continue  # about.json may stand before the cut
        refused(package)


@pytest.mark.parametrize("form", ["conda", "tar.bz2"])
def test_ten_gigabytes_in_a_megabyte(tmp_path, form):
    """A bomb before, in and behind about.json is refused in bounded memory."""
    big = tarfile.TarInfo("info/zeros")
    big.size = 10 << 30
    head = big.tobuf(tarfile.GNU_FORMAT)
    if form == "conda":
        package = make_conda(tmp_path, info=_zeros_frame(head, 10 << 30))
    else:
        package = make_tar_bz2(tmp_path, data=None)
        package.write_bytes(bz2.compress(head) + bz2.compress(b"\0" * (64 << 20)) * 160)
    assert package.stat().st_size < 2 << 20
    tracemalloc.start()
    message = refused(package)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "unpacks to more than" in message
    assert peak < 32 << 20


def _zeros_frame(head: bytes, zeros: int) -> bytes:
    from conda_provenance.packages.archive.compression import compress_zstd

    block = b"\0" * (1 << 20)
    return b"".join(compress_zstd((head, *[block] * (zeros >> 20)), len(head) + zeros))


EVIL = json.dumps({"extra": {"sha": "evil"}}).encode()


def refused_by_both(package: Path, cause: str) -> None:
    assert cause in refused(package)
    before = package.read_bytes()
    with pytest.raises(PackageError, match=cause):
        stamp_package(package, {"sha": ""})
    assert package.read_bytes() == before


def test_a_second_zip_within_the_comment(tmp_path):
    """Python's zipfile takes the last end record, whatever stands behind it."""
    good, evil = make_conda(tmp_path, ABOUT), make_conda(tmp_path, EVIL, name="evil")
    hidden = evil.read_bytes()[:-2] + b"\0\0" + b"x"
    with zipfile.ZipFile(good, "a") as archive:
        archive.comment = hidden
    refused_by_both(good, "cut short or no zip")


def test_a_second_name_in_an_extra_field(tmp_path):
    package = tmp_path / "demo-1.0-0.conda"
    with zipfile.ZipFile(package, "w") as archive:
        for name, other, about in ((INFO, b"other", ABOUT), ("zzz.tar.zst", INFO.encode(), EVIL)):
            info = zipfile.ZipInfo(name)
            info.extra = struct.pack("<HHBL", 0x7075, 5 + len(other), 1, 0) + other
            archive.writestr(info, zst(tar(info_files(about))))
    refused_by_both(package, "names a member twice over")


def pax_global(records: bytes) -> bytes:
    head = tarfile.TarInfo("pax")
    head.type, head.size = b"g", len(records)
    return head.tobuf(tarfile.USTAR_FORMAT) + records + b"\0" * (-len(records) % 512)


@pytest.mark.parametrize(
    "record",
    [
        b"33 GNU.sparse.name=info/about.json\n",
        b"20 GNU.sparse.size=5\n",
        b"10 path=x\n",
        b"10 size=5\n",
    ],
)
def test_a_global_header_that_renames_or_cuts(tmp_path, record):
    record = b"%d" % (len(record.split(b" ", 1)[1]) + 3) + b" " + record.split(b" ", 1)[1]
    plain = tar(info_files(ABOUT))
    refused_by_both(
        make_conda(tmp_path, info=zst(pax_global(record) + plain)), "all members one name or size"
    )


def test_a_harmless_global_header(tmp_path):
    package = make_conda(tmp_path, info=zst(pax_global(b"13 comment=x\n") + tar(info_files(ABOUT))))
    assert read_about(package) == ABOUT
    assert stamp_package(package, {"sha": ""})


def test_a_prefix_that_only_some_readers_heed(tmp_path):
    other = bytearray(tarfile.TarInfo("about.json").tobuf(tarfile.GNU_FORMAT))
    other[345:349] = b"info"
    other[124:136] = b"%011o\0" % len(EVIL)
    other[148:156] = b" " * 8
    other[148:156] = b"%06o\0 " % sum(other)
    plain = tar(info_files(ABOUT))
    at = plain.index(b"info/paths.json")
    data = plain[:at] + bytes(other) + EVIL + b"\0" * (-len(EVIL) % 512) + plain[at:]
    refused_by_both(make_conda(tmp_path, info=zst(data)), "can be read as naming")


def test_a_member_behind_a_link(tmp_path):
    members = [
        *two(EXTRA),
        (member("alias", type=tarfile.SYMTYPE, linkname="info"), None),
        (member("alias/about.json", size=2), b"{}"),
    ]
    refused_by_both(make_conda(tmp_path, info=zst(tar(members))), "lies behind a link")


def test_a_member_deep_behind_a_link_in_a_folder(tmp_path):
    members = [
        *two(EXTRA),
        (member("a/b/alias", type=tarfile.SYMTYPE, linkname="../../info"), None),
        (member("a/b/alias", size=2), b"{}"),
        (member("a/b/aliases/c", size=2), b"{}"),
    ]
    assert read_about(make_conda(tmp_path, info=zst(tar(members))))
    members.append((member("a/b/alias/c/d", size=2), b"{}"))
    refused_by_both(make_conda(tmp_path, info=zst(tar(members))), "lies behind a link")


def codes(package: Path) -> list[str]:
    return [problem.code for problem in read_claim(package).problems]


@pytest.mark.parametrize("make", [make_conda, make_tar_bz2, make_folder])
def test_another_name_than_the_packages_own_is_a_problem(tmp_path, make):
    assert codes(make(tmp_path, ABOUT)) == []
    assert codes(make(tmp_path, ABOUT, name="other")) == ["name-differs"]
    assert read_claim(make(tmp_path, ABOUT, name="third")).sha == "a" * 40


@pytest.mark.parametrize("make", [make_conda, make_tar_bz2])
def test_a_file_that_is_not_named_like_a_package_has_no_name_to_compare(tmp_path, make):
    package = make(tmp_path, ABOUT, name="other")
    assert codes(package.rename(tmp_path / "download.part")) == []


@pytest.mark.parametrize("name", ["work", "_h_env", "my-env", "my-old-env", "pkgs-2"])
def test_a_folder_that_is_not_named_like_a_package_has_no_name_to_compare(tmp_path, name):
    assert codes(make_folder(tmp_path, ABOUT).rename(tmp_path / name)) == []


@pytest.mark.parametrize(
    "index",
    [
        None,
        b"",
        b"no json",
        b"[]",
        b"null",
        b"[" * 200_000,
        b"\xff",
        b'{"name": "demo"}',
        b'{"name": 5, "version": "1.0", "build": "0"}',
        b'{"name": "demo", "x": "' + b"x" * (2 << 20) + b'"}',
    ],
)
@pytest.mark.parametrize("form", ["conda", "tar.bz2", "folder"])
def test_an_index_json_that_says_no_name_is_no_problem(tmp_path, form, index):
    files = info_files(ABOUT)
    del files["info/index.json"]
    if index is not None:
        files["info/index.json"] = index
    if form == "conda":
        package = make_conda(tmp_path, name="other", info=zst(tar(files)))
    elif form == "tar.bz2":
        package = make_tar_bz2(tmp_path, name="other", data=tar(files))
    else:
        package = make_folder(tmp_path, ABOUT, name="other")
        (package / "info" / "index.json").unlink()
        if index is not None:
            (package / "info" / "index.json").write_bytes(index)
    assert codes(package) == []
    assert read_claim(package).sha == "a" * 40


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_or_a_device_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "x-1-0.conda")
    assert "no regular file" in refused(tmp_path / "x-1-0.conda")
    (tmp_path / "folder" / "info").mkdir(parents=True)
    os.mkfifo(tmp_path / "folder" / "info" / "about.json")
    assert "no regular file" in refused(tmp_path / "folder")


def test_a_file_that_is_gone_or_may_not_be_read(tmp_path):
    assert "No such file" in refused(tmp_path / "gone-1-0.conda")


def test_the_name_in_a_message_is_harmless(tmp_path):
    path = tmp_path / "evil\x1b[31m\nname-1-0.conda"
    path.write_bytes(b"x")
    with pytest.raises(PackageError) as caught:
        read_about(path)
    assert str(caught.value).isprintable()


def test_reading_changes_nothing(tmp_path):
    package = make_conda(tmp_path, ABOUT)
    package.chmod(stat.S_IRUSR)
    before = package.stat()
    read_about(package)
    after = package.stat()
    assert (before.st_mtime_ns, before.st_size, before.st_ino) == (
        after.st_mtime_ns,
        after.st_size,
        after.st_ino,
    )
    assert os.listdir(tmp_path) == [package.name]


@pytest.mark.parametrize("make", [make_conda, make_tar_bz2])
def test_another_reader_finds_the_same(tmp_path, make):
    streaming = pytest.importorskip(
        "rattler.package_streaming", reason="py-rattler is not installed here"
    )
    if not hasattr(streaming, "PackageArchive"):
        pytest.skip("this py-rattler does not read files within packages")
    package = make(tmp_path, ABOUT)

    async def read() -> bytes:
        return await (await streaming.PackageArchive.from_path(package)).read_file(EXTRA)

    assert json.loads(asyncio.run(read())) == read_about(package)
