"""Logs as CIs write them, and as somebody would write them who means harm."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import struct
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Iterator

import pytest
from ci_model import FILE, OTHER, SHA256, block, line
from hostile_forge import ZIPS
from hypothesis import given
from hypothesis import strategies as st

from conda_provenance.errors import UnavailableError
from conda_provenance.verify import logs, mentions
from conda_provenance.verify.logs import clean_line, raw_lines
from conda_provenance.verify.mentions import By, Mention, decoded, encoded, find_mentions

SUBDIR, _, NAME = FILE.partition("/")
EXPECTED = [Mention(SUBDIR, NAME, SHA256, By.BLOCK)]


def pieces(data: bytes, size: int = 1000) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (b"2026-02-26T13:29:30.1234567Z text", "text"),
        (b"\xef\xbb\xbf2026-02-26T13:29:30.1234567Z text", "text"),
        (b"2026-02-26T13:29:30Z text", "text"),
        (b"2026-02-26T13:29:30.123456Z 00O text", "text"),
        (b"2026-02-26T13:29:30.123456Z 01E+text", "text"),
        (b"2026-02-26T13:29:30.1234567Z   two blanks stay", "  two blanks stay"),
        (b"2026-02-26T13:29:30.1234567Z 2026-02-26T13:29:30.1234567Z text",
         "2026-02-26T13:29:30.1234567Z text"),
        (b"2026-02-26T13:29:30.1234567Z ##[group]Inspecting artifacts", "Inspecting artifacts"),
        (b"2026-02-26T13:29:30.1234567Z ##[section]Starting: x", "Starting: x"),
        (b"section_start:1772112570:build[collapsed=true]", ""),
        (b"\x1b[0Ksection_end:1772112570:build", ""),
        (b"travis_fold:start:build.1", ""),
        (b"[00:00:38] text", "text"),
        (b"\x1b[32;1mtext\x1b[0m", "text"),
        (b"\x1b]8;;https://x.example\x1b\\text\x1b]8;;\x1b\\", "text"),
        (b"\x1b]0;title\x07text", "text"),
        (b"text \t", "text"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"", ""),
    ],
)  # fmt: skip
def test_what_a_ci_adds_is_cut_off(line, text):
    assert clean_line(line) == text


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r", "\r\r\n"])
@pytest.mark.parametrize("size", [1, 7, 1000, 1 << 20])
def test_lines_end_in_any_way_wherever_they_are_cut(ending, size):
    data = (block() + line()).replace("\n", ending).encode()
    found = list(find_mentions(pieces(data, size)))
    assert found == [*EXPECTED, Mention(SUBDIR, NAME, SHA256, By.LINE)]


def test_a_line_without_an_end_is_one():
    assert list(raw_lines(iter([b"a\nb"]))) == [b"a", b"b"]
    assert list(raw_lines(iter([]))) == []


def test_a_line_that_is_too_long_is_left_out_and_the_next_is_read():
    long = b"x" * (3 * logs.MAX_LINE)
    data = long + b"\n" + block().encode() + long
    found = list(raw_lines(pieces(data, 1 << 16)))
    assert max(map(len, found)) < 100
    assert list(find_mentions(pieces(data, 1 << 16))) == EXPECTED
    # What follows it without a line break is no line of its own.
    assert list(find_mentions(pieces(long + line().encode(), 1 << 16))) == []


def test_a_log_without_end_is_given_up():
    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 99 + b"\n" + b"y" * (1 << 16)

    with pytest.raises(UnavailableError, match="larger than 256 MiB"):
        list(raw_lines(endless()))


def test_a_log_that_names_too_many_files_is_given_up():
    def many() -> Iterator[bytes]:
        for number in range(mentions.MAX_MENTIONS + 2):
            yield line(f"noarch/x-{number}-0.conda").encode()

    with pytest.raises(UnavailableError, match="more than 10000 package files"):
        list(find_mentions(many()))
    same = (line().encode() for _ in range(mentions.MAX_MENTIONS + 2))
    assert len(list(find_mentions(same))) == 1


def test_what_is_said_again_stands_at_its_last_place():
    data = line() + line(sha256=OTHER) + line()
    found = [each.sha256 for each in find_mentions(iter([data.encode()]))]
    assert found == [OTHER, SHA256]


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def test_a_zip_is_read_member_by_member():
    data = zipped({"0_build.txt": block().encode(), "folder/": b"", "1_x.txt": line().encode()})
    found = list(find_mentions(pieces(data)))
    assert [each.by for each in found] == [By.BLOCK, By.LINE]


def test_a_block_does_not_go_on_in_another_member():
    first, _, second = block().partition("-- Size")
    data = zipped({"1": first.encode().rstrip(), "2": b"x\ny\nz\n-- Size" + second.encode()})
    assert list(find_mentions(pieces(data))) == []


def directory_bomb(count: int) -> bytes:
    """A zip of one member, which its directory names again and again."""
    data = zipped({"a": b""})
    start, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    again = data[start:end] * count
    ending = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(again), start, 0)
    return data[:start] + again + ending


BOMBS = {
    "a long directory": directory_bomb(50_000),
    "swells": zipped({"a": b"\0" * (64 << 20)}),
    "many members": zipped({str(n): b"" for n in range(logs.MAX_MEMBERS + 1)}),
    "cut": zipped({"a": b"x" * 1000})[:-30],
    "no zip": b"PK\x03\x04" + b"x" * 100,
    "bad data": zipped({"a": os.urandom(5000)}).replace(b"\x00\x00\x00\x08", b"\x00\x00\x00\x63"),
}


@pytest.mark.parametrize("name", ZIPS)
def test_hostile_archives_end_in_their_bounds(name):
    with contextlib.suppress(UnavailableError):
        assert list(find_mentions(pieces(ZIPS[name](), 1 << 16))) == []


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_given_up(name):
    with pytest.raises(UnavailableError, match="came as a zip"):
        list(raw_lines(pieces(BOMBS[name])))


def test_a_long_directory_takes_no_memory():
    """Each of its entries would become an object of half a kilobyte."""
    data = directory_bomb(100_000)
    tracemalloc.start()
    try:
        with pytest.raises(UnavailableError, match="came as a zip"):
            list(raw_lines(pieces(data, 1 << 16)))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 12 << 20


def test_a_zip_in_a_zip_is_text():
    data = zipped({"a.zip": zipped({"b": block().encode()}, zipfile.ZIP_STORED)})
    list(raw_lines(pieces(data)))  # It ends, and nothing is unpacked twice.


def test_what_is_kept_comes_back():
    found = list(find_mentions(iter([(block() + line()).encode()])))
    assert decoded(b"".join(encoded(found))) == found


@pytest.mark.parametrize("data", [b"{", b"[]", b'{"subdir": 1}', b'{"subdir": "x"}', b"\xff\n"])
def test_evidence_of_anybodys_is_checked(data):
    with pytest.raises(UnavailableError):
        decoded(data)


@given(st.binary(max_size=3000), st.integers(1, 50))
def test_any_bytes_are_read(data, size):
    with contextlib.suppress(UnavailableError):
        list(find_mentions(pieces(data, size)))


@given(st.lists(st.sampled_from([*block().splitlines(), line().rstrip(), "x", "-"]), max_size=30))
def test_only_whole_blocks_and_lines_count(rows):
    text = "\n".join(rows)
    found = list(find_mentions(iter([text.encode()])))
    assert all(each.sha256 == SHA256 for each in found)
    rule = "-" * len(FILE)
    endings = (
        f"{FILE}\n{rule}\n-- SHA256: {SHA256}",
        f"{FILE}\n{rule}\n-- Size: 31.6MB\n-- SHA256",
    )
    assert (By.BLOCK in {each.by for each in found}) == any(each in text for each in endings)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells it like this")
def test_a_log_of_100_mb_takes_little_memory():
    program = """
import re
from conda_provenance.verify.mentions import find_mentions
row = b"2026-02-26T13:29:30.1234567Z compiling something long enough for a line of a log\\n"
def pieces():
    for _ in range(1600):
        yield row * 800
print(len(list(find_mentions(pieces()))))
print(re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1])
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found, kilobytes = map(int, done.stdout.split())
    assert found == 0
    assert kilobytes < 100_000, "200 MiB are allowed for all of verify"


@pytest.mark.parametrize("fault", ["no folder", "full disk"])
def test_without_a_place_for_a_zip_the_user_is_told_so(fault, monkeypatch, tmp_path):
    class Full(io.BytesIO):
        """A stand-in for a file on a full disk."""

        def write(self, _):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if fault == "no folder":
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    else:
        monkeypatch.setattr("tempfile.TemporaryFile", Full)
    with pytest.raises(UnavailableError, match=r"cannot be kept .*TMPDIR"):
        list(raw_lines(pieces(zipped({"a": b"x\n"}))))
