"""Checks 3 and 4 on a history that has one of everything that happens on a forge."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from histories import MAIN, History, fork_of
from packages_making import make_conda
from recipe_making import REMOTE, HistoryRepository, checked

from conda_provenance.errors import UnavailableError
from conda_provenance.packages.contents import PackageContents
from conda_provenance.packages.read_contents import read_contents
from conda_provenance.verify.checks import commit_exists, commit_on_branch
from conda_provenance.verify.outcome import Outcome, Result
from conda_provenance.verify.repository import Position, Refs

EXISTS, ON_BRANCH = commit_exists.CHECK, commit_on_branch.CHECK
PASS, FAIL, UNAVAILABLE = Outcome.PASS, Outcome.FAIL, Outcome.UNAVAILABLE


@pytest.fixture
def repository(history: History) -> HistoryRepository:
    return HistoryRepository(history)


def says(folder: Path, sha: str | None, remote: str = REMOTE) -> PackageContents:
    extra = {"remote_url": remote} if sha is None else {"sha": sha, "remote_url": remote}
    return read_contents(make_conda(folder, {"extra": extra}), whole=True)


@pytest.fixture
def on_branch(tmp_path: Path, repository: HistoryRepository) -> Any:
    def check(name: str, **expected: Any) -> Result:
        contents = says(tmp_path, repository.history.shas.get(name, name))
        return checked(ON_BRANCH, contents, repository, **expected)

    return check


# --- check 3 --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["tip", "fork", "unmerged", "deleted-branch"])
def test_a_stored_commit_exists_and_nothing_more_is_said(
    tmp_path: Path, repository: HistoryRepository, name: str
) -> None:
    sha = repository.history[name]
    result = checked(EXISTS, says(tmp_path, sha), repository)
    assert result.outcome is PASS
    assert "shows only that it is stored there" in result.message
    assert result.facts["sha"] == sha


def test_a_commit_of_another_repository_does_not_exist(
    tmp_path: Path, repository: HistoryRepository
) -> None:
    result = checked(EXISTS, says(tmp_path, "1" * 40), repository)
    assert result.outcome is FAIL
    assert result.contradicts
    assert "says that it has no commit" in result.message


@pytest.mark.parametrize("check", [EXISTS, ON_BRANCH])
@pytest.mark.parametrize("sha", [None, "main", "abc", "--upload-pack=x", "A" * 40])
def test_what_names_no_commit_is_not_asked(tmp_path: Path, check: Any, sha: str | None) -> None:
    class Silent(HistoryRepository):
        def __getattribute__(self, name: str) -> Any:
            assert name in ("remote", "history", "fetched", "__class__", "__dict__"), name
            return super().__getattribute__(name)

    contents = says(tmp_path, sha)
    silent = Silent(None)  # type: ignore[arg-type]
    assert checked(check, contents, silent).outcome is Outcome.NOT_APPLICABLE


def test_a_server_that_cannot_be_asked_is_unavailable(
    tmp_path: Path, repository: HistoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    def commit(sha: str) -> None:
        raise UnavailableError("The server is asleep.")

    monkeypatch.setattr(repository, "commit", commit)
    for check in (EXISTS, ON_BRANCH):
        result = checked(check, says(tmp_path, "1" * 40), repository)
        assert (result.outcome, result.message) == (UNAVAILABLE, "The server is asleep.")


# --- check 4 --------------------------------------------------------------------------------------

ON_MAIN = (
    "first", "second", "merge", "squash", "rebased-1", "rebased", "tagged", "before-tip", "tip",
)  # fmt: skip
ON_NOTHING = (
    "squash-head-first", "squash-head", "rebase-head", "unmerged-test-merge", "closed", "fork",
    "deleted-branch", "forced-away",
)  # fmt: skip


@pytest.mark.parametrize("name", ON_MAIN)
def test_what_has_been_the_branch_passes(on_branch: Any, name: str) -> None:
    result = on_branch(name)
    assert result.outcome is PASS
    assert result.facts["ref"] == MAIN


@pytest.mark.parametrize("name", ON_NOTHING)
@pytest.mark.parametrize("expected", [{}, {"refs": ("main",)}, {"side_commits": True}])
def test_what_is_stored_only_fails(on_branch: Any, name: str, expected: Any) -> None:
    """Forks, changes that nobody merged, branches that are gone."""
    result = on_branch(name, **expected)
    assert result.outcome is FAIL
    assert result.contradicts
    assert "none of its branches and tags has it" in result.message


def test_a_commit_that_only_a_fork_has_is_not_the_repository_s(
    tmp_path: Path, history: History
) -> None:
    fork = fork_of(history, tmp_path / "fork")
    own = HistoryRepository(fork, "https://github.com/mallory/hello-feedstock")
    contents = says(tmp_path, history["fork"], str(own.remote))
    assert checked(ON_BRANCH, contents, own).outcome is PASS  # of the fork, which it names


@pytest.mark.parametrize("name", ["side", "side-first"])
def test_a_commit_inside_of_a_merge_never_was_the_branch(on_branch: Any, name: str) -> None:
    result = on_branch(name)
    assert result.outcome is UNAVAILABLE
    assert "never was the branch" in result.message
    assert result.facts == {"ref": MAIN, "position": "merged"}
    assert on_branch(name, side_commits=True).outcome is PASS


def test_another_branch_is_named(on_branch: Any) -> None:
    result = on_branch("maintenance")
    assert result.outcome is UNAVAILABLE
    assert "on the branch 1.x of" in result.message
    assert result.facts["refs"] == {"refs/heads/1.x": "on-line"}

    for ref in ("1.x", "refs/heads/1.x", "refs/heads/*"):
        assert on_branch("maintenance", refs=(ref,)).outcome is PASS
    assert on_branch("maintenance", refs=("main", "1.x")).outcome is PASS

    elsewhere = on_branch("maintenance", refs=("main",))
    assert elsewhere.outcome is FAIL
    assert "on the branch 1.x of" in elsewhere.message
    assert "where it is expected" in elsewhere.message


def test_an_open_change_in_the_repository_itself_is_another_branch(on_branch: Any) -> None:
    assert on_branch("unmerged").outcome is UNAVAILABLE
    assert on_branch("unmerged", refs=("main",)).outcome is FAIL


def test_a_commit_of_a_tag_alone(on_branch: Any) -> None:
    result = on_branch("tag-only")
    assert result.outcome is UNAVAILABLE
    assert "the tag v0.9" in result.message
    assert on_branch("tag-only", refs=("v0.9",)).outcome is PASS
    assert on_branch("tag-only", refs=("refs/tags/v0.9",)).facts["ref"] == "refs/tags/v0.9"
    assert on_branch("tag-only", refs=("refs/heads/*",)).outcome is FAIL


def test_a_name_that_is_a_branch_and_a_tag_is_not_guessed(tmp_path: Path, history: History) -> None:
    copy = history.copy(tmp_path / "copy")
    copy.point("refs/tags/main", "unmerged")
    repository = HistoryRepository(copy)
    result = checked(ON_BRANCH, says(tmp_path, copy["unmerged"]), repository, refs=("main",))
    assert result.outcome is UNAVAILABLE
    assert "main is a branch and a tag" in result.message
    named = checked(ON_BRANCH, says(tmp_path, copy["tip"]), repository, refs=("refs/heads/main",))
    assert named.outcome is PASS


def test_a_branch_that_is_called_like_a_hash_counts_by_its_full_name_only(
    tmp_path: Path, history: History
) -> None:
    copy = history.copy(tmp_path / "copy")
    sha = copy["fork"]
    copy.git("update-ref", f"refs/heads/{copy['tip']}", sha)
    repository = HistoryRepository(copy)
    result = checked(ON_BRANCH, says(tmp_path, sha), repository)
    assert result.outcome is UNAVAILABLE
    assert list(result.facts["refs"]) == [f"refs/heads/{copy['tip']}"]


def test_an_expected_branch_that_is_not_there(on_branch: Any) -> None:
    result = on_branch("tip", refs=("release",))
    assert result.outcome is UNAVAILABLE
    assert "has no branch or tag release" in result.message
    assert on_branch("fork", refs=("release",)).outcome is FAIL


def test_without_a_default_branch_the_branches_are_named(
    tmp_path: Path, repository: HistoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = repository.refs().commits
    monkeypatch.setattr(repository, "refs", lambda: Refs(None, known))
    result = checked(ON_BRANCH, says(tmp_path, repository.history["tip"]), repository)
    assert result.outcome is UNAVAILABLE
    assert "the branch main" in result.message
    gone = checked(ON_BRANCH, says(tmp_path, repository.history["fork"]), repository)
    assert gone.outcome is FAIL
    named = checked(
        ON_BRANCH, says(tmp_path, repository.history["tip"]), repository, refs=("main",)
    )
    assert named.outcome is PASS


def test_a_commit_that_is_absent_is_no_question_of_branches(on_branch: Any) -> None:
    assert on_branch("1" * 40).outcome is Outcome.NOT_APPLICABLE


def test_branches_of_strangers_are_escaped_and_bounded(
    tmp_path: Path, repository: HistoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = {f"refs/heads/\x1b[2J{number}": "1" * 40 for number in range(500)}
    everywhere: Mapping[str, Position] = dict.fromkeys(odd, Position.ON_LINE)
    monkeypatch.setattr(repository, "refs", lambda: Refs("refs/heads/main", {MAIN: "1", **odd}))
    monkeypatch.setattr(repository, "refs_with", lambda sha: everywhere)
    result = checked(ON_BRANCH, says(tmp_path, repository.history["fork"]), repository)
    assert result.outcome is UNAVAILABLE
    assert "\x1b" not in result.message
    assert len(result.message) < 1000
    assert len(json.dumps(dict(result.facts))) < 10_000
