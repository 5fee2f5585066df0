"""``Report``: all that came of an audit. Each form of output renders one; none adds to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from conda_provenance.audit.gate import Failure
from conda_provenance.audit.row import Row, state
from conda_provenance.audit.state import LACKING, State
from conda_provenance.keys import CEP_KEYS


class Report(NamedTuple):
    """What was found, and what falls short."""

    rows: Sequence[Row]
    """Every package that was not excluded, in the order in which they were found."""
    excluded: Sequence[Mapping[str, Any]]
    """Which packages were excluded. They were not read."""
    failures: Sequence[Failure]
    summary: Mapping[str, Any]
    gate: Mapping[str, Any]
    """What was asked, as in the JSON."""
    has_gate: bool = False
    """Was anything asked?"""
    shard: str | None = None
    """Such as ``1/8``, if this is one part of an audit."""


def last_line(summary: Mapping[str, Any]) -> str:
    """The line that an audit ends with. Its form does not change: scripts read it."""
    numbers = {each: summary[each.value] for each in State}
    return (
        f"audited {sum(numbers.values())}: {numbers[State.COMPLETE]} complete, "
        f"{numbers[State.PARTIAL]} partial, {numbers[State.ABSENT]} without, "
        f"{numbers[State.MALFORMED]} malformed, {numbers[State.TOO_OLD]} too old, "
        f"{numbers[State.UNREADABLE]} unreadable"
    )


def coverage(summary: Mapping[str, Any]) -> str:
    """The share of complete packages, in words."""
    judged = summary["complete"] + sum(summary[each.value] for each in LACKING)
    aside = [
        f"{number} {name}"
        for name, number in (
            ("too old", summary["too-old"]),
            ("unreadable", summary["unreadable"]),
            ("excluded", summary["excluded"]),
            ("not conda packages", summary["not_conda"]),
        )
        if number
    ]
    not_counted = f" (not counted: {', '.join(aside)})" if aside else ""
    if summary["percent"] is None:
        return f"nothing to judge{not_counted}"

    return f"{summary['percent']:g} % complete: {summary['complete']} of {judged}{not_counted}"


def worst_first(rows: Iterable[Row]) -> list[Row]:
    """The packages that are not complete, the worst first and then by name."""
    rank = {each: number for number, each in enumerate(State)}
    lacking = [row for row in rows if state(row) is not State.COMPLETE]
    return sorted(lacking, key=lambda row: (rank[state(row)], row["name"] or "", row["package"]))


def reasons(row: Row) -> Iterator[str]:
    """Why a package is not complete, each in a sentence. The text may be a stranger's."""
    of_row = state(row)
    if of_row is State.UNREADABLE:
        yield row["error"] or "It could not be read."
        return

    for problem in row["problems"]:
        yield f"{problem['code']}: {problem['message']}"

    missing = [key for key in CEP_KEYS if not row[key]]
    if of_row is State.TOO_OLD:
        yield "It was made before conda-build could write provenance."
    elif len(missing) == len(CEP_KEYS) and not row["problems"]:
        yield "It says nothing."
    elif missing:
        yield f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing."
