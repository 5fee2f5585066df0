"""Runs the checks of one package, in their order. Whatever happens in one, the others go on."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Mapping

from conda_provenance.log import logger
from conda_provenance.policy.expectations import Expectations
from conda_provenance.text import escape
from conda_provenance.verify.check import Case, World
from conda_provenance.verify.outcome import Outcome, Result
from conda_provenance.verify.roster import Member
from conda_provenance.verify.stamped import NO_SUCH_COMMIT
from conda_provenance.verify.subject import Subject

_OF_THE_COMMIT = ("commit-on-branch", "recipe-matches")
"""What there is nothing to check of, where the repository has no such commit."""


def check_package(
    subject: Subject, expected: Expectations, members: Iterable[Member], world: World
) -> Mapping[str, Result]:
    """How every check ended, by its id. Those that are left out are listed as unavailable."""
    results: dict[str, Result] = {}
    for member in members:
        # A check sees a copy: it cannot change how another one ended.
        case = Case(subject, expected, dict(results))
        results[member.check.id] = _result(member, case, world)
    return results


def is_left_out(id: str, expected: Expectations) -> str:
    """Why the user left this check out, in a sentence. Empty: it runs."""
    if id in expected.skip:
        return "Left out by you (--skip)."

    if expected.only and id not in expected.only:
        return "Left out by you (--only)."
    return ""


def _result(member: Member, case: Case, world: World) -> Result:
    name = member.check.id
    if left_out := is_left_out(name, case.expected):
        return Result(name, Outcome.UNAVAILABLE, left_out)

    if name in _OF_THE_COMMIT and _is_absent(case):
        return Result(name, Outcome.NOT_APPLICABLE, NO_SUCH_COMMIT)

    with world.answers.noted() as questions:
        try:
            result = _checked(member, member.check.run(case, world))
        except (Exception, SystemExit) as error:
            return _crashed(member, error)

    if result.outcome in {Outcome.PASS, Outcome.NOT_APPLICABLE}:
        world.answers.keep(questions)
    return result


def _is_absent(case: Case) -> bool:
    exists = case.results.get("commit-exists")
    return exists is not None and exists.outcome is Outcome.FAIL


def _crashed(member: Member, error: BaseException) -> Result:
    """A check that crashed has found nothing. The error's own text may hold a secret."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    logger().debug("%s in the check %s:\n%s", type(error).__name__, member.check.id, frames)
    kind = type(error).__name__
    if member.is_built_in:
        why = (
            f"It could not be checked because of a fault in conda-provenance ({kind}): please "
            "report it, with what -v prints."
        )
    else:
        why = f"The check of the plugin {escape(member.plugin, 100)} failed ({kind})."
    return Result(member.check.id, Outcome.UNAVAILABLE, why)


def _checked(member: Member, result: object) -> Result:
    """The result, if it has the form of one. Other distributions may return anything."""
    is_one = (
        isinstance(result, Result)
        and isinstance(result.outcome, Outcome)
        and isinstance(result.message, str)
        and isinstance(result.facts, Mapping)
        and isinstance(result.detail, str)
        and isinstance(result.retry_at, int | float | None)
    )
    if not is_one:
        return _crashed(member, TypeError())

    assert isinstance(result, Result)
    return result._replace(id=member.check.id, message=result.message or "It said nothing.")
