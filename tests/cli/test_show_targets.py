"""The options that say which packages are meant: lists, sizes, dates, and what contradicts."""

from __future__ import annotations

import subprocess
import sys
from argparse import Namespace

import pytest
from cli_running import answer, run_command
from packages_making import make_conda

from conda_provenance.cli.parser import PREFIX, make_parser
from conda_provenance.cli.target_lists import MAX_LIST
from conda_provenance.cli.target_options import TARGET_OPTIONS, request_of
from conda_provenance.errors import UsageError
from conda_provenance.sources import MAX_DOWNLOAD, Request

EXTRA = {"extra": {"sha": "1" * 40}}


def request(*words: str) -> Request:
    parsed = vars(make_parser().parse_args(["show", *words]))
    given = {name.removeprefix(PREFIX): value for name, value in parsed.items()}
    return request_of(Namespace(**given))


def test_without_options_nothing_is_asked_for_but_the_defaults_are_the_requests():
    assert request() == Request()


def test_every_option_has_its_place_in_the_request():
    assert request("a", "b", "-n", "env", "--remote", "--max-download", "4096") == Request(
        targets=("a", "b"), environment="env", remote=True, max_download=4096
    )
    channel = ["-c", "x", "--channel", "y", "--subdir", "noarch", "--subdir", "linux-64"]
    more = ["--newest", "--since", "2025-01-31", "--match", "a=1", "--match", "b*", "--offline"]
    assert request(*channel, *more) == Request(
        channels=("x", "y"),
        subdirs=("noarch", "linux-64"),
        newest=True,
        since="2025-01-31",
        match=("a=1", "b*"),
        offline=True,
    )
    lockfile = ["--lockfile", "f", "--environment", "e", "--platform", "p", "--check"]
    assert request(*lockfile) == Request(
        lockfiles=("f",), lock_environment="e", platform="p", check=True
    )
    assert request("c::x", "--all", "-p", "/env") == Request(
        targets=("c::x",), every=True, prefix="/env"
    )
    assert {option.name for option in TARGET_OPTIONS} <= set(Request._fields)


def test_options_may_stand_between_the_targets():
    assert request("a", "--remote", "b", "-p", "/env", "c") == Request(
        targets=("a", "b", "c"), remote=True, prefix="/env"
    )
    done = run_command("show", "a", "--json", "b", "--bogus", "c")
    assert done.returncode == 2
    assert "unrecognized arguments" in done.stderr


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("256MiB", MAX_DOWNLOAD),
        ("10MB", 10_000_000),
        ("10 mb", 10_000_000),
        ("1k", 1000),
        ("2KiB", 2048),
        ("2Ki", 2048),
        ("3GiB", 3 << 30),
        ("1T", 10**12),
        ("4096", 4096),
        ("12B", 12),
        ("0", 0),
    ],
)
def test_a_size_is_read_as_people_write_it(text, size):
    assert request("--max-download", text).max_download == size


@pytest.mark.parametrize("text", ["", "MiB", "-1", "1.5GB", "10 bits", "1e6", "9" * 40, "ten"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(UsageError, match="--max-download takes a size such as 256MiB"):
        request(f"--max-download={text}")


@pytest.mark.parametrize("text", ["2025", "2025-1-31", "2025-02-30", "31.1.2025", "yesterday", ""])
def test_what_is_no_date_is_refused(text):
    with pytest.raises(UsageError, match="--since takes a date such as 2025-01-31"):
        request("--channel", "x", f"--since={text}")


@pytest.mark.parametrize(
    ("words", "flags"),
    [
        (["-n", "a", "-p", "b"], ("-n", "-p")),
        (["-n", "a", "--channel", "b"], ("-n", "--channel")),
        (["-p", "a", "--lockfile", "b"], ("-p", "--lockfile")),
        (["--channel", "a", "--lockfile", "b"], ("--channel", "--lockfile")),
        (["--offline", "--remote"], ("--offline", "--remote")),
        (["--offline", "--check"], ("--offline", "--check")),
        (["gone/x", "--subdir", "noarch"], ("--subdir", "--channel")),
        (["x", "--newest"], ("--newest", "--channel")),
        (["x", "--since", "2025-01-01"], ("--since", "--channel")),
        (["x", "--match", "a"], ("--match", "--channel")),
        (["x", "--environment", "e"], ("--environment", "--lockfile")),
        (["x", "--platform", "noarch"], ("--platform", "--lockfile")),
    ],
)
def test_options_that_contradict_each_other_are_named(words, flags):
    done = run_command("show", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert all(flag in done.stderr for flag in flags)
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "flag",
    [
        *("-n", "-p", "--channel", "--subdir", "--match", "--lockfile"),
        *("--environment", "--platform"),
    ],
)
def test_an_empty_text_is_not_the_same_as_no_option(tmp_path, flag):
    """It is a variable that is not set. The active environment is not what was asked for."""
    active = tmp_path / "active"
    (active / "conda-meta").mkdir(parents=True)
    done = run_command("show", flag, "", CONDA_PREFIX=str(active))
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{flag} is given an empty text" in done.stderr


def test_a_list_stands_for_what_is_in_it(tmp_path):
    packages = [make_conda(tmp_path, EXTRA, name=name) for name in ("a", "b", "c", "d e")]
    names = [package.name for package in packages]
    listed = f"# a comment\n\n  {names[1]}  \r\n#{names[0]}\n{names[3]}"
    (tmp_path / "list.txt").write_text(listed)
    done = run_command("show", "--json", names[0], "@list.txt", names[2], cwd=tmp_path)
    assert [entry["location"] for entry in answer(done)["packages"]] == [
        names[0],
        names[1],
        names[3],
        names[2],
    ]


@pytest.mark.parametrize("word", ["-", "@-"])
def test_standard_input_is_a_list(tmp_path, word):
    package = make_conda(tmp_path, EXTRA)
    command = [sys.executable, "-m", "conda_provenance", "show", "--json", word]
    done = subprocess.run(command, input=f"{package}\n", capture_output=True, text=True, check=True)
    assert [entry["location"] for entry in answer(done)["packages"]] == [str(package)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_list_may_be_written_by_powershell(tmp_path, encoding):
    package = make_conda(tmp_path, EXTRA, name="ä")
    (tmp_path / "list").write_bytes(f"{package}\r\n".encode(encoding))
    assert request(f"@{tmp_path / 'list'}").targets == (str(package),)


def test_a_line_ends_where_a_line_ends(tmp_path):
    (tmp_path / "list").write_bytes("a\x0bb\u2028c\x85d\n".encode())
    assert request(f"@{tmp_path / 'list'}").targets == ("a\x0bb\u2028c\x85d",)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"a\n@other\n", "names a list, which it may not"),
        (b"a\n-\n", "names a list, which it may not"),
        (b"a.conda\0b.conda\0", "is not text with one target a line"),
        (b"@EXPLICIT\nhttps://h.example/a-1-0.conda\n", "give it with --lockfile"),
    ],
)
def test_what_is_no_list_is_refused(tmp_path, content, why):
    (tmp_path / "list").write_bytes(content)
    done = run_command("show", "@list", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "list" in done.stderr
    assert why in done.stderr


def test_a_list_that_cannot_be_read_is_refused_without_a_secret(tmp_path):
    for word in (f"@{tmp_path}", "@gone", "@", "@https://user:s3cr3t@h.example/list"):
        done = run_command("show", word, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert "s3cr3t" not in done.stderr
        assert "Traceback" not in done.stderr


def test_a_list_has_a_size(tmp_path):
    with (tmp_path / "list").open("wb") as file:
        file.truncate(MAX_LIST + 1)
    with pytest.raises(UsageError, match="is larger than 64 MiB"):
        request(f"@{tmp_path / 'list'}")


def test_an_empty_list_is_nothing(tmp_path):
    (tmp_path / "list").write_text("# nothing\n")
    done = run_command("show", "@list", cwd=tmp_path, CONDA_PREFIX="")
    assert done.returncode == 2
    assert "Nothing is given" in done.stderr
