"""A limit counts bytes or work, and never refuses what an ordinary builder writes."""

from __future__ import annotations

import io
import json
import tarfile
import time
from pathlib import Path

import pytest
from packages_bytes import raw_tar
from packages_making import INDEX, make_conda, make_tar_bz2, member, tar, zst

from conda_provenance.errors import PackageError
from conda_provenance.packages import metadata, read_about, read_claim, stamp_package
from conda_provenance.packages.archive import ambiguities
from conda_provenance.packages.archive.compression import compress_zstd

ABOUT = "info/about.json"
STAMP = {"sha": "b" * 40, "remote_url": "https://github.com/o/r", "flow_run_id": "github_1"}
MANY = 20_000
LONG = "/".join(["d" * 60] * 4)


def make_of(make, folder: Path, raw: bytes) -> Path:
    return make(folder, info=zst(raw)) if make is make_conda else make(folder, data=raw)


def many_members(form: int, many: int) -> bytes:
    """A PAX header for every member, as conda-package-handling writes for fractions of seconds."""
    about, index = b'{"extra": {}}', json.dumps(INDEX).encode()
    members = [
        (member("info/index.json", size=len(index), mtime=1.5), index),
        (member(ABOUT, size=len(about), mtime=1.5), about),
    ]
    folder = "info/test" if form == tarfile.PAX_FORMAT else f"info/{LONG}"
    members += [(member(f"{folder}/{n}", size=1, mtime=1.5), b"x") for n in range(many)]
    return tar(members, form)


@pytest.mark.parametrize(
    ("make", "form", "many"),
    [
        # One form of headers for each form of package is read in full length.
        (make_conda, tarfile.PAX_FORMAT, MANY),
        (make_conda, tarfile.GNU_FORMAT, MANY // 10),
        (make_tar_bz2, tarfile.PAX_FORMAT, MANY // 10),
        (make_tar_bz2, tarfile.GNU_FORMAT, MANY),
    ],
)
def test_headers_for_every_one_of_many_files(tmp_path, make, form, many):
    raw = many_members(form, many)
    package = make_of(make, tmp_path, raw)
    assert not read_claim(package)
    assert stamp_package(package, STAMP).status == "stamped"
    rest = len(raw) - raw.index(b"info/test/0" if form == tarfile.PAX_FORMAT else b"d/0\0")
    assert raw_tar(package)[-rest:] == raw[-rest:]
    assert read_about(package) == {"extra": STAMP}


@pytest.mark.parametrize(("ending", "many"), [(".tar.bz2", MANY // 10), (".conda", MANY)])
def test_many_files_by_todays_conda_package_handling(tmp_path, ending, many):
    api = pytest.importorskip("conda_package_handling.api", reason="it is not installed here")
    root = tmp_path / "root"
    for name in ("info", "lib", "info/test"):
        (root / name).mkdir(parents=True)
    (root / ABOUT).write_text('{"extra": {}}')
    (root / "info/index.json").write_text(json.dumps(INDEX))
    names = [ABOUT, "info/index.json"]
    for number in range(many):
        name = f"{'info/test' if ending == '.conda' else 'lib'}/{number}"
        (root / name).write_bytes(b"")
        names.append(name)

    package = tmp_path / f"demo-1.0-0{ending}"
    api.create(str(root), names, str(package))
    assert not read_claim(package).problems
    stamp_package(package, STAMP)
    assert read_about(package) == {"extra": STAMP}

    api.extract(str(package), str(tmp_path / "out"))
    assert json.loads((tmp_path / "out" / ABOUT).read_text()) == {"extra": STAMP}
    assert sum(1 for path in (tmp_path / "out").rglob("*") if path.is_file()) == many + 2


def test_a_path_as_long_as_windows_allows(tmp_path):
    name = "info/" + "/".join(["x" * 200] * 160)
    members = [(member(name), b""), (member(ABOUT, size=2), b"{}")]
    assert not read_claim(make_conda(tmp_path, info=zst(tar(members))))
    members[0] = (member(name + "x" * 800), b"")
    with pytest.raises(PackageError, match="longer than any system allows"):
        read_claim(make_conda(tmp_path, info=zst(tar(members))))


def pax(records: bytes) -> bytes:
    """A member with these PAX records."""
    header = tarfile.TarInfo("x")
    header.type, header.size = b"x", len(records)
    padded = records + bytes(-len(records) % 512)
    return header.tobuf(tarfile.USTAR_FORMAT) + padded + member("info/x").tobuf()[-512:]


def tiny_records(count: int) -> bytes:
    return b"".join(b"%d %05x=\n" % (len("10 00000=\n"), number) for number in range(count))


FLOODS = {
    "records": (pax(tiny_records(50_000)), 60, "more PAX headers than any builder writes"),
    "members": (member("info/x").tobuf() * 1000, 300, "unpacks to more than"),
    "one header": (pax(b"1100000 k=" + b"v" * 1_099_989 + b"\n"), 1, "larger than 1 MiB"),
}


@pytest.mark.parametrize("kind", FLOODS)
def test_a_flood_of_headers_costs_seconds_at_most(tmp_path, monkeypatch, kind):
    one, count, cause = FLOODS[kind]
    monkeypatch.setattr(metadata, "INFO_LIMIT", 128 << 20)
    info = b"".join(compress_zstd([one] * count, len(one) * count))
    assert len(info) < 1 << 20
    start = time.process_time()
    with pytest.raises(PackageError, match=cause):
        read_claim(make_conda(tmp_path, info=info))
    assert time.process_time() - start < 120


def test_many_extension_headers_of_one_member_are_read_once(tmp_path):
    """To join them one by one would copy the first ones again for each of the others."""
    empty = tarfile.TarInfo("x")
    empty.type = b"x"
    head = empty.tobuf(tarfile.USTAR_FORMAT)
    one = head * 2000 + member("info/x").tobuf()[-512:]
    about = member(ABOUT, size=2).tobuf()[-512:] + b"{}".ljust(512, b"\0")
    raw = one * 50 + about + bytes(1024)
    start = time.process_time()
    read_claim(make_conda(tmp_path, info=zst(raw)))
    assert time.process_time() - start < 30


def test_the_links_that_are_kept_in_memory_are_bounded(tmp_path, monkeypatch):
    links = [
        (member(f"info/{number}", type=tarfile.SYMTYPE, linkname="x"), None)
        for number in range(100)
    ]
    package = make_conda(tmp_path, info=zst(tar([*links, (member(ABOUT, size=2), b"{}")])))
    assert not read_claim(package)
    monkeypatch.setattr(ambiguities, "_MAX_LINKS", 500)
    with pytest.raises(PackageError, match="the names of its links"):
        read_claim(package)


def test_a_sparse_map_is_bounded(tmp_path):
    sparse = bytearray(member("info/sparse").tobuf(tarfile.GNU_FORMAT))
    sparse[156:157], sparse[482] = b"S", 1
    sparse[148:156] = b" " * 8
    sparse[148:156] = b"%06o\0 " % sum(sparse)
    more = b"\1" * 512
    raw = io.BytesIO(bytes(sparse) + more * 4096).getvalue()
    with pytest.raises(PackageError, match="larger than 1 MiB"):
        read_claim(make_conda(tmp_path, info=zst(raw)))


def test_deep_paths_behind_no_link_take_no_time(tmp_path):
    about = b'{"extra": {}}'
    members = [
        (member(ABOUT, size=len(about)), about),
        (member("link", type=tarfile.SYMTYPE, linkname="info"), None),
        *((member("a/" * 16_000 + str(n)), b"") for n in range(100)),
    ]
    package = make_conda(tmp_path, info=zst(tar(members)))
    started = time.process_time()
    read_claim(package)
    assert time.process_time() - started < 4
