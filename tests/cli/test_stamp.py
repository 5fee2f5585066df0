"""``stamp``: finished files, from the command line."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cli_running import answer, run_command, run_on_terminal, screen_lines
from packages_bytes import raw_members
from packages_making import info_files, make_conda, make_tar_bz2, tar, zst

from conda_provenance.package_line import PackageLine
from conda_provenance.packages import read_about

SHA = "50a4e2d4203f05082fcbb93e14541180de3aa8ac"
ORIGIN = "https://github.com/example/hello-feedstock"
GIVEN = [
    "--sha",
    SHA,
    "--remote-url",
    "https://user:s3cr3t@github.com/o/r.git",
    "--flow-run-id",
    "github_1",
]
STAMP = {"sha": SHA, "remote_url": "https://github.com/o/r", "flow_run_id": "github_1"}
ABOUT = {"extra": {"final": True}}
BOTH = pytest.mark.parametrize("make", [make_conda, make_tar_bz2])


def stamp(
    *arguments: str | Path, cwd: Path | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    return run_command("stamp", *arguments, cwd=cwd, **variables)


def results(done: subprocess.CompletedProcess[str]) -> str:
    """What is printed of the packages, without the lines for a CI's log at the end."""
    lines = done.stdout.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("conda-provenance: "))


@BOTH
def test_values_given_are_stamped_in_place_and_again_nothing_changes(tmp_path, make):
    package = make(tmp_path, ABOUT)
    done = stamp(*GIVEN, package)
    assert (done.returncode, results(done)) == (0, f"stamped     {package}\n")
    assert read_about(package)["extra"] == {"final": True} | STAMP
    before = package.stat()
    done = stamp(*GIVEN, package)
    assert (done.returncode, results(done)) == (0, f"unchanged   {package}\n")
    assert (package.stat().st_ino, package.stat().st_mtime_ns) == (
        before.st_ino,
        before.st_mtime_ns,
    )
    assert "s3cr3t" not in done.stdout + done.stderr


def test_else_what_detect_finds_for_the_recipe(tmp_path, feedstock, git):
    package = make_conda(tmp_path, ABOUT)
    run = {"CIRCLECI": "true", "CIRCLE_WORKFLOW_ID": "w-1"}
    expected = {
        "sha": git(feedstock, "rev-parse", "HEAD"),
        "remote_url": ORIGIN,
        "flow_run_id": "circle_w-1",
    }
    assert stamp("--recipe", feedstock, package, **run).returncode == 0
    assert read_about(package)["extra"] == {"final": True} | expected
    other = make_conda(tmp_path, ABOUT, name="other")
    assert stamp(other, cwd=feedstock, **run).returncode == 0
    assert read_about(other)["extra"] == {"final": True} | expected
    third = make_conda(tmp_path, ABOUT, name="third")
    assert stamp("--recipe", feedstock, "--flow-run-id", "farm_9", third).returncode == 0
    assert read_about(third)["extra"] == {"final": True} | expected | {"flow_run_id": "farm_9"}


def test_values_given_are_not_completed_by_a_folder_nobody_named(tmp_path, feedstock):
    package = make_conda(tmp_path, ABOUT)
    assert stamp("--flow-run-id", "farm_9", package, cwd=feedstock).returncode == 0
    assert read_about(package)["extra"] == {"final": True, "flow_run_id": "farm_9"}


def test_a_folder_without_a_recipe_is_not_guessed_from(tmp_path, feedstock):
    (feedstock / "tools").mkdir()
    (feedstock / "tools" / "x").write_text("")
    package = make_conda(tmp_path, ABOUT)
    done = stamp(package, cwd=feedstock / "tools")
    assert done.returncode == 2
    assert "There is no recipe in this folder" in done.stderr
    assert read_about(package) == ABOUT


def test_other_values_need_force_and_empty_ones_do_not(tmp_path):
    package = make_conda(tmp_path, {"extra": {"sha": "", "remote_url": "", "flow_run_id": ""}})
    assert stamp(*GIVEN, package).returncode == 0
    before = package.read_bytes()
    done = stamp("--sha", "1" * 40, package)
    assert done.returncode == 1
    assert "it says another sha already; --force overwrites it" in done.stderr
    assert package.read_bytes() == before
    assert stamp("--force", "--sha", "1" * 40, package).returncode == 0
    assert read_about(package)["extra"]["sha"] == "1" * 40


def test_a_bad_file_does_not_stop_the_rest(tmp_path):
    good = [make_conda(tmp_path, ABOUT, name=name) for name in "ab"]
    bad = tmp_path / "bad\x1b[31m-1-0.conda"
    bad.write_bytes(b"PK garbage")
    done = stamp(*GIVEN, good[0], bad, tmp_path / "gone.conda", good[1])
    assert done.returncode == 3
    assert results(done).splitlines() == [f"stamped     {package}" for package in good]
    said, *failed = done.stderr.splitlines()
    assert said == (
        f"conda-provenance: stamping sha={SHA} remote_url=https://github.com/o/r "
        "flow_run_id=github_1"
    )
    assert len(failed) == 2
    assert "\x1b" not in done.stderr
    assert bad.read_bytes() == b"PK garbage"


IDENTITY = {
    "name": "demo",
    "version": "1.0",
    "build": "0",
    "subdir": None,
    "channel": None,
    "timestamp": None,
}


def test_json(tmp_path):
    good = make_conda(tmp_path, ABOUT)
    done = stamp("--json", *GIVEN, good, tmp_path / "gone.conda")
    assert done.returncode == 3
    nothing = dict.fromkeys((*STAMP, "flow_run_url"))
    stamped, failed = answer(done)["packages"]
    assert stamped == {
        "package": good.name,
        "location": str(good),
        **IDENTITY,
        "read_from": "file",
        "place": None,
        "sha256": None,
        "sha256_from": None,
        **STAMP,
        "flow_run_url": None,
        "commit_url": f"https://github.com/o/r/commit/{SHA}",
        "run_url": "https://github.com/o/r/actions/runs/1",
        "problems": [],
        "error": None,
        "status": "stamped",
        "target": None,
        "changes": {key: [None, value] for key, value in STAMP.items()},
        "remains": {},
    }
    gone = tmp_path / "gone.conda"
    assert failed == {
        "package": "gone.conda",
        "location": str(gone),
        **dict.fromkeys(IDENTITY),
        "name": "gone",
        "read_from": None,
        "place": None,
        "sha256": None,
        "sha256_from": None,
        **nothing,
        "commit_url": None,
        "run_url": None,
        "problems": [],
        "error": f"{gone} cannot be stamped: No such file or directory.",
        "status": "failed",
        "target": None,
        "changes": {},
        "remains": {},
    }


def test_json_says_what_the_package_says_then_and_not_what_was_asked_for(tmp_path):
    package = make_conda(tmp_path, {"extra": {"remote_url": "https://github.com/o/r"}})
    for options, status in ((["--dry-run"], "would stamp"), ([], "stamped"), ([], "unchanged")):
        done = stamp("--json", "--flow-run-id", "farm_1", *options, package)
        (entry,) = answer(done)["packages"]
        assert (entry["status"], entry["flow_run_id"], entry["remote_url"]) == (
            status,
            "farm_1",
            "https://github.com/o/r",
        )


def test_two_packages_of_one_name_do_not_overwrite_each_other(tmp_path):
    packages = []
    for name in ("linux-64", "noarch"):
        (tmp_path / name).mkdir()
        packages.append(make_conda(tmp_path / name, ABOUT))
    for options in ([], ["--force"], ["--dry-run"]):
        done = stamp(*GIVEN, *options, *packages, "--output-dir", tmp_path / "out")
        assert done.returncode == 2
        assert "cannot both go into one folder" in done.stderr
    assert not (tmp_path / "out").exists()


@BOTH
def test_a_dry_run_writes_nothing_and_says_the_same(tmp_path, make):
    package = make(tmp_path, ABOUT)
    (tmp_path / "repodata.json").write_text(
        json.dumps({"packages": {package.name: {}}, "packages.conda": {package.name: {}}})
    )
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    done = stamp("--dry-run", *GIVEN, package, "--output-dir", tmp_path / "new")
    assert (done.returncode, done.stdout) == (
        0,
        f"would stamp {package} -> {tmp_path / 'new' / package.name}\n",
    )
    assert (
        stamp("--dry-run", *GIVEN, make(tmp_path, {"extra": {"sha": "x"}}, name="other")).returncode
        == 1
    )
    (
        tmp_path
        / f"other-1.0-0{''.join(package.suffixes[-2:]) if package.suffix == '.bz2' else '.conda'}"
    ).unlink()
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_copies_into_a_folder(tmp_path):
    package = make_conda(tmp_path, ABOUT)
    before = package.read_bytes()
    out = tmp_path / "new" / "folder"
    assert stamp(*GIVEN, package, "--output-dir", out).returncode == 0
    assert package.read_bytes() == before
    assert read_about(out / package.name)["extra"]["sha"] == SHA
    done = stamp(*GIVEN, package, "--output-dir", out)
    assert done.returncode == 1
    assert "is there already; --force overwrites another file" in done.stderr
    assert stamp(*GIVEN, package, "--output-dir", out, "--force").returncode == 0


def test_the_index_is_corrected_in_the_same_step(tmp_path):
    package = make_conda(tmp_path, ABOUT)
    (tmp_path / "repodata.json").write_text(
        json.dumps({"packages.conda": {package.name: {"sha256": "0", "size": 1}}})
    )
    assert stamp(*GIVEN, package).returncode == 0
    record = json.loads((tmp_path / "repodata.json").read_text())["packages.conda"][package.name]
    assert record == {
        "sha256": hashlib.sha256(package.read_bytes()).hexdigest(),
        "size": package.stat().st_size,
    }


# tests/packages/test_signatures.py has all endings.
@pytest.mark.parametrize("ending", ["sigstore.json", "V0.SIGS"])
def test_a_package_that_something_vouches_for_is_refused(tmp_path, ending):
    package = make_conda(tmp_path, ABOUT)
    (tmp_path / f"{package.name}.{ending}").write_text("")
    before = package.read_bytes()
    for dry in ([], ["--dry-run"]):
        done = stamp(*GIVEN, *dry, package)
        assert done.returncode == 1
        assert f"{package.name}.{ending} vouches for its bytes" in done.stderr
    assert package.read_bytes() == before
    assert stamp(*GIVEN, package, "--output-dir", tmp_path / "copies").returncode == 0
    assert stamp(*GIVEN, "--force", package).returncode == 0
    assert stamp(*GIVEN, package).returncode == 0, "what needs no change breaks no signature"


def test_an_index_that_signs_the_package_counts(tmp_path):
    package = make_conda(tmp_path, ABOUT)
    index = {
        "packages.conda": {package.name: {"sha256": "0"}},
        "signatures": {package.name: {"key": {"signature": "x"}}},
    }
    (tmp_path / "repodata.json").write_text(json.dumps(index))
    assert "repodata.json vouches for its bytes" in stamp(*GIVEN, package).stderr
    (tmp_path / f"{package.name}.txt").write_text("notes are no signature")
    (tmp_path / "repodata.json").write_text(json.dumps(index | {"signatures": {"other": {}}}))
    assert stamp(*GIVEN, package).returncode == 0


def test_what_a_dry_run_says_the_real_run_does(tmp_path):
    package = make_conda(tmp_path, ABOUT)
    done = stamp("--dry-run", *GIVEN, package, package)
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["would", "unchanged"]
    done = stamp(*GIVEN, package, package)
    assert [line.split()[0] for line in results(done).splitlines()] == ["stamped", "unchanged"]
    other = make_conda(tmp_path, ABOUT, name="other")
    (tmp_path / "repodata.json").write_text("no json: other-1.0-0")
    (tmp_path / "file").write_text("")
    for options in ([], ["--dry-run"]):
        assert "it is no index in JSON" in stamp(*GIVEN, *options, other).stderr
        assert stamp(*GIVEN, *options, other, "--output-dir", tmp_path / "file").returncode == 2


def test_one_that_cannot_even_be_looked_at_does_not_stop_the_rest(tmp_path):
    package = make_conda(tmp_path, ABOUT)
    nested = make_conda(tmp_path, ABOUT, name="nested")
    (tmp_path / "repodata.json").write_text(
        '{"signatures": {"nested-1.0-0.conda": ' + "[" * 100_000
    )
    done = stamp(*GIVEN, tmp_path / ("x" * 300 + ".conda"), nested, package)
    assert done.returncode == 3
    assert results(done) == f"stamped     {package}\n"
    assert "Traceback" not in done.stderr


def test_a_copy_that_would_be_the_package_itself_is_refused(tmp_path):
    package = make_conda(tmp_path, ABOUT)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / package.name).symlink_to(package)
    for folder in (tmp_path, tmp_path / "out"):
        assert stamp(*GIVEN, "--force", package, "--output-dir", folder).returncode == 1
    assert read_about(package) == ABOUT


@pytest.mark.parametrize("option", ["--output-dir", "--recipe"])
def test_a_variable_that_is_not_set_is_no_folder(tmp_path, option):
    package = make_conda(tmp_path, ABOUT)
    done = stamp(*GIVEN, package, option, "")
    assert done.returncode == 2
    assert "has an empty value" in done.stderr
    assert read_about(package) == ABOUT


@pytest.mark.parametrize(
    ("arguments", "status", "error"),
    [
        (["--sha", "abc"], 2, "--sha cannot be stamped: it is not a full commit hash"),
        (["--remote-url", "user:s3cr3t@h:x"], 2, "--remote-url cannot be stamped"),
        (["--remote-url", "/local/path"], 2, "--remote-url cannot be stamped: it is a local path"),
        (["--flow-run-id", "a\nb"], 2, "--flow-run-id cannot be stamped"),
        (["--flow-run-url", "javascript:x"], 2, "--flow-run-url cannot be stamped"),
        (["--recipe", "/no/such"], 2, "There is no recipe at"),
        (["--sha", ""], 1, "There is nothing to stamp"),
        (["--unknown"], 2, "[--output-dir DIR]"),
    ],
)
def test_used_wrongly(tmp_path, arguments, status, error):
    package = make_conda(tmp_path, ABOUT)
    done = stamp(package, *arguments)
    assert done.returncode == status
    assert error in done.stderr
    assert "s3cr3t" not in done.stderr
    assert "Traceback" not in done.stderr
    assert read_about(package) == ABOUT


def test_a_required_key_that_is_missing_stamps_nothing(tmp_path, feedstock):
    package = make_conda(tmp_path, ABOUT)
    done = stamp("--recipe", feedstock, package, CONDA_PLUGINS_PROVENANCE_REQUIRED="flow_run_id")
    assert done.returncode == 1
    assert read_about(package) == ABOUT


@BOTH
@pytest.mark.parametrize("options", [[], ["--json"], ["-q"], ["--output-dir", "out"]])
def test_it_ends_with_a_line_of_the_final_file_for_a_ci(tmp_path, make, options):
    package = make(tmp_path, ABOUT)
    done = stamp(*GIVEN, package, package.name, *options, cwd=tmp_path)
    if "--output-dir" in options:  # Two of one name do not fit into one folder.
        assert done.returncode == 2
        done = stamp(*GIVEN, package.name, *options, cwd=tmp_path)
    assert done.returncode == 0
    final = tmp_path / "out" / package.name if "--output-dir" in options else package
    sha256 = hashlib.sha256(final.read_bytes()).hexdigest()
    stream = done.stderr if "--json" in options else done.stdout
    lines = [line for line in map(PackageLine.parse, stream.splitlines()) if line]
    assert lines == [PackageLine("noarch", package.name, sha256, STAMP)]
    if "--json" in options:
        assert len(answer(done)["packages"]) == 2
    else:
        assert PackageLine.parse(stream.splitlines()[-1])

    again = stamp(*GIVEN, package, cwd=tmp_path)
    assert PackageLine.parse(again.stdout.splitlines()[-1]), "the file is final though unchanged"


@pytest.mark.parametrize(
    ("about", "options"),
    [
        (ABOUT, ["--dry-run", *GIVEN]),
        ({"extra": {"sha": "0" * 39 + "1"}}, GIVEN),
        ({"extra": {}}, ["--remove", "sha"]),
    ],
)
def test_what_was_not_written_or_says_nothing_has_no_line(tmp_path, about, options):
    done = stamp(*options, make_conda(tmp_path, about))
    assert "sha256=" not in done.stdout + done.stderr


@pytest.mark.skipif(os.name == "nt", reason="there are no pseudo-terminals on Windows")
def test_many_packages_have_a_bar_on_a_terminal(tmp_path):
    packages = [make_conda(tmp_path, ABOUT, name=f"p{number}") for number in range(5)]
    damaged = tmp_path / "damaged-1-0.conda"
    damaged.write_bytes(b"PK no zip")
    status, written = run_on_terminal("stamp", *GIVEN, *packages, damaged, "--color", "never")
    assert status == 3
    assert "0/6" in written
    assert "6/6" in written
    said, *lines, end = screen_lines(written)
    assert said.startswith("conda-provenance: stamping ")
    lines, failed, last = lines[:5], lines[5], lines[6:]
    assert [PackageLine.parse(line).file_name for line in last] == [p.name for p in packages]
    assert lines == [f"stamped     {package}" for package in packages], "no bar among the results"
    assert failed.startswith(f"conda-provenance: {damaged} cannot be stamped")
    assert end == "", "the bar is gone at the end"


@pytest.mark.skipif(os.name == "nt", reason="there are no pseudo-terminals on Windows")
@pytest.mark.parametrize("options", [["-q"], ["--json"], []])
def test_no_bar_where_none_is_wanted(tmp_path, options):
    packages = [make_conda(tmp_path, ABOUT, name=name) for name in "ab"]
    status, written = run_on_terminal("stamp", *GIVEN, *options, *packages[: 2 if options else 1])
    assert status == 0
    assert ("/2" in written) is (options == ["--json"])


def test_json_is_alone_on_stdout_where_a_bar_is_drawn(tmp_path):
    packages = [make_conda(tmp_path, ABOUT, name=name) for name in "ab"]
    assert len(answer(stamp("--json", *GIVEN, *packages))["packages"]) == 2


def test_what_is_refused_is_a_no_and_what_cannot_be_read_is_unknown(tmp_path):
    other = make_conda(tmp_path, {"extra": {"sha": "1" * 40}}, name="other")
    signed = make_conda(tmp_path, ABOUT, name="signed")
    (tmp_path / f"{signed.name}.sig").write_text("")
    damaged = tmp_path / "damaged-1-0.conda"
    damaged.write_bytes(b"PK no zip")
    for package, status, exit_status in (
        (other, "refused", 1),
        (signed, "refused", 1),
        (damaged, "failed", 3),
    ):
        done = stamp("--json", *GIVEN, package)
        assert done.returncode == exit_status
        (entry,) = answer(done)["packages"]
        assert (entry["status"], entry["changes"]) == (status, {})
        assert entry["error"].startswith(f"{package} cannot be stamped: ")
    assert stamp(*GIVEN, damaged, other).returncode == 1


def test_where_a_value_is_replaced_the_whole_change_is_shown(tmp_path):
    package = make_conda(tmp_path, {"extra": {"sha": "1" * 40}})
    done = stamp("--force", "--sha", SHA, "--flow-run-id", "github_2", package)
    assert f"\n  sha:          {'1' * 40} -> {SHA}\n" in done.stdout
    assert "\n  flow_run_id:  - -> github_2\n" in done.stdout
    package = make_conda(tmp_path, {"extra": {"sha": "1" * 40}}, name="b")
    done = stamp("--force", "--json", "--sha", SHA, "--flow-run-id", "github_2", package)
    assert answer(done)["packages"][0]["changes"] == {
        "sha": ["1" * 40, SHA],
        "flow_run_id": [None, "github_2"],
    }


def test_quiet_leaves_out_what_is_being_done(tmp_path):
    package = make_conda(tmp_path, ABOUT)
    done = stamp("-q", *GIVEN, package)
    assert (results(done), done.stderr) == (f"stamped     {package}\n", "")


def test_more_details_are_all_that_the_package_says_now(tmp_path):
    package = make_conda(tmp_path, {"extra": {"remote_url": "https://github.com/o/r"}})
    done = stamp("-v", "--sha", SHA, package)
    lines = [line.strip() for line in done.stdout.splitlines()]
    assert f"sha:          - -> {SHA}" in lines
    assert "remote_url:   https://github.com/o/r" in lines
    assert f"commit_url:   https://github.com/o/r/commit/{SHA}" in lines


def test_json_of_a_command_that_fails_has_the_error(tmp_path):
    done = stamp("--json", "--sha", "abc", make_conda(tmp_path, ABOUT))
    assert done.returncode == 2
    assert "--sha cannot be stamped" in answer(done)["error"]


@pytest.mark.parametrize(
    "place",
    [
        "https://user:s3cr3t@channel.example/x-1-0.conda",
        "https://channel.example/t/s3cr3t/main/x-1-0.conda",
        "https://channel.example/x-1-0.conda?sig=s3cr3t",
        "user:s3cr3t@channel.example/x-1-0.conda",
    ],
)
@pytest.mark.parametrize("options", [("--sha", "b" * 40), ("--recipe",)])
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_an_address_that_is_given_by_mistake_keeps_its_secrets(tmp_path, place, options, form):
    done = run_command("stamp", *form, *options, place, *(["x"] * (len(options) < 2)), cwd=tmp_path)
    assert done.returncode in (2, 3)
    assert "channel.example" in done.stderr
    assert "s3cr3t" not in done.stdout + done.stderr


def test_credentials_that_a_stamp_replaces_are_not_printed(tmp_path):
    package = make_conda(tmp_path, {"extra": {"remote_url": "https://user:s3cr3t@h.example/o/r"}})
    arguments = ["--force", "--remote-url", "https://h.example/o/r", str(package)]
    for form in ([], ["-v"], ["--json"]):
        done = run_command("stamp", "--dry-run", *form, *arguments)
        assert "s3cr3t" not in done.stdout + done.stderr
    (entry,) = answer(done)["packages"]
    assert entry["changes"]["remote_url"] == ["https://***@h.example/o/r", "https://h.example/o/r"]


def write_index(folder: Path, *packages: Path, name: str = "repodata.json") -> None:
    records = {package.name: {"sha256": "0", "size": 0} for package in packages}
    (folder / name).write_text(json.dumps({"packages.conda": records}))


def is_listed(package: Path) -> bool:
    """Does the index say what the package is?"""
    data = package.read_bytes()
    index = json.loads((package.parent / "repodata.json").read_text())
    return index["packages.conda"][package.name] == {
        "sha256": hashlib.sha256(data).hexdigest(),
        "size": len(data),
    }


def test_packages_of_several_folders_are_answered_in_the_order_given(tmp_path):
    packages = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        packages.append([make_conda(tmp_path / name, ABOUT, name=each) for each in ("x", "y")])
        write_index(tmp_path / name, *packages[-1])
    given = [packages[0][0], packages[1][0], packages[0][1], packages[1][1]]
    report = answer(stamp(*GIVEN, "--json", *given))
    assert [entry["location"] for entry in report["packages"]] == list(map(str, given))
    assert {entry["status"] for entry in report["packages"]} == {"stamped"}
    assert all(map(is_listed, given))


@pytest.mark.parametrize("count", [1, 3])
def test_an_index_that_cannot_be_read_refuses_the_stamp_unless_forced(tmp_path, count):
    packages = [make_conda(tmp_path, ABOUT, name=f"x{number}") for number in range(count)]
    before = packages[0].read_bytes()
    index = tmp_path / "repodata.json"
    index.write_text("nothing " + " ".join(package.name for package in packages))
    for dry_run in (["--dry-run"], []):
        done = stamp(*GIVEN, *dry_run, *packages)
        assert (done.returncode, done.stdout) == (3, "")
        assert f"{index} cannot be corrected: it is no index in JSON; run the" in done.stderr
        assert "--force leaves it as it is" in done.stderr
        assert packages[0].read_bytes() == before

    done = stamp(*GIVEN, "--force", *packages)
    assert done.returncode == 0
    assert f"{index} is left as it is: it is no index in JSON; run the" in done.stderr
    assert read_about(packages[0])["extra"] == {"final": True} | STAMP
    assert index.read_text().startswith("nothing")


def test_the_next_stamp_says_that_it_has_finished_an_interrupted_one(tmp_path):
    packages = [make_conda(tmp_path, ABOUT, name=name) for name in ("x", "y", "z")]
    write_index(tmp_path, *packages)
    journal = {"version": 1, "packages": {packages[0].name: [["0", None, 0]]}}
    (tmp_path / ".conda-provenance-stamp.json").write_text(json.dumps(journal))
    done = stamp(*GIVEN, packages[1])
    assert done.returncode == 0
    assert f"an earlier stamp in {tmp_path} was interrupted" in done.stderr
    assert is_listed(packages[0])
    assert is_listed(packages[1])
    assert not is_listed(packages[2])
    assert not (tmp_path / ".conda-provenance-stamp.json").exists()


def test_packages_whose_index_fails_at_the_end_are_not_called_stamped(
    tmp_path, monkeypatch, capsys
):
    from conda_provenance.cli.main import main
    from conda_provenance.packages.files import replace

    packages = [make_conda(tmp_path, ABOUT, name=name) for name in ("x", "y")]
    write_index(tmp_path, *packages)
    real = os.replace

    def fail(source: str, target: str) -> None:
        if target.endswith("repodata.json"):
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(replace.os, "replace", fail)
    assert main(["stamp", *GIVEN, "--json", *map(str, packages)]) == 3
    printed = capsys.readouterr()
    reports = json.loads(printed.out)["packages"]
    assert [report["status"] for report in reports] == ["failed", "failed"]
    assert all("No space left on device" in report["error"] for report in reports)
    monkeypatch.undo()
    assert main(["stamp", *GIVEN, "--json", *map(str, packages)]) == 0
    assert "was interrupted" in capsys.readouterr().err
    assert all(map(is_listed, packages))


OLD = {
    "sha": "1" * 40,
    "remote_url": "https://private.example/o/r",
    "flow_run_id": "farm_7",
    "flow_run_url": "https://farm.example/7",
}


def entry_of(package: Path, *arguments: str | Path, **options: Any) -> dict[str, Any]:
    done = stamp("--json", *arguments, package, **options)
    assert done.returncode == 0, done.stderr
    (entry,) = answer(done)["packages"]
    return entry


@BOTH
def test_a_forced_stamp_leaves_no_value_of_another_origin(tmp_path, make):
    package = make(tmp_path, {"extra": OLD | {"final": True}})
    entry = entry_of(package, "--force", "--sha", SHA)
    assert read_about(package)["extra"] == {"sha": SHA, "final": True}
    assert entry["commit_url"] is None
    assert entry["changes"] == {
        "sha": [OLD["sha"], SHA],
        "remote_url": [OLD["remote_url"], None],
        "flow_run_id": [OLD["flow_run_id"], None],
        "flow_run_url": [OLD["flow_run_url"], None],
    }


def test_a_forced_stamp_of_a_recipe_replaces_all_four_keys_too(tmp_path, feedstock, git):
    package = make_conda(tmp_path, {"extra": OLD})
    entry_of(package, "--force", "--recipe", feedstock)
    sha = git(feedstock, "rev-parse", "HEAD")
    assert read_about(package)["extra"] == {"sha": sha, "remote_url": ORIGIN}


def test_a_key_is_kept_where_that_is_asked_for(tmp_path):
    package = make_conda(tmp_path, {"extra": OLD})
    kept = ["--keep", "flow_run_id", "--keep", "flow-run-url"]
    entry_of(package, "--force", *GIVEN[:4], *kept)
    assert read_about(package)["extra"] == OLD | {
        "sha": SHA,
        "remote_url": "https://github.com/o/r",
    }


def test_a_kept_repository_and_a_new_commit_have_no_page_together(tmp_path):
    old = OLD | {"remote_url": "https://github.com/o/r"}
    package = make_conda(tmp_path, {"extra": old})
    assert entry_of(package, "--force", "--sha", SHA, "--keep", "remote_url")["commit_url"] is None
    package = make_conda(tmp_path, {"extra": old})
    url = "https://github.com/o/other"
    assert entry_of(package, "--force", "--remote-url", url, "--keep", "sha")["commit_url"] is None


def test_a_key_that_is_found_is_kept_without_force(tmp_path, feedstock):
    package = make_conda(tmp_path, {"extra": {"remote_url": OLD["remote_url"]}})
    done = stamp("--recipe", feedstock, package)
    assert done.returncode == 1
    entry_of(package, "--recipe", feedstock, "--keep", "remote_url")
    assert read_about(package)["extra"]["remote_url"] == OLD["remote_url"]


@BOTH
@pytest.mark.parametrize("options", [[], ["--force"]])
def test_a_key_is_taken_out_and_nothing_is_looked_up(tmp_path, feedstock, make, options):
    package = make(tmp_path, {"extra": OLD | {"final": True}})
    run = {"CIRCLECI": "true", "CIRCLE_WORKFLOW_ID": "w-1"}
    done = stamp(*options, "--remove", "remote_url", package, cwd=feedstock, **run)
    assert done.returncode == 0
    left = {key: value for key, value in OLD.items() if key != "remote_url"}
    assert read_about(package)["extra"] == left | {"final": True}
    assert f"  remote_url:   {OLD['remote_url']} -> -\n" in done.stdout
    again = stamp(*options, "--remove", "remote_url", package, cwd=tmp_path)
    assert (again.returncode, results(again)) == (0, f"unchanged   {package}\n")


def test_several_keys_are_taken_out(tmp_path):
    package = make_conda(tmp_path, {"extra": OLD})
    removed = [word for key in OLD if key != "sha" for word in ("--remove", key)]
    entry = entry_of(package, *removed)
    assert read_about(package)["extra"] == {"sha": OLD["sha"]}
    assert entry["changes"].keys() == OLD.keys() - {"sha"}


def test_a_key_is_taken_out_and_another_set(tmp_path):
    package = make_conda(tmp_path, {"extra": OLD | {"sha": ""}})
    entry_of(package, "--remove", "remote-url", "--sha", SHA)
    left = {key: value for key, value in OLD.items() if key != "remote_url"}
    assert read_about(package)["extra"] == left | {"sha": SHA}


def test_where_a_key_is_taken_out_the_whole_change_is_shown(tmp_path):
    package = make_conda(tmp_path, {"extra": {"remote_url": ORIGIN}})
    done = stamp("--remove", "remote_url", "--flow-run-id", "github_2", package)
    assert f"\n  remote_url:   {ORIGIN} -> -\n" in done.stdout
    assert "\n  flow_run_id:  - -> github_2\n" in done.stdout


@BOTH
def test_an_empty_sha_beside_a_repository_is_refused(tmp_path, make):
    package = make(tmp_path, {"extra": {"remote_url": ORIGIN}})
    for options in (
        ["--sha", "", "--flow-run-id", "x_1"],
        ["--dry-run", "--sha", "", "--flow-run-id", "x_1"],
    ):
        done = stamp(*options, package)
        assert done.returncode == 1
        assert "it names a repository, and an empty sha says" in done.stderr
    assert read_about(package)["extra"] == {"remote_url": ORIGIN}
    done = stamp("--sha", "", "--flow-run-id", "x_1", "--remove", "remote_url", package)
    assert done.returncode == 0
    assert read_about(package)["extra"] == {"sha": "", "flow_run_id": "x_1"}


@BOTH
@pytest.mark.parametrize("options", [[], ["--force", "--keep", "sha"], ["--keep", "sha"]])
def test_an_empty_sha_goes_where_a_repository_is_stamped(tmp_path, make, options):
    """As local builds of conda-forge have it, it says nothing."""
    package = make(tmp_path, {"extra": {"sha": "", "remote_url": ""}})
    entry = entry_of(package, *options, "--remote-url", ORIGIN)
    assert entry["changes"] == {"sha": ["", None], "remote_url": ["", ORIGIN]}
    assert read_about(package)["extra"] == {"remote_url": ORIGIN}
    assert results(stamp("--remote-url", ORIGIN, package)) == f"unchanged   {package}\n"


def test_what_is_taken_out_stays_out_of_a_signed_package_only_with_force(tmp_path):
    package = make_conda(tmp_path, {"extra": OLD})
    (tmp_path / f"{package.name}.sig").write_text("")
    assert stamp("--remove", "remote_url", package).returncode == 1
    assert stamp("--remove", "remote_url", "--force", package).returncode == 0


def test_the_rendered_recipe_follows(tmp_path):
    recipe = "# This file created by conda-build\npackage:\n  name: demo\nextra:\n" + "".join(
        f"  {key}: {value}\n" for key, value in {**OLD, "final": "true"}.items()
    )
    for options, left in (
        (["--remove", "remote_url"], OLD.keys() - {"remote_url"}),
        (["--force", "--flow-run-id", "farm_8"], {"flow_run_id"}),
        (["--force", "--flow-run-id", "farm_8", "--keep", "sha"], {"flow_run_id", "sha"}),
    ):
        files = info_files({"conda_build_version": "26.7.1", "extra": OLD})
        files["info/recipe/meta.yaml"] = recipe.encode()
        package = make_conda(tmp_path, info=zst(tar(files)))
        entry_of(package, *options)
        assert read_about(package)["extra"].keys() == left
        lines = recipe_of(package).splitlines()
        found = {line.split(":")[0].strip() for line in lines[lines.index("extra:") + 1 :]}
        assert found == left | {"final"}


def recipe_of(package: Path) -> str:
    _, data, _ = raw_members(package)["info/recipe/meta.yaml"]
    return data.decode()


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--remove", "x"], "--remove takes one of sha, remote_url, flow_run_id, flow_run_url"),
        (["--keep", "x"], "--keep takes one of sha"),
        (["--remove", "sha", "--keep", "sha"], "sha cannot be both removed and kept"),
        (["--remove", "sha", "--sha", SHA], "--remove sha does not go with --sha"),
        (["--keep", "sha", "--sha", SHA], "--keep sha does not go with --sha"),
        (["--force", "--sha", "", "--remote-url", "https://h/o/r"], "An empty sha says that"),
        (["--force", "--sha", "", "--keep", "remote_url", "--flow-run-id", "x_1"], "An empty sha"),
    ],
)
def test_what_contradicts_itself_is_used_wrongly(tmp_path, options, error):
    package = make_conda(tmp_path, {"extra": OLD})
    done = stamp(*options, package)
    assert done.returncode == 2
    assert error in done.stderr
    assert read_about(package)["extra"] == OLD


@pytest.mark.parametrize("place", ["https://h.example/x-1-0.conda", "numpy", "no/such"])
def test_what_is_no_file_at_all_says_what_is_taken(tmp_path, place):
    done = stamp(*GIVEN, place, cwd=tmp_path)
    assert done.returncode == 3
    assert place in done.stderr
    assert "'stamp' takes package files (.conda, .tar.bz2)" in done.stderr


@pytest.mark.parametrize("form", [[], ["-v"], ["--json"], ["--dry-run"]])
def test_a_token_in_the_packages_recipe_is_named(tmp_path, form):
    files = info_files({"conda_build_version": "26.7.1"})
    recipe = "# Origin b'https://ci-token:s3cr3t@h.example/o/r.git'\npackage:\n  name: demo\n"
    files["info/recipe/meta.yaml"] = recipe.encode()
    package = make_conda(tmp_path, info=zst(tar(files)))
    done = stamp(*form, *GIVEN, package)
    assert done.returncode == 0
    assert f"warning: {package}: info/recipe/meta.yaml of the package holds what" in done.stderr
    assert "s3cr3t" not in done.stdout + done.stderr
    if form == ["--json"]:
        (entry,) = answer(done)["packages"]
        assert [problem["code"] for problem in entry["problems"]] == ["recipe-credentials"]
    if form != ["--dry-run"]:
        assert "# Origin b'https://ci-token:s3cr3t@" in recipe_of(package), "it is not changed"


def test_where_a_value_that_is_taken_out_still_stands_is_said(tmp_path):
    files = info_files({"extra": OLD, "home": "https://private.example/o/r/wiki"})
    rendered = f"recipe: {{}}\nextra_meta:\n  remote_url: {OLD['remote_url']}\n"
    files["info/recipe/rendered_recipe.yaml"] = rendered.encode()
    package = make_conda(tmp_path, info=zst(tar(files)))
    arguments = ["--remove", "remote_url", "--remove", "flow_run_id", "--dry-run", package]
    places = ["info/about.json", "info/recipe/rendered_recipe.yaml"]
    done = stamp("--json", *arguments)
    (entry,) = answer(done)["packages"]
    assert entry["remains"] == {"remote_url": places}
    warning = f"warning: {package}: the value of remote_url still stands in its {places[0]}, "
    assert warning in done.stderr
    assert warning in stamp(*arguments).stderr
    assert entry_of(package, "--force", "--flow-run-id", "farm_8")["remains"] == {}
