"""``show`` of installed packages: by name, a whole environment, and through conda's own parser."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from cli_running import answer, run_command
from environments_making import OTHER_SHA, SHA, STAMP, add_record, make_cached, record_of


@pytest.fixture
def prefix(tmp_path, monkeypatch):
    """An environment: a stamped package, one without provenance, and one that pip installed."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    monkeypatch.setenv("CONDA_PKGS_DIRS", str(tmp_path / "pkgs"))
    monkeypatch.setenv("CONDA_ENVS_DIRS", str(tmp_path / "envs"))
    place = tmp_path / "envs" / "science"
    add_record(place, record_of(make_cached(tmp_path / "pkgs", name="numpy")))
    add_record(place, record_of(make_cached(tmp_path / "pkgs", {}, name="zlib")))
    (place / "conda-meta" / "history").write_text("")
    return place


def remove_from_cache(prefix: Path, name: str) -> None:
    for path in (prefix.parents[1] / "pkgs").glob(f"{name}-*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def test_a_whole_environment(prefix):
    done = run_command("show", "-p", prefix)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert [line.split()[:4] for line in lines[1:3]] == [
        ["numpy", "1.0", "0", "noarch"],
        ["zlib", "1.0", "0", "noarch"],
    ]
    assert SHA in lines[1]
    assert lines[3] == "2 packages: 1 stamped, 1 without provenance"
    for words, variables in (
        (["-n", "science"], {}),
        ([prefix], {}),
        ([], {"CONDA_PREFIX": str(prefix)}),
    ):
        assert run_command("show", *words, **variables).stdout == done.stdout


def test_an_empty_environment_is_said_to_be_empty(tmp_path):
    (tmp_path / "conda-meta").mkdir()
    done = run_command("show", "-p", tmp_path)
    assert (done.returncode, done.stdout) == (
        0,
        "0 packages: 0 stamped, 0 without provenance\n",
    )


def test_packages_by_their_names(prefix):
    done = run_command("show", "numpy", CONDA_PREFIX=str(prefix))
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    record = prefix / "conda-meta" / "numpy-1.0-0.json"
    assert lines[0] == f"numpy-1.0-0.conda ({record})"
    assert f"← commit:       {SHA}" in lines
    assert any(line.endswith("(by the record, not checked)") for line in lines)
    assert run_command("show", "zlib", "-p", prefix).returncode == 1
    assert run_command("show", "numpy=1.0", "zlib", "-n", "science").returncode == 1


def test_the_json_says_which_package_it_is_and_where_it_was_read(prefix):
    done = run_command("show", "--json", "-p", prefix, "numpy")
    (entry,) = answer(done)["packages"]
    cached = prefix.parents[1] / "pkgs" / "numpy-1.0-0"
    expected = {
        "package": "numpy-1.0-0.conda",
        "name": "numpy",
        "version": "1.0",
        "build": "0",
        "subdir": "noarch",
        "channel": "https://conda.example.org/forge",
        "timestamp": 1700000000000,
        "read_from": "cache",
        "place": str(cached),
        "sha256_from": "record",
        **STAMP,
    }
    assert {key: entry[key] for key in expected} == expected


def test_a_name_that_is_not_installed_says_what_was_looked_for_and_where(prefix, tmp_path):
    done = run_command("show", "zlb", CONDA_PREFIX=str(prefix), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == (
        "conda-provenance: zlb is no file or folder here, and no package zlb is installed in "
        f"{prefix} (looked for in {prefix / 'conda-meta'}): did you mean zlib?\n"
    )
    given = run_command("show", "zlb", "numpy", "-p", prefix)
    assert given.returncode == 3
    assert given.stderr.startswith("conda-provenance: No package zlb is installed in")
    assert SHA in given.stdout


def test_what_is_not_on_this_disk_is_unreadable_and_the_rest_is_shown(prefix):
    remove_from_cache(prefix, "numpy")
    done = run_command("show", "-p", prefix)
    assert done.returncode == 3
    assert "numpy-1.0-0 cannot be read" in done.stderr
    assert "2 packages: 0 stamped, 1 without provenance, 1 unreadable" in done.stdout


def test_a_folder_of_another_package_of_that_name_does_not_count(prefix, tmp_path):
    """A cache's folder is named after name, version and build only."""
    remove_from_cache(prefix, "numpy")
    about = {"extra": STAMP | {"sha": OTHER_SHA}}
    make_cached(tmp_path / "pkgs", about, name="numpy", channel="https://elsewhere.example/x")
    done = run_command("show", "-p", prefix, "numpy")
    assert done.returncode == 3
    assert OTHER_SHA not in done.stdout


def test_pips_packages_are_counted_and_not_unreadable(prefix):
    site = prefix / "lib" / "python3.11" / "site-packages"
    info = site / "rich-13.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: rich\nVersion: 13.0\n")
    (info / "INSTALLER").write_text("pip\n")
    (info / "RECORD").write_text("")
    done = run_command("show", "-p", prefix)
    assert done.returncode == 0
    assert "2 packages: 1 stamped, 1 without provenance; not conda packages: 1 pip" in done.stdout
    printed = answer(run_command("show", "--json", "-p", prefix))
    assert [(each["name"], each["version"], each["kind"]) for each in printed["not_conda"]] == [
        ("rich", "13.0", "pip")
    ]
    assert len(printed["packages"]) == 2

    # One that was named is asked where it is from, and does not say it.
    named = run_command("show", "-p", prefix, "numpy", "rich")
    assert named.returncode == 1
    assert "\nrich 13.0: no provenance, it is no conda package (pip)\n" in named.stdout
    printed = answer(run_command("show", "--json", "-p", prefix, "rich"))
    assert (printed["packages"], len(printed["not_conda"])) == ([], 1)


def test_an_environment_that_is_not_there_is_used_wrongly(prefix, tmp_path):
    for words in (["-n", "sciense"], ["-p", tmp_path / "gone"], ["numpy", "-n", "sciense"]):
        done = run_command("show", *words)
        assert (done.returncode, done.stdout) == (2, "")
        assert "Traceback" not in done.stderr


def test_two_environments_are_compared(prefix, tmp_path):
    other = tmp_path / "envs" / "other"
    add_record(other, record_of(make_cached(tmp_path / "pkgs2", name="numpy")))
    add_record(other, record_of(make_cached(tmp_path / "pkgs2", {}, name="new")))
    done = run_command("show", "--diff", prefix, other)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "+ new 1.0 0, only in the second",
        "- zlib 1.0 0, only in the first",
        "0 differ, 1 the same, 1 only in the first, 1 only in the second",
    ]


needs_conda = pytest.mark.skipif(find_spec("conda") is None, reason="conda is not installed here")


def conda(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "conda", "provenance", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@needs_conda
@pytest.mark.parametrize("words", [["-n", "science"], ["--json", "-n", "science"], ["-v", "numpy"]])
def test_conda_runs_it_with_our_options(prefix, words):
    more = ["-p", str(prefix)] if "-n" not in words else []
    ours, condas = run_command("show", *words, *more), conda("show", *words, *more)
    assert (condas.returncode, condas.stdout) == (ours.returncode, ours.stdout)


@needs_conda
def test_condas_own_settings_are_not_touched_by_our_options(prefix, tmp_path):
    """conda has -n, -p, -c, --subdir, --offline and --json of its own: those are not ours."""
    code = (
        "import sys\n"
        "from conda.base.context import context\n"
        "import conda_provenance.cli.main as ours\n"
        "def report(parsed, program):\n"
        "    print(context.target_prefix, context.offline, context.subdir, context.channels,\n"
        "          context.quiet, context.json, context.dry_run)\n"
        "    return 0\n"
        "ours.run_parsed = report\n"
        "from conda.cli import main; sys.exit(main(*sys.argv[1:]))"
    )

    def settings(*words: str) -> str:
        command = [sys.executable, "-c", code, "provenance", *words]
        environ = {**os.environ, "CONDA_PREFIX": str(prefix)}
        return subprocess.run(
            command, env=environ, capture_output=True, text=True, check=True
        ).stdout

    plain = settings("show")
    assert plain.strip()
    for words in (
        ["-n", "other", "numpy"],
        ["-p", str(tmp_path), "--offline"],
        ["-c", "x", "--subdir", "osx-64", "--newest", "--platform", "win-64"],
        ["-q", "--lockfile", "x", "--environment", "e"],
    ):
        assert settings("show", *words) == plain
