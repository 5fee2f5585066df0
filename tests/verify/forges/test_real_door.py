"""``commit-reviewed`` through the real door, at every forge that people run themselves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from doors_making import make_doors
from forge_cases import Setting
from forge_model import Opinion, model_of
from forge_server import TROUBLES, always
from forges_known import FORGES, KnownForge
from histories import History

from conda_provenance.verify.answers import Answers
from conda_provenance.verify.outcome import Outcome
from conda_provenance.web import Web

OWN = [each for each in FORGES if not each.is_public]


@pytest.fixture(params=OWN, ids=lambda known: known.name)
def known(request: pytest.FixtureRequest) -> KnownForge:
    forge: KnownForge = request.param
    return forge


@pytest.fixture
def setting(known: KnownForge, everyday_history: History, web: Web) -> Iterator[Setting]:
    with known.serve(model_of(everyday_history)) as setting:
        setting.doors = make_doors(web)
        yield setting


@pytest.mark.parametrize("commit", ["merge", "squash", "rebased"])
def test_what_was_merged_passes(setting: Setting, commit: str) -> None:
    result = setting.check(commit)
    assert result.outcome is Outcome.PASS, result


def test_a_direct_push_fails(setting: Setting) -> None:
    assert setting.check("second").outcome is Outcome.FAIL


def test_reviews_are_read_to_the_last_page(known: KnownForge, setting: Setting) -> None:
    setting.server.size = 2
    talk = tuple(Opinion(f"guest{number}", "comment") for number in range(5))
    setting.server.model.edit(1, said=(*talk, Opinion("bob"), Opinion("dora")))
    result = setting.check("merge")
    everybody = [*result.facts["approved_by"], *(each["login"] for each in result.facts["unsure"])]
    assert everybody == ["dora"]


def test_a_renamed_repository_is_still_it(known: KnownForge, setting: Setting) -> None:
    if known.redirects:
        setting.server.old_name = setting.server.model.full_name
        setting.server.model.owner = "new-acme"
    assert setting.check("merge").outcome is Outcome.PASS


def test_a_forge_is_recognised(known: KnownForge, setting: Setting) -> None:
    from conda_provenance.lookup import ProbingLookup

    assert ProbingLookup(setting.doors).forge(setting.remote).vendor == setting.server.vendor


@pytest.mark.parametrize(
    "name", ["primary-403", "secondary-403", "gitlab-429", "sign-in-page", "nested", "null"]
)
def test_after_a_trouble_nothing_is_known(setting: Setting, name: str) -> None:
    setting.server.moods.append(always(TROUBLES[name]))
    assert setting.check("merge").outcome is Outcome.UNAVAILABLE


def test_each_question_is_asked_once_however_many_packages_ask(
    known: KnownForge, setting: Setting, web: Web
) -> None:
    setting.server.model.edit(1, said=(Opinion("dora"),))
    answers = Answers()
    setting.doors = make_doors(web, answers=answers)
    setting.check("merge")
    asked = len(setting.server.asked)
    assert asked <= 8
    for _ in range(3):
        setting.check("merge", reviews=1)
    assert len(setting.server.asked) == asked
