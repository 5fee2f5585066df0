"""What reaches git, and what git reaches: environment, tokens, addresses, proxies, versions."""

from __future__ import annotations

import os
import shutil
import stat
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from git_asking import LOOPBACK, QUICK, asked, asking, probe
from git_servers import GitServer, StartServer
from histories import MAIN, History
from hostile_git import WAYS, status

from conda_provenance.errors import UnavailableError
from conda_provenance.git.addresses import find_way
from conda_provenance.git.limits import Limits, size_of
from conda_provenance.git.network import Fault, ServerError, obeys_no_lazy_fetch
from conda_provenance.net import Reach
from conda_provenance.remotes import RemoteUrl
from conda_provenance.verify.repository import Position

PUBLIC = "93.184.216.34"


def named(server: GitServer, name: str = "forge.example.org") -> str:
    return f"http://{name}:{server.port}/o/n"


class Names:
    """A stand-in for the name service, whose answers change."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def test_a_name_is_looked_up_once(git_server: GitServer, history: History) -> None:
    """No name service knows it, so git can only come here by the address that it is told."""
    names = Names(["127.0.0.1"], ["127.0.0.2"])
    with asked(named(git_server), history["second"], find=names) as repository:
        assert repository.position(history["second"], MAIN) is Position.ON_LINE
        assert repository.files(history["second"])
    assert names.asked == 1
    assert {each.headers["host"] for each in git_server.asked} == {
        f"forge.example.org:{git_server.port}"
    }


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"], ["10.0.0.1"], ["169.254.169.254"], ["100.100.100.200"], ["::1"],
        ["fd00::1"], ["::ffff:127.0.0.1"], ["64:ff9b::a9fe:a9fe"], ["2002:7f00:1::"],
        ["224.0.0.1"], [PUBLIC, "127.0.0.1"], [],
    ],
)  # fmt: skip
def test_private_addresses_are_not_asked(git_server: GitServer, addresses: list[str]) -> None:
    names, reach = Names(addresses), Reach(http=True)
    with (
        asked(named(git_server), find=names, reach=reach) as repository,
        pytest.raises(UnavailableError, match=r"leads into a private network|no address"),
    ):
        repository.refs()
    assert not git_server.asked


def test_a_public_address_is_pinned() -> None:
    way = find_way("https://forge.example.org/o/n", Reach(), {}, Names([PUBLIC, "2606:4700::1111"]))
    assert way.settings == (
        ("http.curloptResolve", f"forge.example.org:443:{PUBLIC},[2606:4700::1111]"),
    )
    assert way.protocol == "https"


@pytest.mark.parametrize(
    "url",
    [
        "http://forge.example.org/o/n", "https://forge.example.org:8443/o/n",
        "https://localhost/o/n", "https://10.1.2.3/o/n", "https://[::1]/o/n",
        "https://2130706433/o/n", "https://intranet/o/n",
    ],
)  # fmt: skip
def test_what_nobody_allowed(url: str) -> None:
    with pytest.raises(UnavailableError, match="is not asked"):
        find_way(url, Reach(), {}, Names([PUBLIC]))


PROXY = "http://me:s3cr3t@proxy.example.org:3128"


def test_through_a_proxy() -> None:
    names = Names(["10.0.0.1"])
    environ = {"HTTPS_PROXY": PROXY, "no_proxy": "internal.example.org, .corp.example.org"}
    way = find_way("https://forge.example.org/o/n", Reach(), environ, names)
    assert (way.proxy, way.settings, names.asked) == (PROXY, (), 0)
    assert way.environment({**environ, "A": "b"}) == {
        "A": "b",
        "http_proxy": PROXY,
        "https_proxy": PROXY,
    }
    for url in ("https://93.184.216.34/o/n", "https://[2606:4700::1111]/o/n"):
        with pytest.raises(UnavailableError, match="proxy") as caught:
            find_way(url, Reach(), environ, names)
        assert "s3cr3t" not in str(caught.value)

    # Past it, git must not find it again.
    for host in ("internal.example.org", "x.corp.example.org", "corp.example.org"):
        way = find_way(f"https://{host}/o/n", Reach(), environ, Names([PUBLIC]))
        assert not way.proxy
        assert "HTTPS_PROXY" not in way.environment(environ)
    with pytest.raises(UnavailableError, match="private network"):
        find_way("https://internal.example.org/o/n", Reach(), environ, names)


def test_git_asks_through_the_proxy(git_server: GitServer, history: History) -> None:
    """Any server will do for a proxy: it gets whole addresses."""
    environ = {**os.environ, "http_proxy": f"http://127.0.0.1:{git_server.port}"}

    def closed(url: str) -> object:
        raise UnavailableError("closed")

    with (
        asked(
            "http://forge.example.org:8080/o/n",
            environ=environ,
            reach=Reach(http=True),
            probe=closed,
        ) as repository,
        pytest.raises(UnavailableError),
    ):
        repository.refs()
    assert git_server.asked[0].path.startswith("http://forge.example.org:8080/o/n/info/refs")


def test_a_token_goes_to_its_server_alone_and_is_in_no_command_line(
    git_servers: StartServer, history: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    server, other = git_servers(login="Basic czNjcjN0"), git_servers()
    server.publish(history)
    other.publish(history)
    seen: set[bytes] = set()
    is_over = threading.Event()

    def look() -> None:
        while not is_over.is_set():
            for line in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.add(line.read_bytes())
                except OSError:
                    pass

    watcher = threading.Thread(target=look)
    watcher.start()
    given = {"authorization": lambda remote: "Basic czNjcjN0" if remote.port == server.port else ""}
    with asked(server.url(), history["tip"], **given) as repository:
        repository.files(history["tip"])
        kept = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert not any(b"czNjcjN0" in path.read_bytes() for path in kept)
    with asked(other.url(), history["tip"], **given) as repository:
        repository.files(history["tip"])
    is_over.set()
    watcher.join()

    assert not any(b"czNjcjN0" in line for line in seen)
    assert {each.headers.get("authorization") for each in server.asked} == {"Basic czNjcjN0"}
    assert {each.headers.get("authorization") for each in other.asked} == {None}


def test_answers_got_with_a_token_are_marked(git_servers: StartServer, history: History) -> None:
    from conda_provenance.verify.answers import Answers, scope_of

    server = git_servers(login="Basic czNjcjN0")
    server.publish(history)
    answers = Answers()
    given = {"authorization": lambda _: "Basic czNjcjN0", "answers": answers}
    with asked(server.url(), history["tip"], **given) as repository:
        repository.commit(history["tip"])
    question = f"git commit {server.url()} {history['tip']}"
    outcome = answers.outcome(question, scope_of("Basic czNjcjN0"))
    assert not isinstance(outcome, UnavailableError)
    assert outcome is not None
    assert outcome.with_token


def test_nothing_of_the_user_reaches_git(
    git_server: GitServer, history: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settings, hooks, logins and programs of the user, of which none may be used or run."""
    home = tmp_path / "home"
    hooks = home / "template" / "hooks"
    hooks.mkdir(parents=True)
    owned = tmp_path / "owned"
    program = home / "program"
    program.write_text(f"#!/bin/sh\ntouch {owned}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    for hook in ("post-checkout", "reference-transaction", "post-index-change", "pre-auto-gc"):
        (hooks / hook).symlink_to(program)
    (home / ".netrc").write_text("machine 127.0.0.1 login me password s3cr3t\n")
    settings = f"""
[init]
  templateDir = {home / "template"}
[core]
  hooksPath = {hooks}
  fsmonitor = {program}
  sshCommand = {program}
  gitProxy = {program}
  askPass = {program}
[credential]
  helper = !{program}
[url "http://127.0.0.1:1/"]
  insteadOf = http://127.0.0.1:{git_server.port}/
[http]
  extraHeader = Cookie: s3cr3t
  proxy = http://127.0.0.1:1
  sslVerify = false
[uploadpack]
  packObjectsHook = {program}
"""
    (home / ".gitconfig").write_text(settings)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    for name, value in {
        "GIT_CONFIG_GLOBAL": str(home / ".gitconfig"),
        "GIT_CONFIG_SYSTEM": str(home / ".gitconfig"),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "url.http://127.0.0.1:1/.insteadOf",
        "GIT_CONFIG_VALUE_0": "http://",
        "GIT_CONFIG_PARAMETERS": "'http.proxy=http://127.0.0.1:1'",
        "GIT_DIR": str(home),
        "GIT_OBJECT_DIRECTORY": str(home),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(history.folder / "objects"),
        "GIT_SSH_COMMAND": str(program),
        "GIT_PROXY_COMMAND": str(program),
        "GIT_ASKPASS": str(program),
        "SSH_ASKPASS": str(program),
        "GIT_EXEC_PATH": str(home),
        "GIT_TEMPLATE_DIR": str(home / "template"),
        "GIT_TRACE_CURL": str(tmp_path / "owned-trace"),
        "GIT_TRACE": str(tmp_path / "owned-trace"),
        "GIT_EXTERNAL_DIFF": str(program),
        "GIT_ALLOW_PROTOCOL": "ext:file:http",
        "NETRC": str(home / ".netrc"),
    }.items():
        monkeypatch.setenv(name, value)

    with asked(git_server.url(), history["second"], history["tip"]) as repository:
        assert repository.position(history["second"], MAIN) is Position.ON_LINE
        files = repository.files(history["tip"])
        assert repository.blobs(history["tip"], [files["README.md"].id])
        assert repository.blob_ids(history["tip"], [b"hello 1.2\n"]) == [files["README.md"].id]
    assert not list(tmp_path.glob("owned*"))
    for each in git_server.asked:
        assert "authorization" not in each.headers
        assert "cookie" not in each.headers


def test_a_login_is_asked_of_nobody(
    git_servers: StartServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = git_servers()
    server.before = WAYS["login"]
    with asked(server.url()) as repository:
        started = time.monotonic()
        with pytest.raises(UnavailableError, match="private, or it is not there"):
            repository.refs()
        assert time.monotonic() - started < 3


def program_that_says(folder: Path, version: str) -> dict[str, str]:
    folder.mkdir()
    program = folder / "git"
    program.write_text(f"#!/bin/sh\necho git version {version}\n")
    program.chmod(0o755)
    return {**os.environ, "PATH": str(folder)}


@pytest.mark.parametrize("version", ["2.36.9", "2.25.1", "1.8.3"])
def test_an_old_git_is_named(git_server: GitServer, tmp_path: Path, version: str) -> None:
    environ = program_that_says(tmp_path / "bin", version)
    with (
        asked(git_server.url(), environ=environ) as repository,
        pytest.raises(UnavailableError, match=rf"git {version} is installed.* 2\.37 or later"),
    ):
        repository.refs()
    assert not git_server.asked


def test_no_git(git_server: GitServer, tmp_path: Path) -> None:
    with (
        asked(git_server.url(), environ={"PATH": str(tmp_path)}) as repository,
        pytest.raises(UnavailableError, match="not installed"),
    ):
        repository.refs()


def test_which_gits_fetch_nothing_by_themselves() -> None:
    for version in ((2, 39, 5), (2, 45, 0), (2, 55), (3, 0, 1), (2, 40, 2)):
        assert obeys_no_lazy_fetch(version)
    for older in ((2, 37, 1), (2, 39, 3), (2, 39), (2, 44, 0), ()):
        assert not obeys_no_lazy_fetch(older)


def test_a_dumb_server_is_not_asked_for_a_part(
    git_servers: StartServer, history: History, tmp_path: Path
) -> None:
    """git would start another git for each object that it leaves out, and that one another."""
    server = git_servers(dumb=True)
    server.publish(history.copy(tmp_path / "copy.git"))
    limits = QUICK._replace(seconds=15)
    with asked(server.url(), history["second"], limits=limits) as repository:
        assert repository.position(history["second"], MAIN) is Position.ON_LINE
    assert len(server.asked) < 400


def test_limits_hold_for_what_git_starts(tmp_path: Path) -> None:
    import subprocess

    limits = Limits(seconds=5, disk=1 << 20, memory=512 << 20)
    script = "ulimit -f; ulimit -v; ulimit -t; sh -c 'head -c 3000000 /dev/zero > large'"
    done = subprocess.run(
        limits.command(["sh", "-c", script]),
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.split() == ["2048", "524288", "6"]
    assert done.returncode
    assert (tmp_path / "large").stat().st_size <= 1 << 20
    assert size_of(str(tmp_path)) <= 1 << 20


def test_a_server_that_is_busy_or_cannot_leave_out(
    git_servers: StartServer, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    from conda_provenance.git.network import GitServer as Server

    real = Server.fetch
    asked_for: list[str] = []

    def fetch(self: Server, *arguments: object, leave_out: str = "", **more: object) -> None:
        asked_for.append(leave_out)
        if leave_out:
            raise self._error(b"fatal: could not fetch 1234 from promisor remote")
        real(self, *arguments, leave_out=leave_out, **more)  # type: ignore[arg-type]

    server = git_servers()
    server.publish(history)
    monkeypatch.setattr(Server, "fetch", fetch)
    with asked(server.url(), history["second"]) as repository:
        assert repository.position(history["second"], MAIN) is Position.ON_LINE
        assert repository.files(history["second"])
    assert asked_for == ["blob:none", "", ""]


@pytest.mark.parametrize(
    ("errors", "fault"),
    [
        (b"remote: GitLab is currently unable to handle this request due to load.", Fault.BUSY),
        (b"fatal: remote error: upload-pack: not our ref " + b"1" * 40, Fault.UNKNOWN),
        (b"fatal: remote error: want " + b"1" * 40 + b" not valid", Fault.WITHHELD),
        (b"error: Server does not allow request for unadvertised object", Fault.TIPS_ONLY),
        (b"fatal: dumb http transport does not support shallow capabilities", Fault.FILES_ONLY),
        (b"fatal: could not fetch 12 from promisor remote", Fault.FILTER),
        (b"fatal: the remote end hung up unexpectedly \x1b[31m token", Fault.OTHER),
        (b"", Fault.OTHER),
    ],
)
def test_errors_are_read_and_never_shown(errors: bytes, fault: Fault, tmp_path: Path) -> None:
    from conda_provenance.git.network import GitServer as Server
    from conda_provenance.git.processes import Processes

    way = find_way("http://127.0.0.1:1/o/n", LOOPBACK, {})
    error = Server("http://127.0.0.1:1/o/n", way, Processes("git", QUICK))._error(errors)
    assert isinstance(error, ServerError)
    assert error.fault is fault
    assert str(error).startswith("127.0.0.1:1 ")
    assert not {"remote", "token", "1" * 40} & set(str(error).split())


def test_one_repository_many_threads(git_server: GitServer, history: History) -> None:
    from concurrent.futures import ThreadPoolExecutor

    names = ["first", "second", "merge", "squash", "tagged", "tip"] * 5
    with asking() as repositories, ThreadPoolExecutor(8) as threads:
        remote = RemoteUrl.parse(git_server.url())
        repositories.expect(remote, [history[name] for name in names], with_files=True)

        def look(name: str) -> bool:
            repository = repositories.of(remote)
            files = repository.files(history[name])
            return repository.position(history[name], MAIN) is Position.ON_LINE and bool(files)

        assert all(threads.map(look, names))
    assert git_server.services() == ["refs", "ls-refs", "refs", "fetch", "refs", "fetch"]


def test_the_probe_is_asked_only_after_a_failure(git_server: GitServer, history: History) -> None:
    probes: list[str] = []

    def noted(url: str) -> object:
        probes.append(url)
        return probe(url)

    with asked(git_server.url(), history["tip"], probe=noted) as repository:
        assert repository.commit(history["tip"])
    assert not probes
    with asked(git_server.url("o/x"), probe=noted) as repository, pytest.raises(UnavailableError):
        repository.refs()
    assert probes == [f"{git_server.url('o/x')}/info/refs?service=git-upload-pack"]


@pytest.mark.parametrize("to", ["o/n", "other/n.git", "elsewhere"])
def test_a_move_through_the_real_door(
    git_server: GitServer, git_servers: StartServer, history: History, to: str
) -> None:
    from conda_provenance.verify.answers import Answers
    from conda_provenance.verify.doors import HostDoors
    from conda_provenance.verify.tokens import Tokens
    from conda_provenance.web import Web

    git_server.publish(history, "other/n")
    other = git_servers()
    there = other.publish(history)
    git_server.moved["o/old"] = there if to == "elsewhere" else to
    answers = Answers()
    with Web(use_conda=False) as web:
        doors = HostDoors(web, answers, Tokens({}), LOOPBACK)
        url = git_server.url("o/old")
        with asked(url, history["tip"], probe=doors.probe, answers=answers) as repository:
            if to == "elsewhere":
                with pytest.raises(UnavailableError, match="moved to another server"):
                    repository.commit(history["tip"])
                assert not other.asked
                return
            assert repository.commit(history["tip"])
            assert str(repository.addresses()[-1]) == git_server.url(to.removesuffix(".git"))


def test_a_server_that_repeats_a_token(git_servers: StartServer) -> None:
    import base64

    from hostile_git import SOME, listing

    token = "ghp_s3cr3ts3cr3ts3cr3t"
    word = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    for form in (token, word):
        server = git_servers()
        server.before = listing(f"{SOME} {MAIN}\n", f"{SOME} refs/heads/{form}\n")
        with (
            asked(server.url(), authorization=lambda _: f"Basic {word}") as repository,
            pytest.raises(UnavailableError, match=r"repeats|no git answer|answer") as caught,
        ):
            repository.refs()
        assert form not in str(caught.value)


@pytest.mark.parametrize(
    "there", ["forge.example.org.", "u:p@forge.example.org", "FORGE.example.org"]
)
def test_a_server_cannot_have_its_name_looked_up_again(
    git_server: GitServer, history: History, there: str
) -> None:
    """git would not take its pinned address for a name that is spelt otherwise."""
    port = git_server.port

    class Moved(NamedTuple):
        status: int = 301
        headers: Mapping[str, str] = {
            "location": f"http://{there}:{port}/o/n/info/refs?service=git-upload-pack"
        }

    names = Names(["127.0.0.1"])
    url = f"http://forge.example.org:{port}/o/gone"
    with asked(url, history["tip"], find=names, probe=lambda _: Moved()) as repository:
        assert repository.commit(history["tip"])
    hosts = {each.headers["host"] for each in git_server.asked}
    assert hosts == {f"forge.example.org:{port}"}
    assert not any("authorization" in each.headers for each in git_server.asked)


@pytest.mark.parametrize("scheme", ["NTLM", "Negotiate", "Basic"])
def test_no_login_of_the_system_is_used(
    git_servers: StartServer, scheme: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Windows would hand its user's hash to any server that asks for it by NTLM."""
    server = git_servers()
    server.before = status(401, WWW_Authenticate=scheme)
    seen = tmp_path / "options"
    stand_in = tmp_path / "git"  # A stand-in that notes its options, and becomes the real one.
    real = shutil.which("git")
    stand_in.write_text(f'#!/bin/sh\necho "$*" >> {seen}\nexec {real} "$@"\n')
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with asked(server.url(), "ab" * 20) as repository, pytest.raises(UnavailableError, match="401"):
        repository.refs()
    assert not any("authorization" in each.headers for each in server.asked)
    for line in seen.read_text().splitlines():
        if "ls-remote" in line:
            assert "-c http.emptyAuth=false" in line
            assert "-c http.allowNTLMAuth=false" in line
