"""``show`` of many packages: lines, widths, the count, and JSON that is printed as it comes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from cli_running import answer, run_command, run_on_terminal, screen_lines
from packages_making import make_conda

SHA = "50a4e2d4203f05082fcbb93e14541180de3aa8ac"
REMOTE = "https://github.com/conda-forge/" + "very-" * 20 + "long-feedstock"
REAL = {"sha": SHA, "remote_url": REMOTE, "flow_run_id": "github_13381204511"}

on_terminals = pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals")


@pytest.fixture
def folder(tmp_path):
    """Five packages: two stamped, two without, one broken."""
    place = tmp_path / "output"
    (place / "noarch").mkdir(parents=True)
    make_conda(place / "noarch", {"extra": REAL}, name="a")
    make_conda(place / "noarch", {"extra": REAL | {"sha": "50a4e2d"}}, name="b")
    make_conda(place / "noarch", {}, name="c")
    make_conda(place / "noarch", None, name="d")
    (place / "noarch" / "e-1.0-0.conda").write_bytes(b"PK")
    return place


def test_in_a_pipe_every_value_is_whole(folder):
    done = run_command("show", folder)
    lines = done.stdout.splitlines()
    assert [line.split()[:3] for line in lines[1:6]] == [[name, "1.0", "0"] for name in "abcde"]
    assert lines[0].split() == [
        *("name", "version", "build", "in", "commit", "repository", "run", "problems"),
    ]
    assert SHA in lines[1]
    assert REMOTE in lines[1]
    assert "  sha-short, " in lines[2]
    assert "  no provenance" in lines[3]
    assert lines[5].endswith("unreadable")
    assert lines[6:] == [
        "5 packages: 2 stamped, 2 without provenance, 1 unreadable",
        "claimed by the package; not verified",
    ]
    # Each column begins where its title does.
    for title, value in (("commit", SHA), ("repository", REMOTE), ("run", "github_13381204511")):
        assert lines[1].index(value) == lines[0].index(title)


def test_of_a_folder_nobody_expects_that_all_is_stamped(folder):
    assert run_command("show", folder).returncode == 3
    (folder / "noarch" / "e-1.0-0.conda").unlink()
    assert run_command("show", folder).returncode == 0
    # But of a package that is named.
    assert run_command("show", folder, folder / "noarch" / "c-1.0-0.conda").returncode == 1


def test_of_very_many_it_is_not_said_why_each_cannot_be_read(tmp_path):
    for number in range(25):
        (tmp_path / f"broken-{number}-0.conda").write_bytes(b"PK")
    done = run_command("show", tmp_path)
    lines = done.stderr.splitlines()
    assert (done.returncode, len(lines)) == (3, 21)
    assert lines[-1].endswith(": 5 more cannot be read: -v says why.")
    assert done.stdout.count("unreadable\n") == 26
    assert len(run_command("show", tmp_path, "-v").stderr.splitlines()) == 25
    assert len(answer(run_command("show", tmp_path, "--json"))["packages"]) == 25


def test_one_package_in_a_folder_is_shown_at_length(tmp_path):
    package = make_conda(tmp_path, {"extra": REAL})
    by_folder, by_path = run_command("show", tmp_path), run_command("show", package)
    assert by_folder.stdout == by_path.stdout
    assert by_folder.stdout.startswith(f"{package}\n← commit:")


def test_with_verbose_every_package_is_shown_at_length(folder):
    done = run_command("show", "-v", folder)
    assert [line for line in done.stdout.splitlines() if line.endswith(".conda")] == [
        str(folder / "noarch" / f"{name}-1.0-0.conda") for name in "abcd"
    ]
    assert done.stdout.count("sha256:") == 4
    assert "5 packages: 2 stamped" in done.stdout


@on_terminals
@pytest.mark.parametrize("columns", [72, 80, 100, 120, 200, 400])
def test_on_a_terminal_no_line_is_wider_than_it(folder, columns):
    status, written = run_on_terminal("show", folder, columns=columns)
    assert status == 3
    lines = [line for line in screen_lines(written) if line and "cannot be read" not in line]
    assert all(len(line) <= columns for line in lines), lines
    assert "\x1b[32m" not in written, "green is kept for what was verified"
    assert f"\x1b]8;;{REMOTE}/commit/{SHA}\x1b\\\x1b[36m{SHA[:10]}\x1b[0m" in written
    title, first = lines[:2]
    assert first.startswith("a ")
    assert ("build" in title) is (columns == 400)
    assert "ong-feedstock" in first


@on_terminals
def test_a_very_narrow_terminal_is_no_fault(folder):
    status, written = run_on_terminal("show", folder, columns=10)
    assert status == 3
    assert "Traceback" not in written


def test_the_arrow_is_one_that_the_output_can_hold(tmp_path):
    package = make_conda(tmp_path, {"extra": REAL})
    done = run_command("show", package, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.stdout.splitlines()[1].startswith("<- commit:      50a4e2d")


def test_the_json_that_is_printed_bit_by_bit_is_the_same(folder):
    done = run_command("show", "--json", folder)
    printed = answer(done)
    assert json.dumps(printed, indent=2) + "\n" == done.stdout
    assert [entry["name"] for entry in printed["packages"]] == list("abcde")
    assert printed["not_conda"] == []

    nothing = run_command("show", "--json", "@-", "gone.conda")
    assert json.dumps(json.loads(nothing.stdout), indent=2) + "\n" == nothing.stdout


@on_terminals
def test_no_bar_is_drawn_into_results_on_the_same_terminal(folder):
    for form in ([], ["--json"]):
        _, written = run_on_terminal("show", *form, folder, columns=200)
        assert "\x1b[K" not in written


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_where_the_command_fails_in_the_middle_what_was_read_is_shown(tmp_path, form):
    package = make_conda(tmp_path, {"extra": REAL})
    (tmp_path / "environment.yml").write_text("dependencies:\n- numpy\n")
    words = [package, "--lockfile", tmp_path / "environment.yml"]
    done = run_command("show", *form, *words)
    assert done.returncode == 2
    assert "names specs, not packages" in done.stderr
    assert SHA in done.stdout
    if form:
        printed = answer(done)
        assert [entry["sha"] for entry in printed["packages"]] == [SHA]
        assert "names specs, not packages" in printed["error"]


def test_results_are_printed_as_they_come(tmp_path):
    """A reader of a stream sees the first package before the second is there."""
    first = make_conda(tmp_path, {"extra": REAL}, name="a")
    code = (
        "import sys\n"
        "from conda_provenance.cli import readings\n"
        "from conda_provenance.cli.main import main\n"
        "real = readings._read\n"
        "def read(found, *, thorough):\n"
        "    if found.name == 'b':\n"
        "        sys.stdout.flush(); print('NOW', file=sys.stderr, flush=True); sys.stdin.read()\n"
        "    return real(found, thorough=thorough)\n"
        "readings._read = read\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    second = make_conda(tmp_path, {"extra": REAL}, name="b")
    command = [sys.executable, "-c", code, "show", "--json", str(first), str(second)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin and process.stdout and process.stderr  # noqa: PT018
        assert process.stderr.readline() == b"NOW\n"
        begun = os.read(process.stdout.fileno(), 1 << 16)
        assert b'"a-1.0-0.conda"' in begun
        process.stdin.close()
        rest = process.stdout.read()
    assert [entry["name"] for entry in json.loads(begun + rest)["packages"]] == ["a", "b"]


def test_a_hundred_lines_are_aligned_and_more_may_be_wider(tmp_path):
    for number in range(250):
        make_conda(tmp_path, {}, name=f"p{number:03}")
    make_conda(tmp_path, {"extra": REAL}, name="z" * 60)
    lines = run_command("show", tmp_path).stdout.splitlines()
    assert len({re.search(r"no provenance", line).start() for line in lines[1:251]}) == 1  # type: ignore[union-attr]
    assert REMOTE in lines[251]
    assert lines[252] == "251 packages: 1 stamped, 250 without provenance"


def test_a_broken_pipe_ends_quietly(folder: Path):
    command = f"{sys.executable} -m conda_provenance show --json {folder} | head -c 10"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
@pytest.mark.parametrize("words", [["gone.conda"], ["-p", "gone"]])
def test_an_output_that_is_full_is_said_where_the_command_failed_too(words):
    command = [sys.executable, "-m", "conda_provenance", "show", "--json", *words]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 3
    assert "Exception ignored" not in done.stderr
    assert "No space left on device" in done.stderr
