"""Gitea: versions that know less, and commits inside of a change."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from forge_cases import Setting
from forge_model import model_of
from gitea_server import GiteaServer
from histories import History

from conda_provenance.systems.gitea.branch_line import BranchLine
from conda_provenance.verify.outcome import Outcome


@pytest.fixture
def server(everyday_history: History) -> Iterator[GiteaServer]:
    server = GiteaServer(model_of(everyday_history))
    with server.running():
        yield server


def test_a_version_that_does_not_know_the_question_says_nothing(server: GiteaServer) -> None:
    server.is_old = True
    result = Setting(server).check("second")
    assert result.outcome is Outcome.UNAVAILABLE
    assert "is too old to say which change a commit is from" in result.message


def test_there_a_change_that_was_closed_lately_is_found_all_the_same(server: GiteaServer) -> None:
    server.is_old = True
    assert Setting(server).check("merge").outcome is Outcome.PASS


def test_without_any_merged_change_a_push_is_a_push(server: GiteaServer) -> None:
    server.model.changes = []
    assert Setting(server).check("second").outcome is Outcome.FAIL


def test_the_head_that_was_merged_counts_not_where_the_branch_is_now(server: GiteaServer) -> None:
    result = Setting(server).check("merge")
    assert result.facts["head"] == server.model.history["side"]


LOG = (
    # The tip first. "m" merges "s2", which is after "s1".
    ("tip", ["r2"]),
    ("r2", ["r1"]),
    ("r1", ["m"]),
    ("m", ["base", "s2"]),
    ("s2", ["s1"]),
    ("s1", ["base"]),
    ("base", ["older"]),
)


@pytest.mark.parametrize(
    ("sha", "merge"), [("s1", "m"), ("s2", "m"), ("m", None), ("r1", None), ("elsewhere", None)]
)
def test_the_merge_that_brought_a_commit(sha: str, merge: str | None) -> None:
    assert BranchLine(LOG).merge_that_brought(sha) == merge


def test_what_followed_on_the_line() -> None:
    line = BranchLine(LOG)
    assert line.after("m") == ["r1", "r2", "tip"]
    assert line.after("s1") == []
    assert line.has_before("m", "r1")
    assert not line.has_before("r1", "r1")
    assert line.has_before("far older", "r1")
    assert not line.has_before("m", "s1")


@pytest.mark.parametrize("log", [(), (("a", ["a"]),), (("a", ["b"]), ("b", ["a"]))])
def test_a_log_that_makes_no_sense_ends(log: tuple[tuple[str, list[str]], ...]) -> None:
    line = BranchLine(log)
    assert line.merge_that_brought("x") is None
    assert line.after("x") == []
