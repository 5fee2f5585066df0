"""Servers that mean harm: each ends in its bound, nothing is run, nothing is left on the disk."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from git_asking import LOOPBACK, QUICK, asked
from git_servers import StartServer
from histories import MAIN, History
from hostile_git import (
    ESCAPES,
    SOME,
    WAYS,
    deep_tree,
    large_commit,
    listing,
    odd_files,
    replaced,
    tree_bomb,
    tree_of,
    with_alternates,
)

from conda_provenance.errors import UnavailableError
from conda_provenance.git.limits import Limits
from conda_provenance.remotes import RemoteUrl
from conda_provenance.verify.git.answered import AnsweredRepository
from conda_provenance.verify.repository import Position

SMALL = Limits(seconds=2, disk=8 << 20, memory=400 << 20, output=2 << 20)


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Everything that is written goes here, and must be gone at the end."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    monkeypatch.chdir(tmp_path)
    yield folder
    assert not list(folder.iterdir())
    assert not list(tmp_path.rglob("owned*"))


def our_gits(scratch: Path) -> list[str]:
    """The command lines of processes that work in our folders."""
    found: list[str] = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            place = process.joinpath("cwd").resolve()
            if place.is_relative_to(scratch):
                found.append(process.joinpath("cmdline").read_text())
        except OSError:
            pass
    return found


def test_there_are_many_ways() -> None:
    assert len(WAYS) >= 36


@pytest.mark.parametrize("way", WAYS)
def test_a_server_that_means_harm(git_servers: StartServer, scratch: Path, way: str) -> None:
    server = git_servers()
    server.before = WAYS[way]
    started = time.monotonic()
    with asked(server.url(), SOME, "ab" * 20, limits=SMALL) as repository:
        with pytest.raises(UnavailableError) as caught:
            repository.commit("ab" * 20)
        assert time.monotonic() - started < 2 * SMALL.seconds + 4
        message = str(caught.value)
        assert message.isprintable()
        assert "127.0.0.1" in message or "server" in message
        for secret in ("s3cr3t", "owned", "169.254", "/etc/"):
            assert secret not in message
        # Asked once more, it fails at once.
        again = time.monotonic()
        with pytest.raises(UnavailableError):
            repository.commit("ab" * 20)
        assert time.monotonic() - again < 0.5
    time.sleep(0.1)
    assert not our_gits(scratch)


def test_what_a_server_of_jgit_does_not_hand_out_may_be_there(
    git_servers: StartServer, history: History
) -> None:
    """It says the same of a commit that no branch has, and of one that it does not have."""
    from hostile_git import ANSWER_TYPE, _body, packet, stream

    sha = "ab" * 20
    answer = packet(f"ERR want {sha} not valid\n")
    server = git_servers()
    server.publish(history)
    server.before = lambda handler: (
        sha.encode() in _body(handler) and stream(handler, ANSWER_TYPE, iter([answer]))
    )
    with asked(server.url(), sha, history["second"]) as repository:
        with pytest.raises(UnavailableError, match="does not hand out that commit"):
            repository.commit(sha)
        assert repository.commit(history["second"])
        assert repository.position(history["second"], MAIN) is Position.ON_LINE


def test_names_of_refs(git_servers: StartServer) -> None:
    """What cannot be a ref's name is left out. What can, is never part of a command."""
    good = ["refs/heads/--upload-pack=touch owned".replace(" ", "-"), "refs/heads/$(touch-owned)"]
    bad = [
        f"refs/heads/{ESCAPES}", "refs/heads/../../x", "refs/heads/x.lock",
        "refs/heads/a:b", "refs/heads/*", "refs/heads/", "HEAD~1", "refs/pull/1/head",
        "refs/replace/" + SOME, "refs/evil/refs/heads/main", "refs/heads/x^{}", "refs/heads/@{1}",
    ]  # fmt: skip
    server = git_servers()
    server.before = listing(
        f"{SOME} HEAD symref-target:refs/heads/{ESCAPES}\n",
        *(f"{SOME} {name}\n" for name in (*good, *bad)),
    )
    with asked(server.url()) as repository:
        refs = repository.refs()
        assert refs.default is None
        assert set(refs.commits) == set(good)
        for name in good:
            assert repository.position(SOME, name) is Position.ON_LINE


def test_a_line_break_in_a_name(git_servers: StartServer) -> None:
    server = git_servers()
    server.before = listing(f"{SOME} refs/heads/x\n{'34' * 20}\t{MAIN}\n", f"{SOME} {MAIN}\n")
    with asked(server.url()) as repository:
        try:
            assert repository.refs().commits[MAIN] in (SOME, "34" * 20)
        except UnavailableError as error:
            assert "twice" in str(error)


def test_a_million_refs_of_other_kinds_are_left_out(git_servers: StartServer) -> None:
    from hostile_git import _million_refs, _v2

    server = git_servers()
    server.before = _v2(lambda: _million_refs("refs/pull/"), lambda: iter([]))
    limits = SMALL._replace(seconds=30)
    with asked(server.url(), limits=limits) as repository:
        assert repository.refs().commits == {MAIN: SOME}


@pytest.mark.parametrize("make", [tree_bomb, deep_tree])
def test_trees_that_would_print_gigabytes(
    git_servers: StartServer, tmp_path: Path, make: type
) -> None:
    history = make(tmp_path / "harm.git")
    server = git_servers()
    server.publish(history)
    with asked(server.url(), history["harm"]) as repository:
        started = time.monotonic()
        with pytest.raises(UnavailableError, match=r"too many files|too deep"):
            repository.files(history["harm"])
        assert time.monotonic() - started < 15


@pytest.mark.parametrize(
    "entry",
    [
        (b"100644", b"..", None),
        (b"40000", b".", None),
        (b"100644", b"a/b", None),
        (b"100644", b"", None),
        (b"abc", b"x", None),
    ],
)
def test_files_that_cannot_be(
    git_servers: StartServer, tmp_path: Path, entry: tuple[bytes, bytes, str | None]
) -> None:
    history = tree_of(tmp_path / "harm.git", entry)
    server = git_servers()
    server.publish(history)
    with asked(server.url(), history["harm"]) as repository, pytest.raises(UnavailableError):
        repository.files(history["harm"])


def test_a_name_that_comes_twice(git_servers: StartServer, tmp_path: Path) -> None:
    history = tree_of(tmp_path / "harm.git", (b"100644", b"a", None), (b"100755", b"a", None))
    server = git_servers()
    server.publish(history)
    with (
        asked(server.url(), history["harm"]) as repository,
        pytest.raises(UnavailableError, match="name that no file"),
    ):
        repository.files(history["harm"])


@pytest.mark.parametrize(
    ("size", "memory", "said"),
    [(20, 1024, "answered with more than 1 MiB"), (48, 52, "sends more than is taken")],
)
def test_a_commit_of_megabytes(
    git_servers: StartServer, tmp_path: Path, size: int, memory: int, said: str
) -> None:
    """git takes as much memory as the commit is large. What it says is bounded, and its memory."""
    history = large_commit(tmp_path / "harm.git", size << 20)
    server = git_servers()
    server.publish(history)
    limits = QUICK._replace(memory=memory << 20)
    with asked(server.url(), history["harm"], history["first"], limits=limits) as repository:
        with pytest.raises(UnavailableError, match=said):
            repository.commit(history["harm"])
        # The other one is none the worse for it.
        assert repository.commit(history["first"])


def test_links_submodules_and_filters(git_servers: StartServer, tmp_path: Path) -> None:
    history = odd_files(tmp_path / "harm.git")
    server = git_servers()
    server.publish(history)
    with asked(server.url(), history["harm"]) as repository:
        files = repository.files(history["harm"])
        assert files["recipe/up"].mode == "120000"
        assert files["x"].mode == "160000"
        assert f"recipe/{ESCAPES}\n" in files
        target = files["recipe/up"].id
        assert repository.blobs(history["harm"], [target])[target].startswith(b"../../..")
        # What cannot be fetched as a file: the submodule's commit.
        with pytest.raises(UnavailableError):
            repository.blobs(history["harm"], [files["x"].id])
        assert repository.commit(history["harm"])
    assert {each.path.split("?")[0] for each in server.asked} <= {
        "/o/n/info/refs",
        "/o/n/git-upload-pack",
    }


def test_a_replaced_commit_is_itself(git_servers: StartServer, tmp_path: Path) -> None:
    history = replaced(tmp_path / "harm.git")
    server = git_servers()
    server.publish(history)
    with asked(server.url(), history["harm"]) as repository:
        commit = repository.commit(history["harm"])
        assert commit is not None
        assert (commit.subject, commit.parents) == ("harm", (history["first"],))


def test_alternates_are_not_followed(
    git_servers: StartServer, history: History, tmp_path: Path
) -> None:
    elsewhere, server = git_servers(dumb=True), git_servers(dumb=True)
    there = elsewhere.publish(history.copy(tmp_path / "there.git"))
    copy = history.copy(tmp_path / "copy.git")
    server.publish(copy)
    with_alternates(copy, f"{there}/objects")
    with asked(server.url(), history["tip"]) as repository, pytest.raises(UnavailableError):
        repository.commit(history["tip"])
    assert any("alternates" in each.path for each in server.asked)
    assert not elsewhere.asked


@pytest.mark.parametrize(
    "remote",
    [
        RemoteUrl("ext::sh -c touch% owned #", "h.example.org", None, "o/n"),
        RemoteUrl("file", "h.example.org", None, "etc/passwd"),
        RemoteUrl("ssh", "-oProxyCommand=touch owned", None, "o/n"),
        RemoteUrl("https", "--upload-pack=touch owned", None, "o/n"),
        RemoteUrl("https", "user:pass@h.example.org", None, "o/n"),
        RemoteUrl("git", "127.0.0.1", None, "o/n"),
    ],
)
def test_addresses_that_run_something(remote: RemoteUrl) -> None:
    from git_asking import asking

    with asking() as repositories, pytest.raises(UnavailableError, match="is not asked"):
        repositories.of(remote).refs()


def test_git_itself_refuses_other_ways(
    git_daemon: object, history: History, tmp_path: Path
) -> None:
    """A second lock, should an address get past the first."""
    from conda_provenance.git.addresses import find_way
    from conda_provenance.git.network import GitServer as Server
    from conda_provenance.git.network import ServerError
    from conda_provenance.git.processes import Processes

    way = find_way("http://127.0.0.1:1/o/n", LOOPBACK, {})
    processes = Processes("git", QUICK)
    for url in (
        "ext::sh -c touch% owned", history.folder.as_uri(), str(history.folder),
        git_daemon(history),  # type: ignore[operator]
        "ssh://127.0.0.1/x", "--upload-pack=touch owned", "::x",
    ):  # fmt: skip
        with pytest.raises(ServerError):
            Server(url, way, processes).list_refs(str(tmp_path))


def test_ctrl_c_and_a_killed_git(git_servers: StartServer, scratch: Path) -> None:
    """Whoever waits gets an error, and nothing is left."""
    import threading

    server = git_servers()
    server.before = WAYS["says nothing"]
    errors: list[BaseException] = []
    limits = QUICK._replace(seconds=60)

    def wait(repository: AnsweredRepository) -> None:
        try:
            repository.commit(SOME)
        except UnavailableError as error:
            errors.append(error)

    def interrupted() -> None:
        with asked(server.url(), SOME, limits=limits) as repository:
            threading.Thread(target=wait, args=(repository,)).start()
            while not any("fetch" in each for each in our_gits(scratch)):
                time.sleep(0.01)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    for _ in range(50):
        time.sleep(0 if errors else 0.1)
    assert errors
    assert not our_gits(scratch)


def test_a_git_that_somebody_kills(git_servers: StartServer, scratch: Path) -> None:
    import threading

    server = git_servers()
    server.before = WAYS["says nothing"]

    def kill() -> None:
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if process.joinpath("cwd").resolve().is_relative_to(scratch):
                    subprocess.run(["kill", "-9", process.name], check=False)
            except OSError:
                pass

    with asked(server.url(), SOME) as repository:
        timer = threading.Timer(1, kill)
        timer.start()
        with pytest.raises(UnavailableError):
            repository.commit(SOME)
        timer.join()
