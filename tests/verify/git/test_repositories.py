"""What the checks ask of repositories, against real servers of every kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from git_asking import asked, asking
from git_servers import GitServer, StartServer
from histories import History, everyday, many, shallow, submodule

from conda_provenance.errors import UnavailableError
from conda_provenance.git.hasher import Hasher
from conda_provenance.remotes import RemoteUrl
from conda_provenance.verify.git.objects import id_of
from conda_provenance.verify.repository import Position

ON_MAIN = ("first", "second", "merge", "squash", "rebased-1", "rebased", "tagged", "tip")
OFF_MAIN = ("unmerged", "fork", "deleted-branch", "forced-away", "squash-head", "tag-only")
MAIN = "refs/heads/main"


def test_refs(git_server: GitServer, history: History) -> None:
    with asked(git_server.url()) as repository:
        refs = repository.refs()
        assert refs.default == MAIN
        assert refs.commits == {
            "refs/heads/main": history["tip"],
            "refs/heads/1.x": history["maintenance"],
            "refs/heads/open-change": history["unmerged"],
            "refs/heads/pages": history["unrelated"],
            "refs/tags/v0.9": history["tag-only"],
            "refs/tags/v1.0": history["tagged"],
            "refs/tags/v1.1": history["before-tip"],
        }
        assert repository.addresses() == (repository.remote,)


SERVERS = {
    "as forges are": {},
    "without filters": {"filters": False},
    "protocol 1": {"protocol": 1, "any_sha": True},
    "protocol 0": {"protocol": 0, "any_sha": True, "filters": False},
}
TIPS_ONLY = {
    "tips only": {"protocol": 0, "any_sha": False},
    "tips only, without filters": {"protocol": 0, "any_sha": False, "filters": False},
    "files only": {"dumb": True},
}


@pytest.fixture(params=[*SERVERS, *TIPS_ONLY])
def any_server(
    request: pytest.FixtureRequest, git_servers: StartServer, history: History, tmp_path: Path
) -> GitServer:
    server = git_servers(**{**SERVERS, **TIPS_ONLY}[request.param])
    server.publish(history.copy(tmp_path / "copy.git") if server.dumb else history)
    return server


@pytest.mark.parametrize("name", [*ON_MAIN, "side", *OFF_MAIN])
@pytest.mark.parametrize("kind", SERVERS)
def test_one_commit(git_servers: StartServer, history: History, kind: str, name: str) -> None:
    server = git_servers(**SERVERS[kind])
    server.publish(history)
    sha = history[name]
    with asked(server.url(), sha) as repository:
        commit = repository.commit(sha)
        assert commit is not None
        assert commit.subject == name
        expected = Position.ON_LINE if name in ON_MAIN else Position.ABSENT
        expected = Position.MERGED if name == "side" else expected
        assert repository.position(sha, MAIN) is expected
        assert "recipe/recipe.yaml" in repository.files(sha)
    assert server.services().count("refs") <= 3  # ls-remote, and one for each fetch


@pytest.mark.parametrize("files", [True, False])
def test_many_commits_at_once(any_server: GitServer, history: History, files: bool) -> None:
    """The trap: at depth 1 in one repository, an older commit is cut off by a younger one."""
    names = [*ON_MAIN, "side"]
    with asked(any_server.url(), *(history[name] for name in names), files=files) as repository:
        found = {name: repository.position(history[name], MAIN) for name in names}
        assert found == {
            **dict.fromkeys(ON_MAIN, Position.ON_LINE),
            "side": Position.MERGED,
        }
        for name in names:
            commit = repository.commit(history[name])
            assert commit is not None
            assert commit.subject == name
            assert "recipe/build.sh" in repository.files(history[name])

    fetches = [each for each in any_server.services() if each.endswith("fetch")]
    assert any_server.dumb or len(fetches) <= (3 if files else 3 + len(names))


def test_a_batch_costs_one_list_and_two_fetches(git_server: GitServer, history: History) -> None:
    with asked(git_server.url(), *(history[name] for name in ON_MAIN)) as repository:
        for name in ON_MAIN:
            assert repository.position(history[name], MAIN) is Position.ON_LINE
            assert repository.commit(history[name])
            repository.files(history[name])
    assert git_server.services() == ["refs", "ls-refs", "refs", "fetch", "refs", "fetch"]


@pytest.mark.parametrize("name", OFF_MAIN)
def test_commits_of_no_branch_among_others(
    any_server: GitServer, history: History, name: str
) -> None:
    with asked(any_server.url(), history["first"], history[name], history["tip"]) as repository:
        assert repository.position(history[name], MAIN) is Position.ABSENT
        assert repository.position(history["first"], MAIN) is Position.ON_LINE


def test_refs_that_have_a_commit(any_server: GitServer, history: History) -> None:
    on_line = Position.ON_LINE
    expected = {
        "unmerged": {"refs/heads/open-change": on_line},
        "tag-only": {"refs/tags/v0.9": on_line},
        "maintenance": {"refs/heads/1.x": on_line},
        "fork": {},
        "deleted-branch": {},
        "side": dict.fromkeys(
            ["refs/heads/main", "refs/heads/open-change", "refs/tags/v1.0", "refs/tags/v1.1"],
            Position.MERGED,
        ),
    }
    with asked(any_server.url(), *(history[name] for name in expected)) as repository:
        assert {name: repository.refs_with(history[name]) for name in expected} == expected


@pytest.mark.parametrize("name", ["unmerged", "tag-only", "second", "side"])
def test_refs_that_have_the_one_commit_asked_for(
    git_server: GitServer, history: History, name: str
) -> None:
    with asked(git_server.url(), history[name]) as repository:
        repository.position(history[name], MAIN)
        assert set(repository.refs_with(history[name])) == {
            "unmerged": {"refs/heads/open-change"},
            "tag-only": {"refs/tags/v0.9"},
            "second": set(repository.refs().commits) - {"refs/heads/pages", "refs/tags/v0.9"},
            "side": {
                "refs/heads/main", "refs/heads/open-change", "refs/tags/v1.0", "refs/tags/v1.1",
            },
        }[name]  # fmt: skip


def test_a_commit_that_is_asked_for_later(git_server: GitServer, history: History) -> None:
    """An older one must not be hidden behind the first, nor the first behind a younger one."""
    with asked(git_server.url(), history["rebased"], files=False) as repository:
        assert repository.position(history["rebased"], MAIN) is Position.ON_LINE
        for name in ("first", "tagged", "second"):
            assert repository.commit(history[name])
            assert "LICENSE.txt" in repository.files(history[name])
            assert repository.position(history[name], MAIN) is Position.ON_LINE
        assert repository.position(history["side"], MAIN) is Position.MERGED
        assert repository.position(history["fork"], MAIN) is Position.ABSENT


@pytest.mark.parametrize("others", [(), ("tip",), ("tip", "first")])
@pytest.mark.parametrize("kind", SERVERS)
def test_an_unknown_commit_is_absent(
    git_servers: StartServer, history: History, kind: str, others: tuple[str, ...]
) -> None:
    server = git_servers(**SERVERS[kind])
    server.publish(history)
    unknown = ["1" * 40, "2" * 40]
    with asked(server.url(), *unknown, *(history[name] for name in others)) as repository:
        for sha in unknown:
            assert repository.commit(sha) is None
            assert repository.position(sha, MAIN) is Position.ABSENT
            assert repository.refs_with(sha) == {}
        for name in others:
            assert repository.commit(history[name])


def test_many_unknown_commits_hurt_no_other(git_server: GitServer, history: History) -> None:
    """One fetch finds out about each, once."""
    unknown = [f"{number:040x}" for number in range(1, 80)]
    with asked(git_server.url(), *unknown, history["second"]) as repository:
        assert repository.position(history["second"], MAIN) is Position.ON_LINE
        before = len(git_server.asked)
        assert before <= 2 * len(unknown) + 10
        assert repository.commit(unknown[0]) is None
        assert repository.commit(unknown[-1]) is None
        assert len(git_server.asked) <= before + 2


@pytest.mark.parametrize("kind", TIPS_ONLY)
def test_what_such_a_server_does_not_show_may_be_there(
    git_servers: StartServer, history: History, kind: str, tmp_path: Path
) -> None:
    server = git_servers(**TIPS_ONLY[kind])
    server.publish(history.copy(tmp_path / "copy.git"))
    with asked(server.url(), history["deleted-branch"]) as repository:
        with pytest.raises(UnavailableError, match="hands out no other"):
            repository.commit(history["deleted-branch"])
        # But that no branch has it, is known.
        assert repository.position(history["deleted-branch"], MAIN) is Position.ABSENT


def test_a_shallow_server_says_no_for_nothing(
    git_servers: StartServer, history: History, tmp_path: Path
) -> None:
    server = git_servers()
    server.publish(shallow(history, tmp_path / "shallow.git"))
    with asked(server.url(), history["first"], history["tip"]) as repository:
        with pytest.raises(UnavailableError, match="only a part of its history"):
            repository.commit(history["first"])
        with pytest.raises(UnavailableError, match="only a part of its history"):
            repository.position(history["first"], MAIN)
        with pytest.raises(UnavailableError, match="only a part of its history"):
            repository.refs_with(history["first"])
        assert repository.position(history["tip"], MAIN) is Position.ON_LINE
        assert repository.position(history["before-tip"], MAIN) is Position.ON_LINE


def test_files_and_blobs(git_server: GitServer, history: History) -> None:
    sha = history["tip"]
    with asked(git_server.url(), sha) as repository:
        files = repository.files(sha)
        assert files["recipe/build.sh"].mode == "100755"
        script = files["recipe/build.sh"].id
        before = git_server.services().count("fetch")
        contents = repository.blobs(sha, [script, files["LICENSE.txt"].id])
        assert contents[script] == b"echo hi > $PREFIX/hi\n"
        assert git_server.services().count("fetch") == before + 1
        assert repository.blob_ids(sha, [contents[script], b""]) == [
            script,
            "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
        ]


def test_contents_that_were_announced_are_hashed_at_once(
    git_server: GitServer, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_at_once: list[int] = []
    real = Hasher._ids_of

    def counted(hasher: Hasher, contents: Sequence[bytes]) -> list[str]:
        asked_at_once.append(len(contents))
        return real(hasher, contents)

    monkeypatch.setattr(Hasher, "_ids_of", counted)
    remote, sha = RemoteUrl.parse(git_server.url()), history["tip"]
    with asking() as repositories:
        repositories.expect(remote, [sha], with_files=True, contents=[b"a", b"b"])
        repositories.expect(remote, ["1" * 64], with_files=True, contents=[b"of another format"])
        repositories.expect(remote, [sha], with_files=True, contents=[b"c", bytes(17 << 20)])
        repositories.expect(remote, [], with_files=True, contents=[b"of no commit"])
        repository = repositories.of(remote)
        ids = [repository.blob_ids(sha, [each])[0] for each in (b"a", b"b", b"c", b"new")]
        assert ids == [id_of("blob", each, 40) for each in (b"a", b"b", b"c", b"new")]
        assert asked_at_once == [3, 1]


def test_modes_of_files(git_servers: StartServer, history: History, tmp_path: Path) -> None:
    from histories import link

    mine = history.copy(tmp_path / "mine.git")
    other = submodule(history["first"])
    mine.commit("odd", {"a link": link("../x"), "sub": other, "\u00e9\n\x1b[31m": "x"})
    server = git_servers()
    server.publish(mine)
    with asked(server.url(), mine["odd"]) as repository:
        files = repository.files(mine["odd"])
        assert files["a link"].mode == "120000"
        assert files["sub"] == ("160000", history["first"])
        assert "\u00e9\n\x1b[31m" in files


def test_sha256(git_servers: StartServer, tmp_path: Path) -> None:
    history = everyday(tmp_path / "h.git", object_format="sha256")
    server = git_servers()
    server.publish(history)
    for shas in (["second"], ["second", "fork", "side"]):
        with asked(server.url(), *(history[name] for name in shas)) as repository:
            assert repository.position(history["second"], MAIN) is Position.ON_LINE
            assert (
                repository.files(history["second"])["recipe/build.sh"].id
                == (repository.blob_ids(history["second"], [b"echo hi > $PREFIX/hi\n"])[0])
            )
            # An id of the other kind is none of this repository.
            assert repository.commit("1" * 40) is None
    with asked(server.url(), "1" * 40) as repository:
        assert repository.commit("1" * 40) is None


def test_near_the_tip_costs_little(git_servers: StartServer, tmp_path: Path) -> None:
    history = many(tmp_path / "many.git", 1000)
    server = git_servers()
    server.publish(history)
    for name, most in {"tip": 1_200, "near": 2_500, "middle": 80_000}.items():
        server.forget()
        with asked(server.url(), history[name], files=False) as repository:
            assert repository.commit(history[name])
            assert repository.position(history[name], MAIN) is Position.ON_LINE
        assert server.sent + server.received < most, name
        assert len(server.asked) <= 6


def test_nginx_and_a_login(
    git_servers: StartServer, git_behind_nginx: Callable[..., str], history: History
) -> None:
    server = git_servers(login="Basic eDp5")
    server.publish(history)
    url = f"{git_behind_nginx(server)}/o/n"
    with asked(url) as repository, pytest.raises(UnavailableError, match="private, or it is not"):
        repository.refs()
    with asked(url, history["tip"], authorization=lambda _: "Basic eDp5") as repository:
        assert repository.commit(history["tip"])
        assert repository.files(history["tip"])


def test_no_such_repository(git_server: GitServer) -> None:
    for name in ("o/none", "none/n", "o/n/more"):
        with (
            asked(git_server.url(name), "1" * 40) as repository,
            pytest.raises(UnavailableError, match="shows us no such repository"),
        ):
            repository.commit("1" * 40)


def test_a_repository_that_moved(git_server: GitServer, history: History) -> None:
    git_server.moved["o/old"] = "o/n"
    with asked(git_server.url("o/old"), history["tip"]) as repository:
        assert repository.position(history["tip"], MAIN) is Position.ON_LINE
        new = RemoteUrl.parse(git_server.url("o/n"))
        assert repository.addresses() == (repository.remote, new)
        assert repository.files(history["tip"])


def test_to_another_server_it_is_not_followed(
    git_server: GitServer, git_servers: StartServer, history: History
) -> None:
    other = git_servers()
    git_server.moved["o/old"] = other.publish(history)
    with (
        asked(git_server.url("o/old"), history["tip"]) as repository,
        pytest.raises(UnavailableError, match="moved to another server"),
    ):
        repository.refs()
    assert not other.asked


def test_nothing_is_left_behind(
    git_server: GitServer, history: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with asked(git_server.url(), history["tip"]) as repository:
        repository.files(history["tip"])
        assert list(tmp_path.iterdir())
    assert not list(tmp_path.iterdir())

    with asking() as repositories:
        repositories.of(RemoteUrl.parse(git_server.url()))
    assert not list(tmp_path.iterdir())


def test_only_whole_ids_are_asked_for(git_server: GitServer) -> None:
    with asked(git_server.url()) as repository:
        for sha in ("abc", "--upload-pack=x", "HEAD", "1" * 39, "A" * 40):
            for ask in (repository.commit, repository.files, repository.refs_with):
                with pytest.raises(UnavailableError, match="whole commit id"):
                    ask(sha)
        with pytest.raises(UnavailableError, match="does not have the branch"):
            repository.position("1" * 40, "refs/heads/--upload-pack=x")
    assert not git_server.asked or git_server.services() == ["refs", "ls-refs"]


def test_only_so_many_repositories_are_on_the_disk(
    git_server: GitServer, history: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("conda_provenance.verify.git.repositories._MAX_OPEN", 3)
    remotes = [RemoteUrl.parse(git_server.publish(history, f"o/n{n}")) for n in range(8)]
    with asking() as repositories:
        for remote in (*remotes, *remotes):
            assert repositories.of(remote).commit(history["tip"])
            [folder] = tmp_path.iterdir()
            assert len(list(folder.iterdir())) <= 3
        # One that was deleted is fetched again where something new is asked.
        assert repositories.of(remotes[0]).files(history["tip"])


def test_without_a_temporary_folder_the_user_is_told_so(
    git_server: GitServer, history: History, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    with (
        asked(git_server.url(), history["tip"]) as repository,
        pytest.raises(UnavailableError, match=r"no folder to work in \(No such file .* TMPDIR"),
    ):
        repository.commit(history["tip"])
