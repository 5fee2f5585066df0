"""Bitbucket: answers that are no "none", and the ways to the pull request of a merge."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from bitbucket_server import BitbucketServer, DataCenterServer
from forge_cases import Setting
from forge_model import model_of
from forge_server import Answer
from forges_known import BITBUCKET, DATA_CENTER, KnownForge
from histories import History

from conda_provenance.verify.outcome import Outcome

PASS, FAIL, UNAVAILABLE = Outcome.PASS, Outcome.FAIL, Outcome.UNAVAILABLE


@pytest.fixture(params=[BITBUCKET, DATA_CENTER], ids=lambda known: known.name)
def setting(request: pytest.FixtureRequest, everyday_history: History) -> Iterator[Setting]:
    known: KnownForge = request.param
    with known.serve(model_of(everyday_history)) as setting:
        yield setting


@pytest.fixture
def cloud(everyday_history: History) -> Iterator[tuple[BitbucketServer, Setting]]:
    with BITBUCKET.serve(model_of(everyday_history)) as setting:
        assert isinstance(setting.server, BitbucketServer)
        yield setting.server, setting


def test_without_the_app_nothing_is_known(cloud: tuple[BitbucketServer, Setting]) -> None:
    server, setting = cloud
    server.has_links = False
    result = setting.check("merge")
    assert result.outcome is UNAVAILABLE
    assert "Pull Request Commit Links" in result.message


def test_while_it_is_indexed_nothing_is_known(cloud: tuple[BitbucketServer, Setting]) -> None:
    server, setting = cloud
    server.is_indexed = False
    assert setting.check("merge").outcome is UNAVAILABLE


def test_hashes_of_twelve_digits_are_the_commits(cloud: tuple[BitbucketServer, Setting]) -> None:
    server, setting = cloud
    result = setting.check("merge")
    assert result.outcome is PASS
    assert result.facts["head"] == server.model.history["side"]


def test_hashes_of_fewer_digits_are_not(cloud: tuple[BitbucketServer, Setting]) -> None:
    server, setting = cloud
    merge = server.model.history["merge"]
    server.model.edit(1, landed=(merge[:7],))
    assert setting.check("merge").outcome is FAIL


def test_a_next_page_at_another_host_is_not_asked(cloud: tuple[BitbucketServer, Setting]) -> None:
    server, setting = cloud
    page = {"values": [], "next": "https://evil.example/2.0/x?page=2"}
    server.moods.append(
        lambda asked: Answer(page) if asked.path.endswith("/pullrequests") else None
    )
    assert setting.check("merge").outcome is UNAVAILABLE


@pytest.mark.parametrize("commit", ["merge", "squash", "rebased"])
def test_if_the_merge_itself_is_found_no_more_is_asked(setting: Setting, commit: str) -> None:
    assert isinstance(setting.server, BitbucketServer | DataCenterServer)
    setting.server.finds_merges = True
    assert setting.check(commit).outcome is PASS
    assert not [each for each in setting.server.asked if "state" in each.query]


def test_a_merge_is_found_by_its_second_parent(setting: Setting) -> None:
    assert setting.check("merge").outcome is PASS
    assert not [each for each in setting.server.asked if "state" in each.query]


def test_a_squash_is_found_among_what_was_merged_since(setting: Setting) -> None:
    setting.server.size = 1
    assert setting.check("squash").outcome is PASS


def test_too_many_merges_to_look_through_are_no_fail(setting: Setting) -> None:
    setting.server.size = 1
    change = setting.server.model.change(3)
    assert change is not None
    setting.server.model.changes += [change] * 30
    assert setting.check("squash").outcome is UNAVAILABLE
