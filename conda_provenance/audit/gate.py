"""The gate: what is asked of packages, and which of them fall short of it.

It reads what the packages' makers wrote. A package that passes says the right thing; whether that
is true is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from conda_provenance.audit.row import Row, problem_of, provider, state
from conda_provenance.audit.state import LACKING, State
from conda_provenance.audit.summary import number_judged
from conda_provenance.errors import UsageError
from conda_provenance.patterns import RepositoryPattern, is_allowed
from conda_provenance.text import redact_value, show_value

REPO, PROVIDER, COMPLETE, FAIL_UNDER = "repo", "provider", "complete", "fail-under"
"""The requirements that are no key of their own."""

_MAX_SHOWN = 200
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,20})?) ?%?", re.ASCII)


class Gate(NamedTuple):
    """What is asked. A gate that asks nothing lets all pass."""

    require: tuple[str, ...] = ()
    """Keys whose value must be there, with nothing wrong with it."""
    repositories: tuple[RepositoryPattern, ...] = ()
    """If there are any, ``remote_url`` must match one of them."""
    providers: tuple[str, ...] = ()
    """If there are any, ``flow_run_id`` must name one of them."""
    complete: bool = False
    """Must every package be complete? One that is too old need not be."""
    fail_under: Decimal | None = None
    """Percent of the judged packages that must be complete."""

    def __bool__(self) -> bool:
        """Does it ask anything?"""
        return bool(self.requirements) or self.fail_under is not None

    @property
    def requirements(self) -> tuple[str, ...]:
        """The names of what is asked of each package."""
        asked = ((REPO, self.repositories), (PROVIDER, self.providers), (COMPLETE, self.complete))
        return (*self.require, *(name for name, is_asked in asked if is_asked))

    def to_json(self, baseline: str | None) -> dict[str, Any]:
        """The ``gate`` of the JSON. ``baseline`` is the file that was given."""
        return {
            "require": list(self.require),
            "repo": [redact_value(str(each)) for each in self.repositories],
            "provider": list(self.providers),
            "complete": self.complete,
            "fail_under": None if self.fail_under is None else float(self.fail_under),
            "baseline": baseline,
        }


class Failure(NamedTuple):
    """A package, or all of them together, that falls short of one requirement."""

    requirement: str
    """A key, or ``repo``, ``provider``, ``complete`` or ``fail-under``."""
    message: str
    """Why: one sentence, fit to be shown."""
    package: str | None = None
    """Its file's name. ``None``: the packages together."""
    location: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The entry of ``failures``."""
        return {
            "package": self.package,
            "location": self.location,
            "requirement": self.requirement,
            "message": self.message,
        }


def percent(text: str) -> Decimal:
    """What ``--fail-under`` takes. Raises :class:`UsageError` for anything but 0 to 100."""
    match = _PERCENT.fullmatch(text.strip())
    number = Decimal(match[1]) if match else None
    if number is None or number > 100:
        raise UsageError(
            f"{show_value(text) or 'An empty text'} is no percentage: write one from 0 to 100."
        )
    return number


def failures(
    rows: Iterable[Row], gate: Gate, is_old: Callable[[Row, str], bool] = lambda _row, _name: False
) -> Iterator[Failure]:
    """What falls short, in the order of the packages. ``is_old``: was it so before?

    A package that could not be read neither passes nor fails.
    """
    for row in rows:
        for requirement, message in shortfalls(row, gate):
            if not is_old(row, requirement):
                yield Failure(requirement, message, row["package"], row["location"])


def shortfalls(row: Row, gate: Gate) -> Iterator[tuple[str, str]]:
    """The requirements that the package falls short of, and why."""
    if state(row) is State.UNREADABLE:
        return

    for key in gate.require:
        if why := _why_without(row, key):
            yield key, why

    if gate.repositories and (why := _why_not_from(row, gate.repositories)):
        yield REPO, why

    if gate.providers and (why := _why_not_by(row, gate.providers)):
        yield PROVIDER, why

    if gate.complete and state(row) in LACKING:
        yield COMPLETE, f"It is not complete: {_what_is_wrong(row)}"


def share_failure(
    counted: Mapping[Any, int], fail_under: Decimal, before: Mapping[Any, int] | None = None
) -> Failure | None:
    """Are fewer complete than ``fail_under`` percent, and than before?

    ``counted`` has the number of packages in each state, and so has ``before``. Where nothing is
    judged, nothing fails.
    """
    judged = number_judged(counted)
    complete = counted[State.COMPLETE]
    if complete * 100 >= fail_under * judged:
        return None

    if before is not None:
        judged_before = number_judged(before)
        if judged_before and complete * judged_before >= before[State.COMPLETE] * judged:
            return None

    share = complete * 1000 // judged / 10
    return Failure(
        FAIL_UNDER,
        f"{share:g} % of the packages are complete ({complete} of {judged}), but {fail_under:f} % "
        "must be.",
    )


def _why_without(row: Row, key: str) -> str | None:
    if row[key]:
        return problem_of(row, key)

    if state(row) is State.TOO_OLD:
        return f"{key} is missing: the package was made before conda-build could write it."
    return f"{key} is missing."


def _why_not_from(row: Row, patterns: Iterable[RepositoryPattern]) -> str | None:
    address = row["remote_url"]
    if not address:
        return "It names no repository."

    # What is shown of a malformed address may lack the part that is wrong. An ssh address has no
    # such part.
    problem = problem_of(row, "remote_url")
    is_ssh = any(each["code"] == "remote-not-http" for each in row["problems"])
    if (problem is None or is_ssh) and is_allowed(address, patterns):
        return None
    return f"It names a repository that is not allowed, {show_value(address, _MAX_SHOWN)}."


def _why_not_by(row: Row, providers: tuple[str, ...]) -> str | None:
    if not row["flow_run_id"]:
        return "It names no CI run."

    named = None if problem_of(row, "flow_run_id") else provider(row)
    if named is None:
        return "It names no CI system."
    if named in providers:
        return None
    return f"It names a CI system that is not allowed, {named}."


def _what_is_wrong(row: Row) -> str:
    """The first thing that keeps it from being complete."""
    if row["problems"]:
        return str(row["problems"][0]["message"])
    if state(row) is State.ABSENT:
        return "it says nothing."
    return next(
        f"{key} is missing." for key in ("sha", "remote_url", "flow_run_id") if not row[key]
    )
