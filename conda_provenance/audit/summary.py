"""The summary of an audit: how many packages are in each state, altogether and by group.

What is enough is not known here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from conda_provenance.audit.row import Row, place, problem_of, provider, remote, state, year
from conda_provenance.audit.state import JUDGED, LACKING, State
from conda_provenance.keys import KEYS

STATES = (
    State.COMPLETE,
    State.PARTIAL,
    State.ABSENT,
    State.MALFORMED,
    State.TOO_OLD,
    State.UNREADABLE,
)
"""In the order in which they are printed and listed."""

GROUPS = ("by_host", "by_organisation", "by_provider", "by_channel", "by_year")
"""The groups of a summary in which packages are counted by state."""


def summarize(rows: Iterable[Row], *, excluded: int = 0, not_conda: int = 0) -> dict[str, Any]:
    """The ``summary`` of the JSON of an audit: docs/reference/json.md describes it.

    ``total`` counts the packages that were ``excluded`` too, which are not among ``rows``; and none
    of those that are no conda packages.
    A package is in no group of what is not known of it: one that names no repository has no host.
    """
    counts = _Counts()
    for row in rows:
        counts.add(row)

    whole = counts.all
    return {
        "total": whole.total() + excluded,
        **{each.value: whole[each] for each in STATES},
        "excluded": excluded,
        "not_conda": not_conda,
        "percent": percent_complete(whole),
        "by_key": {key: dict(counts.keys[key]) for key in KEYS},
        **{group: _worst_first(counts.groups[group]) for group in GROUPS[:-1]},
        "by_year": {
            each: _tally(counted) for each, counted in sorted(counts.groups["by_year"].items())
        },
        "by_problem": dict(sorted(counts.problems.items(), key=lambda item: (-item[1], item[0]))),
    }


def percent_complete(counted: Mapping[Any, int]) -> float | None:
    """How many percent of those that could be complete are: rounded down, so 100 means all.

    ``counted`` has a number for each :class:`State`, or for its name. ``None``: there is nothing to
    judge.
    """
    judged = number_judged(counted)
    return counted[State.COMPLETE] * 1000 // judged / 10 if judged else None


def number_judged(counted: Mapping[Any, int]) -> int:
    """The packages that count in the percentage: not the excluded, too old and unreadable ones."""
    return sum(counted[each] for each in JUDGED)


class _Counts:
    """Counts rows, one at a time."""

    def __init__(self) -> None:
        self.all: Counter[State] = Counter()
        self.keys = {key: {"given": 0, "malformed": 0, "missing": 0} for key in KEYS}
        self.groups: dict[str, dict[str, Counter[State]]] = {group: {} for group in GROUPS}
        self.problems: Counter[str] = Counter()
        self._places: dict[str | None, tuple[str | None, str | None]] = {}

    def add(self, row: Row) -> None:
        of_row = state(row)
        self.all[of_row] += 1
        for group, name in self._names(row).items():
            if name:
                self.groups[group].setdefault(name, Counter())[of_row] += 1

        if of_row is State.UNREADABLE:
            return

        self.problems.update({problem["code"] for problem in row["problems"]})
        for key in KEYS:
            self.keys[key][_how_given(row, key)] += 1

    def _names(self, row: Row) -> dict[str, str | None]:
        host, organisation = self._place(row)
        return {
            "by_host": host,
            "by_organisation": organisation,
            "by_provider": provider(row),
            "by_channel": row["channel"],
            "by_year": year(row),
        }

    def _place(self, row: Row) -> tuple[str | None, str | None]:
        address = row["remote_url"]
        if address not in self._places:
            self._places[address] = place(remote(row))
        return self._places[address]


def _how_given(row: Row, key: str) -> str:
    if not row[key]:
        return "missing"

    return "malformed" if problem_of(row, key) else "given"


def _tally(counted: Counter[State]) -> dict[str, Any]:
    return {
        "total": counted.total(),
        **{each.value: counted[each] for each in STATES},
        "percent": percent_complete(counted),
    }


def _worst_first(groups: Mapping[str, Counter[State]]) -> dict[str, Any]:
    """The groups with the most packages that are not complete come first."""

    def rank(item: tuple[str, Counter[State]]) -> tuple[int, int, str]:
        name, counted = item
        return -sum(counted[each] for each in LACKING), -counted.total(), name

    return {name: _tally(counted) for name, counted in sorted(groups.items(), key=rank)}
