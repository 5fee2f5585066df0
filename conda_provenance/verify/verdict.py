"""``Verdict``: what the checks of one package mean together, by one table of rules.

Who is believed for what is said here, and nowhere else. How a check came to its outcome is not
known here.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

from conda_provenance.policy.expectations import REQUIRED
from conda_provenance.policy.refs import BRANCHES, TAGS
from conda_provenance.text import escape, listed
from conda_provenance.verify.grounds import ATTESTED, WHO_BUILT, Grounds
from conda_provenance.verify.outcome import Outcome, Result

NOT_CHECKED = (
    "The files that get installed were not checked: anyone can put this recipe and these lines "
    "around other files."
)

_MAX_REF = 200


class Standing(str, Enum):
    """What follows for a package as a whole."""

    VERIFIED = "verified"
    CONSISTENT = "consistent"
    REFUTED = "refuted"
    SILENT = "silent"
    UNAVAILABLE = "unavailable"

    def __str__(self) -> str:
        return self.value


MEANINGS = {
    Standing.VERIFIED: "bound to the build of a repository that somebody named",
    Standing.CONSISTENT: "passed the required checks, which is less than verified",
    Standing.SILENT: "claims nothing about where it comes from",
    Standing.UNAVAILABLE: "something that is required could not be checked",
    Standing.REFUTED: "a required check failed, or something contradicts the claim",
}
"""What each says of a package, in the order in which bars show them."""

WORST_FIRST = (
    Standing.REFUTED,
    Standing.UNAVAILABLE,
    Standing.SILENT,
    Standing.CONSISTENT,
    Standing.VERIFIED,
)


class Facet(NamedTuple):
    """One of the three sides of a package's origin."""

    outcome: Outcome
    """Never "not-applicable"."""
    message: str
    """One sentence. What it quotes is escaped."""


class Verdict(NamedTuple):
    """What the checks mean together."""

    outcome: Standing
    message: str
    process: Facet
    """Did the commit come in as the repository's own rules want it?"""
    automation: Facet
    """Did the repository's CI build this file?"""
    provenance: Facet
    """Both, and is the recipe that commit's?"""
    is_accepted: bool = False
    """Is it good enough for exit status 0?"""


def verdict_of(grounds: Grounds) -> Verdict:
    """What the checks of a package mean together."""
    standing, message = _standing(grounds)
    process, automation = _process(grounds), _automation(grounds)
    expected = grounds.expected
    is_enough = bool(expected.only) or expected.accepts_consistent
    return Verdict(
        standing,
        message,
        process,
        automation,
        _provenance(grounds, process, automation),
        is_accepted=standing is Standing.CONSISTENT and is_enough and grounds.is_believed,
    )


def verdict_of_unreadable(why: str) -> Verdict:
    """The verdict on a package that cannot be read. Nothing follows from that."""
    nothing = Facet(Outcome.UNAVAILABLE, "The package could not be read.")
    return Verdict(Standing.UNAVAILABLE, why, nothing, nothing, nothing)


# --- the package as a whole ----------------------------------------------------------------------


def _standing(grounds: Grounds) -> tuple[Standing, str]:
    refuting = _refuting(grounds)
    if refuting is not None:
        return Standing.REFUTED, refuting.message

    if not grounds.says_anything:
        return Standing.SILENT, "The package claims nothing about where it comes from."

    if _is_verified(grounds):
        return Standing.VERIFIED, _verified(grounds)

    if grounds.needed and grounds.passed(*grounds.needed):
        whose = "" if grounds.is_believed else grounds.by_whom
        return Standing.CONSISTENT, f"{_consistent(grounds)} {whose}".rstrip()

    return Standing.UNAVAILABLE, _unavailable(grounds)


def _refuting(grounds: Grounds) -> Result | None:
    """The first check that refutes the package: a required one that failed, or a contradiction."""
    for result in grounds.results.values():
        is_fail = result.outcome is Outcome.FAIL
        if is_fail and (result.contradicts or result.id in grounds.refuting):
            return result
    return None


def _is_verified(grounds: Grounds) -> bool:
    required = (*REQUIRED, *grounds.expected.required)
    is_bound = grounds.is_named and grounds.is_bound and grounds.is_believed
    return is_bound and grounds.passed(*required)


def _verified(grounds: Grounds) -> str:
    by = grounds.expected.repositories_by or "you"
    how = "a signed statement" if grounds.has_build_statement else "a log"
    return (
        f"The recipe is that commit's, from {_repository(grounds)}, which {escape(by, 200)} "
        f"named, and {how} of that repository's build names the digest of this file."
    )


def _consistent(grounds: Grounds) -> str:
    """What passed, and what is missing. It never says more than was seen."""
    if not grounds.passed("commit-exists", "recipe-matches"):
        passed = ", ".join(grounds.needed)
        return f"Only these checks were asked for, and they passed: {escape(passed, 500)}."

    origin = "The recipe is that commit's."
    if not grounds.is_named:
        origin = (
            f"The recipe is that commit's, from {_repository(grounds)}, which the package itself "
            "names."
        )
    if not grounds.is_bound:
        return f"{origin} {NOT_CHECKED}"

    if not grounds.is_named:
        return f"{origin} Its build names this file, but nobody else named that repository."

    if not grounds.is_believed:
        return f"{origin} Its build names this file."

    required = dict.fromkeys((*REQUIRED, *grounds.expected.required))
    left = [each for each in required if not grounds.passed(each)]
    return f"{origin} Its build names this file. Not checked: {escape(', '.join(left), 500)}."


def _unavailable(grounds: Grounds) -> str:
    for each in grounds.needed:
        result = grounds.results.get(each)
        if result is not None and result.outcome is not Outcome.PASS:
            return result.message

        if result is None:
            return f"The check {escape(each, 100)}, which is required, is not known here."
    return "No check is required, so nothing follows."


# --- its three sides -----------------------------------------------------------------------------


def _process(grounds: Grounds) -> Facet:
    outcome, first = _joined(grounds, "commit-on-branch", "commit-reviewed")
    ref = _ref(grounds)
    if outcome is Outcome.PASS:
        return Facet(
            outcome,
            f"The commit came in by {_change(grounds)}, and is on {ref}: this relies on those who "
            "may merge there.",
        )

    if outcome is Outcome.UNAVAILABLE and grounds.passed("commit-on-branch"):
        return Facet(
            outcome,
            f"The commit is on {ref}, which relies on those who may write there; who reviewed it "
            "was not checked.",
        )

    return Facet(outcome, first or "How the commit came in was not checked.")


def _automation(grounds: Grounds) -> Facet:
    outcome, first = _built(grounds)
    if outcome is Outcome.PASS and grounds.has_build_statement:
        return Facet(
            outcome,
            "A signed statement of the build names the digest of this file: this relies on "
            "whoever signed it.",
        )

    if outcome is Outcome.PASS:
        return Facet(
            outcome,
            "The run of that commit names the digest of this file, by a log that the build itself "
            "writes.",
        )

    if outcome is Outcome.UNAVAILABLE and grounds.passed("run-matches"):
        return Facet(
            outcome,
            "There is such a run of that commit; whether it built this file was not checked.",
        )

    return Facet(outcome, first or "Who built it was not checked.")


def _provenance(grounds: Grounds, process: Facet, automation: Facet) -> Facet:
    recipe, first = _joined(grounds, "recipe-matches")
    for facet in (process, Facet(recipe, first), automation):
        if facet.outcome is Outcome.FAIL:
            return facet

    if all(each is Outcome.PASS for each in (process.outcome, automation.outcome, recipe)):
        return Facet(
            Outcome.PASS,
            f"The recipe is that commit's, which came in by {_change(grounds)} and is on "
            f"{_ref(grounds)}; that commit's run built this file.",
        )

    return Facet(Outcome.UNAVAILABLE, _so_far(grounds, process.outcome, automation.outcome))


def _so_far(grounds: Grounds, process: Outcome, automation: Outcome) -> str:
    """What is known without all three, in one sentence: "The recipe is that commit's, …"."""
    known, open_questions = [], []
    if grounds.passed("recipe-matches"):
        known.append("the recipe is that commit's")
    else:
        open_questions.append("whether the recipe is that commit's")

    if grounds.passed("commit-on-branch"):
        is_ = "which is on" if known else "the commit is on"
        known.append(f"{is_} {_ref(grounds)}")
    else:
        open_questions.append("whether the commit is on a branch")

    if automation is not Outcome.PASS:
        open_questions.append("who built it")
    elif process is not Outcome.PASS and grounds.passed("commit-on-branch"):
        open_questions.append("who reviewed it")

    sentence = "; ".join(
        part
        for part in (
            ", ".join(known),
            f"{listed(open_questions, 'and', 9)} was not checked" if open_questions else "",
        )
        if part
    )
    return f"{sentence[:1].upper()}{sentence[1:]}."


def _joined(grounds: Grounds, *ids: str) -> tuple[Outcome, str]:
    """All of them together, and the sentence of the first that decided it.

    Any fail makes a fail. Else anything but a pass makes it unavailable.
    """
    results = [grounds.results[each] for each in ids if each in grounds.results]
    for result in results:
        if result.outcome is Outcome.FAIL:
            return Outcome.FAIL, result.message

    if grounds.passed(*ids):
        return Outcome.PASS, ""

    return Outcome.UNAVAILABLE, _first_open(results)


def _first_open(results: Iterable[Result]) -> str:
    return next((each.message for each in results if each.outcome is not Outcome.PASS), "")


def _built(grounds: Grounds) -> tuple[Outcome, str]:
    """The run and its log, or a build statement. A fail of any of them is a fail of all."""
    outcome, first = _joined(grounds, *WHO_BUILT)
    attested = grounds.results.get(ATTESTED)
    if attested is not None and attested.outcome is Outcome.FAIL:
        return (outcome, first) if outcome is Outcome.FAIL else (Outcome.FAIL, attested.message)

    if outcome is Outcome.FAIL:
        return outcome, first

    if grounds.is_bound:
        return Outcome.PASS, ""

    if outcome is Outcome.PASS:  # The checks passed, but not on bytes that we hashed.
        return Outcome.UNAVAILABLE, "The digest of the file was not computed from its bytes."

    return outcome, first


def _repository(grounds: Grounds) -> str:
    return escape(grounds.repository, 300) or "a repository"


def _change(grounds: Grounds) -> str:
    """What is known of the merged change: a pass alone does not say that somebody approved it."""
    approvals = grounds.results["commit-reviewed"].facts.get("approvals")
    if not isinstance(approvals, int):
        return "a merged change"

    others = "others" if approvals else "nobody else"
    return f"a merged change that {others} approved"


def _ref(grounds: Grounds) -> str:
    """The branch or tag that has the commit, by its short name."""
    result = grounds.results.get("commit-on-branch")
    ref = result.facts.get("ref") if result is not None else None
    if not isinstance(ref, str) or not ref:
        return "its branch"

    for start in (BRANCHES, TAGS):
        ref = ref.removeprefix(start)
    return escape(ref, _MAX_REF)
