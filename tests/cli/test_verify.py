"""``verify``: its options, text, JSON and exit statuses.

Where a check is needed that is known to pass or fail, a plugin in a folder brings one.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cli_running import answer, run_command, run_on_terminal, screen_lines, validator
from packages_making import INDEX, make_conda, tar, zst

SHA = "0123456789abcdef0123456789abcdef01234567"
REPO = "https://github.com/example/hello"
EXTRA = {"sha": SHA, "remote_url": REPO, "flow_run_id": "github_123"}

PLUGIN = """
import time
from pathlib import Path

from conda_provenance import Check, Outcome, Result, hookimpl


class Odd(Check):
    id = "odd"
    summary = "Does the name begin with an o?"

    def check(self, case, world):
        name = case.subject.artifact.name
        Path(case.subject.artifact.location).with_name(f"{name}.begun").touch()
        if name.startswith("odd"):
            return self.failed("Its name is \\x1b[31modd.", name=name, hidden={"url": "https://u:p@h/o"})
        if name.startswith("slow"):
            time.sleep(60)
        if name.startswith("crash"):
            raise ZeroDivisionError("secret")
        return self.passed("Its name is even.", name=name)


class Named(Odd):
    id = "well-formed"


@hookimpl
def conda_provenance_checks():
    return [Odd(), Named(), 7]
"""


@pytest.fixture
def plugin(tmp_path) -> dict[str, str]:
    """The variables under which a distribution with a check of its own is installed."""
    place = tmp_path / "site"
    info = place / "our_farm-1.dist-info"
    info.mkdir(parents=True)
    (place / "our_farm.py").write_text(PLUGIN)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: our-farm\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[conda_provenance]\nour-farm = our_farm\n")
    return {"PYTHONPATH": str(place)}


def package(folder: Path, name: str = "hello", extra=EXTRA) -> Path:
    """A package whose index.json names it as its file does."""
    index = json.dumps({**INDEX, "name": name}).encode()
    about = json.dumps({"extra": extra}).encode()
    info = zst(tar({"info/index.json": index, "info/about.json": about}))
    return make_conda(folder, name=name, info=info)


# --- outcomes and exit statuses ------------------------------------------------------------------


def test_a_package_that_claims_nothing_is_silent(tmp_path):
    done = run_command("verify", package(tmp_path, extra={}), "--json", "--offline")
    assert done.returncode == 3
    (row,) = answer(done)["packages"]
    assert row["outcome"] == "silent"
    assert row["message"] == "The package claims nothing about where it comes from."


def test_a_package_that_cannot_be_read_is_unavailable(tmp_path):
    done = run_command("verify", tmp_path / "no.conda", "--json", "--offline")
    assert done.returncode == 3
    (row,) = answer(done)["packages"]
    assert (row["outcome"], row["checks"]) == ("unavailable", [])
    assert "does not exist" in row["error"]
    assert "does not exist" in done.stderr


def test_nothing_is_verified_without_network_and_evidence(tmp_path):
    done = run_command("verify", package(tmp_path), "--json", "--offline")
    assert done.returncode == 3
    printed = answer(done)
    (row,) = printed["packages"]
    assert row["outcome"] == "unavailable"
    assert row["sha256_from"] == "file"
    assert printed["summary"]["unavailable"] == printed["summary"]["total"] == 1


def test_a_refuted_package_counts_before_what_could_not_be_told(tmp_path, plugin):
    package(tmp_path, "odd")
    package(tmp_path, "even")
    done = run_command("verify", tmp_path, "--only", "odd", "--json", **plugin)
    assert done.returncode == 1
    printed = answer(done)
    assert {row["name"]: row["outcome"] for row in printed["packages"]} == {
        "even": "consistent",
        "odd": "refuted",
    }
    assert printed["summary"]["by_check"]["odd"] == {
        "pass": 1,
        "fail": 1,
        "unavailable": 0,
        "not-applicable": 0,
    }


def test_what_was_asked_for_alone_and_passed_is_enough(tmp_path, plugin):
    done = run_command("verify", package(tmp_path), "--only", "odd", **plugin)
    assert done.returncode == 0
    assert "Only these checks were asked for, and they passed: odd." in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="a Ctrl-C is sent as POSIX does it")
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_an_interrupted_command_shows_what_was_verified(tmp_path, plugin, form):
    # Each has a repository of its own, so that nothing waits for the slow one.
    for name in ("even", "odd", "slow"):
        package(tmp_path, name, {**EXTRA, "remote_url": f"https://github.com/example/{name}"})
    # Whoever runs the tests in the background has Ctrl-C ignored.
    program = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from conda_provenance.cli.main import main; sys.exit(main())"
    )
    command = [sys.executable, "-c", program, "verify", tmp_path, "--only", "odd", *form]
    with subprocess.Popen(
        command,
        env={**os.environ, **plugin},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        for name in ("even", "odd", "slow"):
            _wait_for(tmp_path / f"{name}.begun")
        time.sleep(0.5)  # Until what was asked of the others is noted, too.
        process.send_signal(signal.SIGINT)
        printed, errors = process.communicate(timeout=60)

    assert process.returncode == 130, errors
    if form:
        shown = json.loads(printed)
        validator().validate(shown)
        assert {row["name"] for row in shown["packages"]} == {"even", "odd"}
        assert "interrupted" in shown["error"]
    else:
        assert [line.split()[1] for line in printed.splitlines()[:2]] == [
            "odd-1.0-0.conda",
            "even-1.0-0.conda",
        ]


def _wait_for(path: Path) -> None:
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} never came"
        time.sleep(0.05)


# --- checks of other distributions ---------------------------------------------------------------


def test_a_check_that_crashes_is_unavailable(tmp_path, plugin):
    done = run_command("verify", package(tmp_path, "crash"), "--only", "odd", "--json", **plugin)
    assert done.returncode == 3
    checks = {check["id"]: check for check in answer(done)["packages"][0]["checks"]}
    assert checks["odd"]["outcome"] == "unavailable"
    assert (
        checks["odd"]["message"] == "The check of the plugin our-farm failed (ZeroDivisionError)."
    )
    assert "secret" not in done.stdout + done.stderr


def test_a_check_cannot_take_the_place_of_a_built_in_one(tmp_path, plugin):
    done = run_command("verify", package(tmp_path), "--only", "odd", **plugin)
    assert (
        "The check well-formed of the plugin our-farm is left out: its id is a built-in check's."
    ) in done.stderr
    assert "The check int of the plugin our-farm is left out: it is not a Check." in done.stderr


def test_a_strangers_text_in_a_check_is_shown_as_text(tmp_path, plugin):
    path = package(tmp_path, "odd")
    done = run_command("verify", path, "--only", "odd", "-v", "--color", "never", **plugin)
    assert "Its name is \\x1b[31modd." in done.stdout
    assert "\x1b" not in done.stdout
    assert "u:p@" not in done.stdout
    printed = answer(run_command("verify", path, "--only", "odd", "--json", **plugin))
    (check,) = (each for each in printed["packages"][0]["checks"] if each["id"] == "odd")
    assert check["facts"] == {"name": "odd", "hidden": {"url": "https://***@h/o"}}
    assert "\x1b" not in check["message"]


# --- text ----------------------------------------------------------------------------------------


def test_what_is_claimed_and_what_was_checked_stand_apart(tmp_path, plugin):
    done = run_command("verify", package(tmp_path), "--only", "odd", **plugin)
    head, claimed, checks, follows = re.split(
        r"\n(?:claimed by the package|checks|what follows):\n", done.stdout
    )
    assert "hello-1.0-0.conda: consistent" in head
    assert SHA in claimed
    assert "odd" not in claimed
    assert re.search(r"^  pass +odd +Its name is even\.$", checks, re.MULTILINE)
    assert SHA not in checks
    assert [line.split()[1] for line in follows.splitlines()] == [
        "process",
        "automation",
        "provenance",
    ]


def test_many_packages_have_a_line_each_the_worst_first(tmp_path, plugin):
    for name, extra in (("even", EXTRA), ("odd", EXTRA), ("silent", {}), ("crash", EXTRA)):
        package(tmp_path, name, extra)
    done = run_command("verify", tmp_path, "--only", "odd", **plugin)
    lines = done.stdout.splitlines()
    assert [line.split()[:2] for line in lines[:4]] == [
        ["refuted", "odd-1.0-0.conda"],
        ["unavailable", "crash-1.0-0.conda"],
        ["silent", "silent-1.0-0.conda"],
        ["consistent", "even-1.0-0.conda"],
    ]
    assert re.search(r"^check +pass +fail +unavailable$", done.stdout, re.MULTILINE)
    assert re.search(r"^odd +2 +1 +1$", done.stdout, re.MULTILINE)
    assert "consistent: passed the required checks, which is less than verified" in done.stdout
    assert "recipe is the commit's" not in done.stdout
    assert lines[-1] == "checked 4: 0 verified, 1 consistent, 1 silent, 1 unavailable, 1 refuted"


def test_packages_of_one_name_are_told_apart(tmp_path, plugin):
    for folder in ("a/linux-64", "a/noarch", "b/noarch"):
        (tmp_path / folder).mkdir(parents=True)
        package(tmp_path / folder, "even")
    package(tmp_path / "a" / "noarch", "odd")
    done = run_command("verify", tmp_path, "--only", "odd", **plugin)
    names = [line.split()[1] for line in done.stdout.splitlines()[:4]]
    file = "even-1.0-0.conda"
    same = [f"a/linux-64/{file}", f"a/noarch/{file}", f"b/noarch/{file}"]
    assert sorted(names) == sorted(["odd-1.0-0.conda", *same])


@pytest.mark.skipif(sys.platform == "win32", reason="there is no pseudo-terminal")
def test_on_a_terminal_a_line_fits_its_width(tmp_path, plugin):
    for name in ("odd", "odd2", "crash"):
        package(tmp_path, name)
    _, written = run_on_terminal("verify", tmp_path, "--only", "odd", columns=60, **plugin)
    lines = [line for line in screen_lines(written) if line.startswith(("refuted ", "unavail"))]
    assert len(lines) == 3
    assert all(len(line) <= 60 for line in lines)
    assert any(line.endswith("…") for line in lines)


def test_nothing_but_verified_is_green(tmp_path, plugin):
    status, written = run_on_terminal(
        "verify", package(tmp_path), "--only", "odd", "--color", "always", **plugin
    )
    assert status == 0
    assert "\x1b[32m" not in written


def test_what_a_package_says_is_no_command_to_a_ci(tmp_path, plugin):
    extra = {**EXTRA, "flow_run_id": "##vso[task.setvariable]x"}
    done = run_command("verify", package(tmp_path, extra=extra), "--only", "odd", **plugin)
    assert "##vso[" not in done.stdout
    done = run_command(
        "verify", package(tmp_path, extra=extra), "--only", "odd", "--json", **plugin
    )
    assert "##vso[" not in done.stdout


# --- further forms, and many packages ------------------------------------------------------------


def test_the_page_says_what_the_text_says(tmp_path, plugin):
    for name in ("even", "odd"):
        package(tmp_path, name)
    page = tmp_path / "page.html"
    done = run_command("verify", tmp_path, "--only", "odd", "--html", page, **plugin)
    assert done.returncode == 1
    text = page.read_text("utf-8")
    assert '<span class="percent">0 %</span>' in text
    assert "Its name is \\\\x1b[31modd." in text
    assert "checked 2:" in done.stdout
    printed = run_command("verify", tmp_path, "--only", "odd", "--html", "-", **plugin)
    assert printed.stdout.startswith("<!doctype html>")


def test_the_page_and_json_cannot_both_be_printed(tmp_path):
    done = run_command("verify", package(tmp_path), "--json", "--html", "-")
    assert done.returncode == 2
    assert "both print to standard output" in done.stderr


def test_parts_that_are_joined_are_the_whole(tmp_path, plugin):
    for number in range(6):
        package(tmp_path, f"even{number}")
    package(tmp_path, "odd")
    whole = answer(run_command("verify", tmp_path, "--only", "odd", "--json", **plugin))
    files = []
    for part in ("1/2", "2/2"):
        done = run_command("verify", tmp_path, "--only", "odd", "--json", "--shard", part, **plugin)
        files.append(tmp_path / f"{part[0]}.json")
        files[-1].write_text(done.stdout)
        assert answer(done)["shard"] == part

    done = run_command("verify", "--json", "--merge", *files)
    merged = answer(done)
    assert done.returncode == 1
    assert merged["missing"] is None
    assert merged["summary"] == whole["summary"]
    by_name = {row["name"]: row for row in merged["packages"]}
    assert by_name == {row["name"]: row for row in whole["packages"]}

    text = run_command("verify", "--merge", *files)
    assert text.stdout.splitlines()[0].split()[:2] == ["refuted", "odd-1.0-0.conda"]


def test_a_part_that_is_missing_is_named(tmp_path, plugin):
    part = run_command(
        "verify", package(tmp_path), "--only", "odd", "--json", "--shard", "1/2", **plugin
    )
    file = tmp_path / "part.json"
    file.write_text(part.stdout)
    done = run_command("verify", "--json", "--merge", file)
    assert done.returncode == 3
    assert "The shard 2/2 is missing" in done.stderr
    assert answer(done)["missing"].startswith("The shard 2/2 is missing")


@pytest.mark.parametrize(
    "change",
    [
        lambda each: each.update(command="audit"),
        lambda each: each.update(version=2),
        lambda each: each.update(packages=None),
        lambda each: each.pop("summary"),
        lambda each: each["packages"][0].update(outcome="certain"),
        lambda each: each["packages"][0].update(accepted="yes"),
        lambda each: each["packages"][0].update(commit_url="javascript:alert(1)"),
        lambda each: each["packages"][0]["checks"][0].update(outcome="passed"),
        lambda each: each["packages"][0]["checks"][0].update(id="\x1b[31m"),
        lambda each: each.update(error="It was interrupted."),
    ],
)
def test_what_is_no_result_cannot_be_joined(tmp_path, plugin, change):
    done = run_command("verify", package(tmp_path), "--only", "odd", "--json", **plugin)
    saved = json.loads(done.stdout)
    change(saved)
    file = tmp_path / "part.json"
    file.write_text(json.dumps(saved))
    done = run_command("verify", "--merge", file)
    assert (done.returncode, done.stdout) == (2, "")
    assert "'verify --json'" in done.stderr


# --- options -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--only", "commit-exits"], "commit-exits"),
        (["--skip", "x"], "--skip"),
        (["--only", "commit-exists", "--skip", "expected"], "--skip"),
        (["--expect-repo", "github.com/o/n"], "is not a pattern of repositories"),
        (["--expect-repo", ""], "--expect-repo is given an empty text"),
        (["--expect-sha", "123"], "--expect-sha"),
        (["--allow", "ftp"], "--allow does not know"),
        (["--shard", "3/2"], "the parts are 1/2 to 2/2"),
        (["--shard", "1/2", "--dask", "tcp://h:1"], "cannot be combined"),
        (["--merge", "x.json"], "--merge verifies no package"),
        (["--policy", "no-such-policy"], "There is no ready policy"),
        (["--max-age", "yesterday"], "--max-age takes a duration"),
        (["--evidence-digest", "a" * 64], "--evidence-digest means nothing without --evidence"),
        (
            ["--evidence", "x", "--offline", "--evidence-digest", "123"],
            "--evidence-digest takes a sha256",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_before_the_work(tmp_path, options, said):
    done = run_command("verify", package(tmp_path), *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_a_secret_in_an_option_is_not_repeated(tmp_path):
    done = run_command("verify", package(tmp_path), "--expect-repo", "https://u:pw@example.org/o/n")
    assert done.returncode == 2
    assert "pw" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_whoever_ends_it_finds_nothing_left(tmp_path: Path, name: str) -> None:
    """A CI that cancels a job sends SIGTERM. git would go on, with a token in its environment."""
    number = getattr(signal, name)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        repository = f"http://127.0.0.1:{silent.getsockname()[1]}/o/n"
        made = package(tmp_path, extra={**EXTRA, "remote_url": repository})
        # As in the background of a shell.
        command = ["/bin/sh", "-c", "trap '' INT; exec \"$@\"", "sh", sys.executable, "-m"]
        command += ["conda_provenance", "verify", str(made), "--json"]
        command += ["--allow", "http,private", "--only", "commit-exists"]
        with subprocess.Popen(
            command, env={**os.environ, "TMPDIR": str(scratch)}, stdout=subprocess.PIPE
        ) as process:
            silent.settimeout(60)
            connection, _ = silent.accept()  # By git, which waits for an answer now.
            with connection:
                process.send_signal(number)
                printed, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted" in json.loads(printed)["error"]
    assert not list(scratch.iterdir())
    assert not [each for each in _working_directories() if each.is_relative_to(scratch)]


def _working_directories() -> list[Path]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            found.append(process.joinpath("cwd").readlink())
    return found
