"""Checks 3 to 5 as verify runs them: git fetches from real servers on loopback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from git_asking import asked
from git_servers import GitServer
from histories import Contents, History, empty, everyday, script
from packages_making import make_conda
from recipe_making import checked, checkout, rattler_build, repacked, stamped

from conda_provenance.errors import UnavailableError
from conda_provenance.packages.contents import PackageContents
from conda_provenance.packages.read_contents import read_contents
from conda_provenance.verify.answers import Answers
from conda_provenance.verify.checks import commit_exists, commit_on_branch, recipe_matches
from conda_provenance.verify.outcome import Outcome, Result

RECIPE = 'package:\n  name: hello\n  version: "1.0"\nbuild:\n  script: build.sh\n'
FILES: dict[str, Contents] = {
    "recipe/recipe.yaml": RECIPE,
    "recipe/build.sh": script("mkdir -p $PREFIX/x; echo hi > $PREFIX/x/hi\n"),
    "recipe/fix.patch": "--- a\n+++ b\n",
    "recipe/.gitignore": "*.log\n",
    "recipe/ignored.log": "1\n",
}
CHECKS = (commit_exists.CHECK, commit_on_branch.CHECK, recipe_matches.CHECK)


def says(folder: Path, sha: str, remote: str) -> PackageContents:
    path = make_conda(folder, {"extra": {"sha": sha, "remote_url": remote}})
    return read_contents(path, whole=True)


PLACES = {
    "tip": "pass",
    "first": "pass",
    "squash": "pass",
    "merge": "pass",
    "side": "unavailable",
    "maintenance": "unavailable",
    "tag-only": "unavailable",
    "unmerged": "unavailable",  # Its branch is in the repository itself.
    "fork": "fail",
    "closed": "fail",
    "squash-head": "fail",
    "deleted-branch": "fail",
    "forced-away": "fail",
}


@pytest.mark.parametrize(("name", "outcome"), PLACES.items())
def test_where_commits_are(
    tmp_path: Path, git_server: GitServer, history: History, name: str, outcome: str
) -> None:
    sha = history[name]
    contents = says(tmp_path, sha, git_server.url())
    with asked(git_server.url(), sha) as repository:
        exists = checked(commit_exists.CHECK, contents, repository)
        result = checked(commit_on_branch.CHECK, contents, repository)
    assert exists.outcome is Outcome.PASS
    assert result.outcome.value == outcome, result


def test_two_commits_in_one_call_are_told_apart(
    tmp_path: Path, git_server: GitServer, history: History
) -> None:
    """A shallow cut at one must not hide the other."""
    shas = [history[name] for name in ("first", "tip", "fork", "side")]
    outcomes = []
    with asked(git_server.url(), *shas) as repository:
        for sha in shas:
            contents = says(tmp_path, sha, git_server.url())
            outcomes.append(checked(commit_on_branch.CHECK, contents, repository).outcome.value)
    assert outcomes == ["pass", "pass", "fail", "unavailable"]


def test_a_commit_of_another_repository(tmp_path: Path, git_server: GitServer) -> None:
    contents = says(tmp_path, "1" * 40, git_server.url())
    with asked(git_server.url(), "1" * 40) as repository:
        results = [checked(check, contents, repository) for check in CHECKS]
    assert [each.outcome.value for each in results] == ["fail", "not-applicable", "not-applicable"]


def test_a_server_that_is_gone_refutes_nothing(tmp_path: Path) -> None:
    url = "http://127.0.0.1:9/o/n"
    contents = says(tmp_path, "1" * 40, url)

    def probe(url: str) -> Any:
        raise UnavailableError("Nobody answers there.")

    with asked(url, "1" * 40, probe=probe) as repository:
        results = [checked(check, contents, repository) for check in CHECKS]
    assert {each.outcome for each in results} == {Outcome.UNAVAILABLE}


class Served:
    """A package that was built from a commit of a served repository."""

    def __init__(self, folder: Path, server: GitServer, history: History, commit: str) -> None:
        self.history = history
        self.sha = history[commit]
        self.server = server
        self.url = server.publish(history)
        work = checkout(history, self.sha, folder / "checkout")
        (package,) = rattler_build(work / "recipe" / "recipe.yaml", folder / "out")
        self.contents = stamped(package, self.sha, self.url)

    def results(
        self, contents: PackageContents | None = None, answers: Answers | None = None
    ) -> list[Result]:
        contents = contents or self.contents
        with asked(self.url, self.sha, answers=answers) as repository:
            return [checked(check, contents, repository) for check in CHECKS]


SERVERS: dict[str, dict[str, Any]] = {
    "everything": {},
    "no filters": {"filters": False},
    "protocol 0": {"protocol": 0},
}


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_an_honest_package_passes_by_every_server(
    tmp_path: Path, git_servers: Any, server: str, object_format: str
) -> None:
    history = everyday(tmp_path / "r", FILES, object_format=object_format)
    served = Served(tmp_path, git_servers(**SERVERS[server]), history, "tagged")
    results = served.results()
    assert [each.outcome.value for each in results] == ["pass", "pass", "pass"], results
    assert results[2].facts["folder"] == "recipe"

    forged = repacked(
        served.contents, tmp_path / "forged", {"info/recipe/fix.patch": b"--- a\n+++ c\n"}
    )
    results = served.results(forged)
    assert [each.outcome.value for each in results] == ["pass", "pass", "fail"]
    assert "fix.patch differs" in results[2].message
    assert results[2].detail.splitlines()[-2:] == ["-+++ b", "++++ c"]


def test_a_server_that_hands_out_tips_only_refutes_nothing(
    tmp_path: Path, git_servers: Any
) -> None:
    server = git_servers(protocol=0, any_sha=False)
    served = Served(tmp_path, server, everyday(tmp_path / "r", FILES), "tagged")
    outcomes = {each.outcome for each in served.results()}
    assert outcomes <= {Outcome.PASS, Outcome.UNAVAILABLE}


def test_a_squashed_change_is_on_the_branch_and_its_own_commits_are_not(
    tmp_path: Path, git_servers: Any
) -> None:
    history = everyday(tmp_path / "r", FILES)
    outcomes = {}
    for name in ("squash", "squash-head", "merge", "side-first", "fork"):
        served = Served(tmp_path / name, git_servers(), history, name)
        outcomes[name] = [each.outcome.value for each in served.results()]
    assert outcomes == {
        "squash": ["pass", "pass", "pass"],
        "squash-head": ["pass", "fail", "pass"],
        "merge": ["pass", "pass", "pass"],
        "side-first": ["pass", "unavailable", "pass"],
        "fork": ["pass", "fail", "pass"],
    }


def test_check_5_is_made_again_without_the_server(tmp_path: Path, git_servers: Any) -> None:
    """From the commit and the trees that were kept."""
    history = everyday(tmp_path / "r", FILES)
    served = Served(tmp_path, git_servers(), history, "tip")
    answers = Answers()
    first = served.results(answers=answers)
    served.server.forget()
    again = served.results(answers=answers)
    assert [each.facts for each in again] == [each.facts for each in first]
    assert not served.server.asked


def test_an_honest_package_costs_no_file_of_the_commit(tmp_path: Path, git_servers: Any) -> None:
    big = {**FILES, "recipe/.gitignore": None, "recipe/ignored.log": None}
    files = {name: each for name, each in big.items() if each is not None}
    noise = "".join(f"{number * number}\n" for number in range(100_000))
    history = everyday(tmp_path / "r", {**files, "recipe/big.txt": noise})
    served = Served(tmp_path, git_servers(), history, "tip")
    served.server.forget()
    results = served.results()
    assert [each.outcome.value for each in results] == ["pass", "pass", "pass"]
    assert served.server.sent < 20_000


def test_trees_that_no_checkout_would_make(tmp_path: Path, git_servers: Any) -> None:
    """A tree can hold two entries of one name, a slash or ``..``: it is never a pass."""
    history = empty(tmp_path / "r")
    history.commit("first", FILES)
    evil = history.git("hash-object", "-w", "--stdin", given=b"rm -rf ~\n")
    recipe = history.git("rev-parse", f"{history['first']}:recipe")
    listed = bytes.fromhex(recipe)
    raw = b"40000 recipe\0" + listed + b"100755 recipe/build.sh\0" + bytes.fromhex(evil)
    tree = history.git("hash-object", "-t", "tree", "-w", "--literally", "--stdin", given=raw)
    commit = f"tree {tree}\nauthor a <a> 1760000000 +0000\ncommitter a <a> 1760000000 +0000\n\nx\n"
    sha = history.git("hash-object", "-t", "commit", "-w", "--stdin", given=commit.encode())
    history.point("refs/heads/main", sha)
    history.shas["evil"] = sha

    honest = empty(tmp_path / "honest")
    honest.commit("first", FILES)
    served = Served(tmp_path, git_servers(), honest, "first")
    url = git_servers().publish(history, "o/n")
    forged = repacked(
        stamped(Path(served.contents.package.location), sha, url),
        tmp_path / "forged",
        {"info/recipe/build.sh": b"rm -rf ~\n"},
    )
    with asked(url, sha) as repository:
        result = checked(recipe_matches.CHECK, forged, repository)
    assert result.outcome is not Outcome.PASS, result
