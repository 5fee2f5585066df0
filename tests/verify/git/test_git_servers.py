"""The servers of the tests, and what the real git gets from them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from git_servers import GitServer, StartServer
from histories import ENVIRONMENT, PROGRAM, History, empty, everyday, fork_of, many, shallow


def ask(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PROGRAM, *arguments],
        cwd=folder,
        env={**ENVIRONMENT, "GIT_TERMINAL_PROMPT": "0"},
        capture_output=True,
        text=True,
        check=False,
    )


def fetch(folder: Path, url: str, sha: str, *options: str) -> subprocess.CompletedProcess[str]:
    if not folder.exists():
        empty(folder)
    return ask(folder, "fetch", "-q", "--depth=1", *options, url, f"+{sha}:refs/verify/x")


def test_a_commit_without_a_branch_is_served(
    git_server: GitServer, history: History, tmp_path: Path
) -> None:
    for number, name in enumerate(["tip", "fork", "deleted-branch", "forced-away"]):
        done = fetch(tmp_path / str(number), git_server.url(), history[name], "--no-tags")
        assert not done.returncode, done.stderr
    assert git_server.services() == ["refs", "fetch"] * 4


def test_an_unknown_commit_is_not(git_server: GitServer, tmp_path: Path) -> None:
    done = fetch(tmp_path / "x", git_server.url(), "1" * 40)
    assert "not our ref" in done.stderr


def test_a_server_without_filters(
    git_servers: StartServer, history: History, tmp_path: Path
) -> None:
    server = git_servers(filters=False)
    server.publish(history)
    done = fetch(tmp_path / "x", server.url(), history["tip"], "--filter=tree:0")
    assert not done.returncode
    assert "filtering not recognized" in done.stderr


@pytest.mark.parametrize("protocol", [0, 1])
def test_an_old_protocol(
    git_servers: StartServer, history: History, tmp_path: Path, protocol: int
) -> None:
    server = git_servers(protocol=protocol, any_sha=False)
    server.publish(history)
    done = fetch(tmp_path / "x", server.url(), history["deleted-branch"])
    assert "unadvertised object" in done.stderr
    assert not fetch(tmp_path / "x", server.url(), history["tip"]).returncode
    assert "old-fetch" in server.services()


def test_a_server_that_has_files_only(
    git_servers: StartServer, history: History, tmp_path: Path
) -> None:
    server = git_servers(dumb=True)
    url = server.publish(history.copy(tmp_path / "copy.git"))
    assert history["tip"] in ask(tmp_path, "ls-remote", url).stdout
    assert (
        "dumb http transport does not support" in fetch(tmp_path / "x", url, history["tip"]).stderr
    )
    assert not ask(tmp_path / "x", "fetch", "-q", url, "+refs/heads/main:refs/x").returncode


def test_logins_and_addresses_that_moved(
    git_servers: StartServer, history: History, tmp_path: Path
) -> None:
    server = git_servers(login="Basic eDp5")
    server.publish(history)
    assert "terminal prompts disabled" in ask(tmp_path, "ls-remote", server.url()).stderr

    header = "http.extraHeader=Authorization: Basic eDp5"
    assert history["tip"] in ask(tmp_path, "-c", header, "ls-remote", server.url()).stdout

    server.moved["o/old"] = "o/n"
    assert history["tip"] in ask(tmp_path, "-c", header, "ls-remote", server.url("o/old")).stdout


def test_nginx_in_front(
    git_server: GitServer,
    git_behind_nginx: Callable[..., str],
    history: History,
    tmp_path: Path,
) -> None:
    url = f"{git_behind_nginx(git_server)}/o/n"
    assert not fetch(tmp_path / "x", url, history["tip"], "--filter=blob:none").returncode


def test_git_daemon(git_daemon: Callable[..., str], history: History, tmp_path: Path) -> None:
    assert not fetch(tmp_path / "x", git_daemon(history), history["fork"]).returncode


def test_a_fork_and_a_shallow_server(
    git_servers: StartServer, history: History, tmp_path: Path
) -> None:
    server = git_servers()
    server.publish(fork_of(history, tmp_path / "fork.git"), "mallory/n")
    server.publish(shallow(history, tmp_path / "shallow.git"), "o/mirror")
    assert history["fork"] in ask(tmp_path, "ls-remote", server.url("mallory/n")).stdout
    assert "not our ref" in fetch(tmp_path / "x", server.url("o/mirror"), history["first"]).stderr


def test_sha256(git_servers: StartServer, tmp_path: Path) -> None:
    history = everyday(tmp_path / "h.git", object_format="sha256")
    server = git_servers()
    server.publish(history)
    assert len(history["tip"]) == 64
    empty(tmp_path / "x", object_format="sha256")
    assert not fetch(tmp_path / "x", server.url(), history["fork"]).returncode


def test_a_history_can_go_on(history: History, tmp_path: Path) -> None:
    mine = history.copy(tmp_path / "mine.git")
    mine.commit("more", {"recipe/more.txt": "x", "README.md": None})
    assert mine.git("rev-parse", "main^") == history["tip"]
    assert "recipe/more.txt" in mine.git("ls-tree", "-r", "--name-only", "main")
    assert "README.md" not in mine.git("ls-tree", "-r", "--name-only", "main")
    assert history.git("rev-parse", "main") == history["tip"]


def test_a_long_history(tmp_path: Path) -> None:
    history = many(tmp_path / "many.git", 50)
    assert history.git("rev-list", "--count", "main") == "50"
    assert history.git("rev-list", "--count", f"{history['near']}..main") == "3"
