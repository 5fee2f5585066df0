"""The verdict: verified is never said too soon, and no fail is hidden."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conda_provenance.patterns import RepositoryPattern
from conda_provenance.policy.expectations import REQUIRED, Expectations
from conda_provenance.verify.checks import IDS
from conda_provenance.verify.grounds import ATTESTED, BUILD, Grounds
from conda_provenance.verify.outcome import Outcome, Result
from conda_provenance.verify.verdict import (
    NOT_CHECKED,
    Standing,
    verdict_of,
    verdict_of_unreadable,
)

REPO = "https://github.com/o/n"
NAMED = Expectations(repositories=(RepositoryPattern.parse(REPO),), repositories_by="--expect-repo")
PASS, FAIL, UNAVAILABLE, NOT_APPLICABLE = Outcome
EVERY = (*IDS, ATTESTED)


def results(
    *, contradicts: tuple[str, ...] = (), statement: str = "", **outcomes: Outcome
) -> dict[str, Result]:
    """A result for every check: it passes unless something else is given, and 9 is unavailable."""
    given = {name.replace("_", "-"): outcome for name, outcome in outcomes.items()}
    ended = {each: given.get(each, PASS) for each in EVERY}
    ended[ATTESTED] = given.get(ATTESTED, UNAVAILABLE)
    facts = {"commit-on-branch": {"ref": "refs/heads/main"}, ATTESTED: {"statement": statement}}
    return {
        name: Result(
            name,
            outcome,
            f"{name} says {outcome}.",
            facts.get(name, {}),
            contradicts=name in contradicts,
        )
        for name, outcome in ended.items()
    }


def verdict(
    ended: dict[str, Result],
    expected: Expectations = NAMED,
    *,
    says_anything: bool = True,
    is_hashed: bool = True,
    is_believed: bool = True,
    by_whom: str = "",
):
    return verdict_of(
        Grounds(ended, expected, says_anything, is_hashed, REPO, is_believed, by_whom)
    )


WITHOUT_FORGE = {
    "commit_reviewed": UNAVAILABLE,
    "run_matches": UNAVAILABLE,
    "artifact_in_run": UNAVAILABLE,
}
"""What git alone cannot tell."""

WITHOUT_NAME = {"expected": NOT_APPLICABLE}

TABLE = [
    # All is well.
    ({}, NAMED, "verified"),
    # 9 by a build statement is as good as 7 and 8, a statement of publication is not.
    ({**WITHOUT_FORGE, "attested": PASS, "statement": BUILD}, NAMED, "verified"),
    ({**WITHOUT_FORGE, "attested": PASS, "statement": "publish"}, NAMED, "consistent"),
    ({**WITHOUT_FORGE, "attested": PASS}, NAMED, "consistent"),
    # One of them is not enough.
    ({"artifact_in_run": UNAVAILABLE}, NAMED, "consistent"),
    ({"run_matches": UNAVAILABLE}, NAMED, "consistent"),
    # Nobody named the repository.
    (WITHOUT_NAME, Expectations(), "consistent"),
    ({}, Expectations(), "consistent"),
    (WITHOUT_NAME, Expectations(sha="1" * 40, required=("expected", *REQUIRED)), "consistent"),
    ({"expected": UNAVAILABLE}, NAMED, "consistent"),
    (WITHOUT_FORGE, NAMED, "consistent"),
    # A required check that failed, or a contradiction.
    *(({each.replace("-", "_"): FAIL}, NAMED, "refuted") for each in REQUIRED),
    *(({each.replace("-", "_"): FAIL}, Expectations(), "refuted") for each in REQUIRED),
    ({"expected": FAIL}, NAMED, "refuted"),
    ({"run_matches": FAIL, "contradicts": ("run-matches",)}, NAMED, "refuted"),
    ({"artifact_in_run": FAIL, "contradicts": ("artifact-in-run",)}, NAMED, "refuted"),
    ({"attested": FAIL, "contradicts": (ATTESTED,)}, NAMED, "refuted"),
    # That nobody reviewed contradicts nothing.
    ({"commit_reviewed": FAIL}, NAMED, "verified"),
    ({"commit_reviewed": FAIL, **WITHOUT_NAME}, Expectations(), "consistent"),
    ({"run_matches": FAIL}, NAMED, "consistent"),
    ({"commit_reviewed": FAIL}, NAMED._replace(required=(*REQUIRED, "commit-reviewed")), "refuted"),
    # A required one that could not be checked.
    *(({each.replace("-", "_"): UNAVAILABLE}, NAMED, "unavailable") for each in REQUIRED),
    *(({each.replace("-", "_"): NOT_APPLICABLE}, NAMED, "unavailable") for each in REQUIRED),
    (
        {"commit_reviewed": UNAVAILABLE},
        NAMED._replace(required=(*REQUIRED, "commit-reviewed")),
        "unavailable",
    ),
    # A policy that asks for less gets no "verified" for less.
    ({"recipe_matches": UNAVAILABLE}, NAMED._replace(required=("commit-exists",)), "consistent"),
    ({}, NAMED._replace(required=("commit-exists",)), "verified"),
    # A check that nobody knows is no pass.
    ({}, NAMED._replace(required=(*REQUIRED, "ours")), "unavailable"),
    ({}, NAMED._replace(required=()), "verified"),
    ({"well_formed": UNAVAILABLE}, NAMED._replace(required=()), "unavailable"),
]


@pytest.mark.parametrize(("ended", "expected", "outcome"), TABLE)
def test_the_table(ended, expected, outcome):
    assert verdict(results(**ended), expected).outcome.value == outcome


def test_a_package_that_claims_nothing_is_silent():
    ended = results(**dict.fromkeys((each.replace("-", "_") for each in EVERY), NOT_APPLICABLE))
    said = verdict(ended, says_anything=False)
    assert said.outcome is Standing.SILENT
    assert not said.is_accepted


def test_a_contradiction_counts_before_silence():
    ended = results(well_formed=FAIL)
    assert verdict(ended, says_anything=False).outcome is Standing.REFUTED


def test_bytes_that_were_not_hashed_are_bound_to_nothing():
    said = verdict(results(), is_hashed=False)
    assert said.outcome is Standing.CONSISTENT
    assert said.automation.outcome is Outcome.UNAVAILABLE
    assert NOT_CHECKED in said.message


def test_a_package_that_cannot_be_read():
    said = verdict_of_unreadable("x cannot be read.")
    assert (said.outcome, said.message) == (Standing.UNAVAILABLE, "x cannot be read.")
    assert not said.is_accepted


# --- what is accepted ----------------------------------------------------------------------------


def test_consistent_is_accepted_where_the_policy_says_so():
    ended = results(**WITHOUT_FORGE)
    assert not verdict(ended).is_accepted
    assert verdict(ended, NAMED._replace(accepts_consistent=True)).is_accepted


def test_only_some_checks_are_accepted_and_never_said_to_be_more():
    only = NAMED._replace(only=("commit-exists", "commit-on-branch"))
    ended = {
        name: result if name in only.only else result._replace(outcome=UNAVAILABLE)
        for name, result in results().items()
    }
    said = verdict(ended, only)
    assert (said.outcome, said.is_accepted) == (Standing.CONSISTENT, True)
    assert said.message == (
        "Only these checks were asked for, and they passed: commit-exists, commit-on-branch."
    )


def test_all_checks_by_only_are_as_good_as_all_checks():
    assert verdict(results(), NAMED._replace(only=EVERY[:-1])).outcome is Standing.VERIFIED


# --- sentences -----------------------------------------------------------------------------------


def test_what_git_alone_can_say():
    said = verdict(results(**WITHOUT_FORGE))
    assert said.message == (
        "The recipe is that commit's. The files that get installed were not checked: anyone can "
        "put this recipe and these lines around other files."
    )
    assert said.provenance.message == (
        "The recipe is that commit's, which is on main; who built it was not checked."
    )


def test_a_repository_that_only_the_package_names_is_called_that():
    said = verdict(results(**WITHOUT_FORGE, **WITHOUT_NAME), Expectations())
    assert said.message == (
        f"The recipe is that commit's, from {REPO}, which the package itself names. {NOT_CHECKED}"
    )
    bound = verdict(results(**WITHOUT_NAME), Expectations())
    assert f"from {REPO}, which the package itself names" in bound.message


def test_a_refuted_package_says_what_the_failed_check_says():
    said = verdict(results(commit_on_branch=FAIL, recipe_matches=FAIL))
    assert said.message == "commit-on-branch says fail."
    assert said.process.message == said.provenance.message == said.message


def test_what_is_verified_names_who_named_the_repository():
    assert verdict(results()).message == (
        f"The recipe is that commit's, from {REPO}, which --expect-repo named, and a log of that "
        "repository's build names the digest of this file."
    )


@pytest.mark.parametrize(
    ("ended", "sentence"),
    [
        (
            {"recipe_matches": UNAVAILABLE, **WITHOUT_FORGE},
            (
                "The commit is on main; whether the recipe is that commit's and who built it was "
                "not checked."
            ),
        ),
        (
            {"commit_on_branch": UNAVAILABLE, **WITHOUT_FORGE},
            (
                "The recipe is that commit's; whether the commit is on a branch and who built it "
                "was not checked."
            ),
        ),
        (
            {"commit_reviewed": UNAVAILABLE},
            "The recipe is that commit's, which is on main; who reviewed it was not checked.",
        ),
        (
            {},
            (
                "The recipe is that commit's, which came in by a merged change and is on main; "
                "that commit's run built this file."
            ),
        ),
    ],
)
def test_the_sentence_on_the_provenance(ended, sentence):
    assert verdict(results(**ended)).provenance.message == sentence


@pytest.mark.parametrize(
    ("approvals", "by"),
    [
        (None, "a merged change,"),
        (0, "a merged change that nobody else approved,"),
        (2, "a merged change that others approved,"),
    ],
)
def test_a_merged_change_is_not_called_reviewed_unless_somebody_approved_it(approvals, by):
    ended = results()
    facts = {} if approvals is None else {"approvals": approvals}
    ended["commit-reviewed"] = ended["commit-reviewed"]._replace(facts=facts)
    said = verdict(ended)
    assert said.process.message == (
        f"The commit came in by {by} and is on main: this relies on those who may merge there."
    )
    assert "reviewed" not in said.provenance.message


def test_a_branch_with_a_terminal_escape_is_shown_as_text():
    ended = results()
    ended["commit-on-branch"] = ended["commit-on-branch"]._replace(
        facts={"ref": "refs/heads/\x1b]0;x\x07main"}
    )
    said = verdict(ended)
    assert "\x1b" not in "".join(facet.message for facet in said[2:5])


# --- for every combination -----------------------------------------------------------------------


def any_result(check: str) -> st.SearchStrategy[Result | None]:
    """Every result that the check can have, or none. Drawn at once, which is fast."""
    facts = ({}, {"statement": BUILD}, {"ref": "refs/heads/x"})
    every = itertools.product(Outcome, facts, (False, True))
    results = (
        Result(check, outcome, f"{check} says so.", said, contradicts=contradicts)
        for outcome, said, contradicts in every
    )
    return st.one_of(st.none(), st.sampled_from([*results]))


ENDED = st.fixed_dictionaries({each: any_result(each) for each in (*EVERY, "ours")}).map(
    lambda each: {name: result for name, result in each.items() if result is not None}
)

IDS_OF_ANY = st.lists(st.sampled_from((*EVERY, "ours", "unknown")), unique=True).map(tuple)
EXPECTED = st.builds(
    lambda named, required, only, accepts: Expectations(
        repositories=NAMED.repositories if named else (),
        required=required,
        only=only,
        accepts_consistent=accepts,
    ),
    st.booleans(),
    st.one_of(st.just(REQUIRED), IDS_OF_ANY),
    st.one_of(st.just(()), IDS_OF_ANY),
    st.booleans(),
)


@given(ENDED, EXPECTED, st.booleans(), st.booleans())
@settings(max_examples=500, deadline=None)
def test_every_combination_keeps_the_rules(ended, expected, says_anything, is_hashed):
    said = verdict(ended, expected, says_anything=says_anything, is_hashed=is_hashed)
    outcome = {each: ended[each].outcome if each in ended else None for each in (*EVERY, "ours")}
    passed = {each for each, how in outcome.items() if how is PASS}
    failed = {each for each, how in outcome.items() if how is FAIL}
    built = {"run-matches", "artifact-in-run"} <= passed or (
        ATTESTED in passed and ended[ATTESTED].facts.get("statement") == BUILD
    )

    if said.outcome is Standing.VERIFIED:
        assert expected.repositories
        assert {*REQUIRED, *expected.required, "expected"} <= passed
        assert built
        assert said.automation.outcome is PASS
        assert is_hashed
        assert says_anything

    # A fail is never hidden.
    required = {*expected.required, *expected.only, "expected"}
    refutes = any(each in required or ended[each].contradicts for each in failed)
    assert (said.outcome is Standing.REFUTED) == refutes
    for facet, of_facet in (
        (said.process, {"commit-on-branch", "commit-reviewed"}),
        (said.automation, {"run-matches", "artifact-in-run", ATTESTED}),
        (said.provenance, {*EVERY[3:]}),
    ):
        assert (facet.outcome is FAIL) == bool(of_facet & failed)
        assert facet.outcome is not NOT_APPLICABLE
        assert facet.message
        if facet.outcome is PASS and facet is not said.automation:
            assert of_facet - {"run-matches", "artifact-in-run", ATTESTED} <= passed

    # Unavailable never becomes a pass.
    assert (said.automation.outcome is PASS) <= (built and is_hashed)
    if said.outcome is Standing.CONSISTENT:
        wanted = {*(expected.only or expected.required)}
        assert wanted - passed <= (set() if expected.repositories else {"expected"})
    if said.is_accepted:
        assert said.outcome is Standing.CONSISTENT
        assert expected.only or expected.accepts_consistent

    # Nothing is said of the recipe that was not seen.
    says_recipe = "recipe is that commit's" in said.message.replace("whether the recipe", "")
    assert not says_recipe or "recipe-matches" in passed


def test_every_combination_of_outcomes_of_the_checks_that_bind_the_bytes():
    for first, second, third in itertools.product(Outcome, repeat=3):
        ended = results(run_matches=first, artifact_in_run=second, attested=third, statement=BUILD)
        said = verdict(ended)
        may_be = (first is PASS and second is PASS) or third is PASS
        may_be = may_be and FAIL not in (first, second, third)
        assert (said.outcome is Standing.VERIFIED) == may_be


def test_evidence_that_anybody_may_have_written_makes_nothing_acceptable():
    """Else a folder of it would be enough for an exit status of 0."""
    ended = results(**WITHOUT_FORGE)
    by = "By answers recorded at T, by whoever wrote x: its hashes are no signature."
    for expected in (
        NAMED._replace(accepts_consistent=True),
        NAMED._replace(only=("commit-exists", "recipe-matches")),
    ):
        said = verdict(ended, expected, is_believed=False, by_whom=by)
        assert (said.outcome, said.is_accepted) == (Standing.CONSISTENT, False)
        assert said.message.endswith(by)
        assert verdict(ended, expected).is_accepted
