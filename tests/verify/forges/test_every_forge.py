"""Every outcome of ``commit-reviewed``, at every forge that we can ask."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from forge_cases import Setting
from forge_model import GONE, ForgeModel, Opinion, model_of
from forge_server import TROUBLES, always
from forges_known import FORGES, KnownForge
from histories import History

from conda_provenance.lookup import ProbingLookup
from conda_provenance.verify.outcome import Outcome

PASS, FAIL = Outcome.PASS, Outcome.FAIL
UNAVAILABLE = Outcome.UNAVAILABLE


@dataclass
class Given:
    """A forge, and a case for it."""

    known: KnownForge
    setting: Setting

    @property
    def model(self) -> ForgeModel:
        return self.setting.server.model


def _name(known: KnownForge) -> str:
    return known.name


@pytest.fixture(params=FORGES, ids=_name)
def given(request: pytest.FixtureRequest, everyday_history: History) -> Iterator[Given]:
    known: KnownForge = request.param
    with known.serve(model_of(everyday_history)) as setting:
        yield Given(known, setting)


LANDED = (("merge", "1"), ("squash", "2"), ("rebased", "3"))


@pytest.mark.parametrize(("commit", "number"), LANDED)
def test_the_commit_that_merging_made_passes(given: Given, commit: str, number: str) -> None:
    given.model.edit(int(number), said=(Opinion("dora"),))
    result = given.setting.check(commit)
    word = given.known.word
    assert result.outcome is PASS, result
    start = f"The change that brought this commit, {word} #{number}, was merged into main"
    assert result.message.startswith(start)
    assert result.facts["head"] == given.known.head(given.model, int(number))
    assert "recipe was reviewed" not in result.message
    if given.known.tells_merger:
        assert result.facts["merged_by"] == given.known.login("carol")


def test_an_approval_counts(given: Given) -> None:
    given.model.edit(1, said=(Opinion("dora"),))
    result = given.setting.check("merge", reviews=1)
    if given.known.tells_right:
        assert result.outcome is PASS, result
        assert f"approved by {given.known.login('dora')}" in result.message
    else:
        assert result.outcome is UNAVAILABLE, result
        assert "may have no right to approve: the forge does not tell" in result.message


@pytest.mark.parametrize("commit", ["second", "tip", "tagged"])
def test_a_direct_push_fails(given: Given, commit: str) -> None:
    result = given.setting.check(commit)
    assert result.outcome is FAIL, result
    assert result.message == f"No merged {given.known.word} brought this commit into main."


@pytest.mark.parametrize("commit", ["side", "side-first", "rebased-1"])
def test_a_commit_inside_of_a_change_fails(given: Given, commit: str) -> None:
    result = given.setting.check(commit)
    assert result.outcome is FAIL, result
    if given.known.finds_inner(commit):
        assert "only what merging it made was reviewed" in result.message


@pytest.mark.parametrize("commit", ["unmerged", "unmerged-test-merge", "closed", "fork"])
def test_what_is_not_merged_fails(given: Given, commit: str) -> None:
    result = given.setting.check(commit)
    assert result.outcome is FAIL, result


def test_a_merge_into_another_branch_fails(given: Given) -> None:
    given.model.edit(1, base="1.x")
    result = given.setting.check("merge")
    assert result.outcome is FAIL
    assert "was merged into 1.x, not into main" in result.message
    assert given.setting.check("merge", refs=("refs/heads/1.x",)).outcome is PASS


def test_a_change_of_another_repository_fails(given: Given) -> None:
    given.model.edit(1, base_repository=given.known.other_repository)
    result = given.setting.check("merge")
    assert result.outcome is FAIL
    assert "not of this repository" in result.message


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ((Opinion("bob"),), "opened the change"),
        ((Opinion("eve"),), "wrote commits of the change"),
        ((Opinion("helper", is_bot=True),), "is a bot"),
        ((Opinion("autotick"),), "is a bot"),
        ((Opinion("mallory", has_right=False),), "has no right to approve"),
        ((Opinion("dora", commit="0" * 40),), "approved before the last push"),
        ((Opinion("dora", "changes"),), "asks for changes"),
        ((Opinion("dora"), Opinion("dora", "changes")), "asks for changes"),
        ((Opinion(GONE),), "has an account that is gone"),
        ((), ""),
    ],
    ids=[
        "author", "commit-author", "bot", "bot-by-policy", "no-right", "stale", "changes",
        "withdrawn", "gone", "nobody",
    ],
)  # fmt: skip
def test_what_does_not_count_as_an_approval(
    given: Given, said: tuple[Opinion, ...], why: str
) -> None:
    given.model.edit(1, said=said, authors=("bob", "eve"))
    bots = (given.known.login("autotick"), *given.known.bots)
    result = given.setting.check("merge", reviews=1, bots=bots)
    if why in given.known.untold:
        assert result.outcome is not FAIL
        return

    assert result.outcome is FAIL, result
    assert "1 approval is wanted and 0 can be counted" in result.message
    if why and why not in given.known.unsaid:
        assert why in result.message


def test_fresh_approvals_where_the_forge_does_not_tell(given: Given) -> None:
    given.model.edit(1, said=(Opinion("dora"),))
    result = given.setting.check("merge", reviews=1, fresh_reviews=True)
    tells_all = given.known.tells_stale and given.known.tells_right
    assert result.outcome is (PASS if tells_all else UNAVAILABLE), result


@pytest.mark.parametrize("name", TROUBLES)
def test_after_a_trouble_nothing_is_known(given: Given, name: str) -> None:
    given.setting.server.moods.append(always(TROUBLES[name]))
    assert given.setting.check("merge").outcome is UNAVAILABLE


@pytest.mark.parametrize("name", ["private", "primary-403", "429-without-anything", "dropped"])
def test_a_trouble_at_any_question_makes_no_fail(given: Given, name: str) -> None:
    """Each of the questions in turn is answered so."""
    given.model.edit(1, said=(Opinion("dora"),))
    given.setting.check("merge", reviews=1)
    count = len(given.setting.server.asked)
    for number in range(count):
        asked = 0

        def mood(_: object, number: int = number) -> object:
            nonlocal asked
            asked += 1
            return TROUBLES[name] if asked == number + 1 else None

        given.setting.server.moods[:] = [mood]
        outcome = given.setting.check("merge", reviews=1).outcome
        # 404 may say that there is nothing to tell, where the same was asked in another way.
        assert outcome is UNAVAILABLE or (name == "private" and outcome is PASS), number


@pytest.mark.parametrize(
    "given", [each for each in FORGES if not each.is_public], indirect=True, ids=_name
)
def test_a_server_that_nobody_named_says_so_of_itself(given: Given) -> None:
    given.setting.forges = {}
    result = given.setting.check("merge")
    assert result.outcome is UNAVAILABLE
    assert "says so of itself" in result.message


@pytest.mark.parametrize(
    "given", [each for each in FORGES if each.redirects], indirect=True, ids=_name
)
def test_a_renamed_repository_is_still_it(given: Given) -> None:
    given.setting.server.old_name = given.model.full_name
    given.model.owner = "new-acme"
    result = given.setting.check("merge")
    assert result.outcome is PASS, result


def test_many_reviews_are_read_to_the_last_page(given: Given) -> None:
    given.setting.server.size = 2
    talk = tuple(Opinion(f"guest{number}", "comment") for number in range(5))
    given.model.edit(1, said=(*talk, Opinion("bob"), Opinion("dora")))
    result = given.setting.check("merge")
    everybody = [*result.facts["approved_by"], *(each["login"] for each in result.facts["unsure"])]
    assert everybody == [given.known.login("dora")]


def test_pointers_lead_to_the_runs_at_a_commit(given: Given) -> None:
    given.model.statuses = given.known.statuses
    setting = given.setting
    forges = {setting.server.host: setting.server.vendor}
    api = ProbingLookup(setting.doors, user=forges).forge(setting.remote)
    found = [
        (each.app, each.url, each.is_by_app) for each in api.pointers(given.model.history["merge"])
    ]
    assert found == list(given.known.pointers)
