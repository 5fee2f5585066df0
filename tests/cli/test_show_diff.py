"""``show --diff``: two packages, or two wholes of them by name."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_running import answer, run_command
from packages_making import INDEX, info_files, tar, zip_members, zst

OLD, NEW = "1" * 40, "2" * 40
REMOTE = "https://github.com/o/r"
EXTRA = {"sha": OLD, "remote_url": REMOTE, "flow_run_id": "github_1"}


def package(folder: Path, name: str, version: str = "1.0", build: str = "0", **extra: str) -> Path:
    import json

    folder.mkdir(parents=True, exist_ok=True)
    files = info_files({"extra": EXTRA | extra})
    index = {**INDEX, "name": name, "version": version, "build": build}
    files["info/index.json"] = json.dumps(index).encode()
    path = folder / f"{name}-{version}-{build}.conda"
    member = f"info-{path.stem}.tar.zst"
    zip_members(path, [("metadata.json", b"{}"), (member, zst(tar(files)))])
    return path


def test_two_packages(tmp_path):
    old = package(tmp_path / "a", "demo")
    new = package(tmp_path / "b", "demo", "1.1", sha=NEW, flow_run_id="github_2")
    done = run_command("show", "--diff", old, new)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "demo",
        "  version:      1.0 -> 1.1",
        f"  commit:       {OLD} -> {NEW}",
        "  run:          github_1 -> github_2",
        f"  compare:      {REMOTE}/compare/{OLD}...{NEW}",
        "1 differ, 0 the same",
        "claimed by the package; not verified",
    ]
    printed = answer(run_command("show", "--diff", "--json", old, new))
    (difference,) = printed["differences"]
    assert difference["changes"] == {
        "version": ["1.0", "1.1"],
        "sha": [OLD, NEW],
        "flow_run_id": ["github_1", "github_2"],
    }
    assert difference["compare_url"] == f"{REMOTE}/compare/{OLD}...{NEW}"
    assert (difference["old"]["location"], difference["new"]["location"]) == (str(old), str(new))
    assert (printed["same"], printed["unreadable"]) == (0, [])


def test_the_same_is_no_difference(tmp_path):
    old, new = package(tmp_path / "a", "demo"), package(tmp_path / "b", "demo")
    done = run_command("show", "--diff", old, new)
    assert (done.returncode, done.stdout) == (0, "0 differ, 1 the same\n")
    assert answer(run_command("show", "--diff", "--json", old, new))["same"] == 1


def test_two_packages_of_different_names_are_compared(tmp_path):
    old, new = package(tmp_path, "a"), package(tmp_path, "b")
    printed = answer(run_command("show", "--diff", "--json", old, new))
    assert printed["same"] == 0
    assert [each["changes"] for each in printed["differences"]] == [{"name": ["a", "b"]}]


def test_two_folders_are_compared_by_name(tmp_path):
    for side in ("old", "new"):
        package(tmp_path / side, "same")
    package(tmp_path / "old", "gone")
    package(tmp_path / "new", "added")
    package(tmp_path / "old", "moved")
    package(tmp_path / "new", "moved", remote_url="https://github.com/other/r", sha=NEW)
    done = run_command("show", "--diff", "old", "new", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "+ added 1.0 0, only in the second",
        "- gone 1.0 0, only in the first",
        "moved",
        f"  commit:       {OLD} -> {NEW}",
        f"  repository:   {REMOTE} -> https://github.com/other/r",
        "1 differ, 1 the same, 1 only in the first, 1 only in the second",
        "claimed by the package; not verified",
    ]


def test_what_cannot_be_read_is_not_said_to_be_missing(tmp_path):
    package(tmp_path / "old", "a")
    package(tmp_path / "old", "b")
    package(tmp_path / "new", "b")
    (tmp_path / "new" / "a-1.0-0.conda").write_bytes(b"PK")
    done = run_command("show", "--diff", "old", "new", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (3, "0 differ, 1 the same, 1 unreadable\n")
    assert "a-1.0-0.conda cannot be read" in done.stderr
    printed = answer(run_command("show", "--diff", "--json", "old", "new", cwd=tmp_path))
    assert [entry["name"] for entry in printed["unreadable"]] == ["a"]


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("kind", ["folder", "part", "index", "name", "file"])
def test_what_may_be_in_an_unreadable_place_is_not_said_to_be_missing(tmp_path, kind, side):
    whole = tmp_path / "whole"
    known = package(whole, "a")
    package(whole, "b")
    other = tmp_path / "other"
    other.mkdir()
    if kind == "part":
        package(other, "b")
        deep = other.joinpath(*"0123456789")
        package(deep, "a")

    named = {"name": "b", "file": other / "b-1.0-0.conda"}
    words = ["--channel", other] if kind == "index" else [named.get(kind, other)]
    sides = [[known if kind in ("name", "file") else whole], words]
    old, new = sides if side else reversed(sides)
    done = run_command("show", "--diff", *old, *new, CONDA_PREFIX="")
    same = 1 if kind == "part" else 0
    assert (done.returncode, done.stdout) == (3, f"0 differ, {same} the same, 1 unreadable\n")


@pytest.mark.parametrize("count", [0, 1, 3])
def test_other_than_two_is_used_wrongly(tmp_path, count):
    packages = [package(tmp_path, name) for name in "abc"[:count]]
    done = run_command("show", "--diff", *packages, CONDA_PREFIX="")
    assert (done.returncode, done.stdout) == (2, "")
    if count:
        assert f"--diff compares two TARGETs, not {count}" in done.stderr


@pytest.mark.parametrize(
    ("remote", "page"),
    [
        ("https://gitlab.com/g/r", f"https://gitlab.com/g/r/-/compare/{OLD}...{NEW}"),
        ("git@codeberg.org:o/r.git", f"https://codeberg.org/o/r/compare/{OLD}...{NEW}"),
        ("https://bitbucket.org/o/r", f"https://bitbucket.org/o/r/branches/compare/{NEW}..{OLD}"),
        ("https://git.sr.ht/~o/r", None),
        ("https://git.example.org/o/r", None),
    ],
)
def test_the_page_of_the_comparison_is_the_forges(tmp_path, remote, page):
    old = package(tmp_path / "a", "demo", remote_url=remote, flow_run_id="17")
    new = package(tmp_path / "b", "demo", remote_url=remote, flow_run_id="17", sha=NEW)
    (difference,) = answer(run_command("show", "--diff", "--json", old, new))["differences"]
    assert difference["compare_url"] == page


def test_no_page_is_made_of_a_shortened_commit_or_another_repository(tmp_path):
    old = package(tmp_path / "a", "demo")
    for number, extra in enumerate(({"sha": "2222222"}, {"sha": NEW, "remote_url": REMOTE + "2"})):
        new = package(tmp_path / str(number), "demo", **extra)
        (difference,) = answer(run_command("show", "--diff", "--json", old, new))["differences"]
        assert difference["compare_url"] is None
