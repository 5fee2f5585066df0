"""Prints the report of an audit for people. What is in it is decided elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from conda_provenance.audit.report import Report, brief_reason, coverage, last_line, worst_first
from conda_provenance.audit.row import Row, state
from conda_provenance.audit.state import State
from conda_provenance.audit.summary import STATES
from conda_provenance.cli.color import BOLD, DIM, RED, YELLOW
from conda_provenance.cli.output import Output
from conda_provenance.text import escape

MAX_PACKAGES = 20
MAX_GROUPS = 5
"""What is listed without ``-v``, which lists all."""

_MAX_TEXT = 300
_MAX_WIDTH = 50
"""Of the column of names."""

_NOT_VERIFIED = "claimed by the packages; not verified"

_TITLES = {
    "by_host": "host",
    "by_organisation": "organisation",
    "by_provider": "CI system",
    "by_channel": "channel",
    "by_year": "year",
}

_WORDS = {State.ABSENT: "without", State.TOO_OLD: "too old"}
"""What people call a state, where that is another word."""


def print_report(report: Report, output: Output) -> None:
    """Print the summary, what falls short, what is not complete, and the last line."""
    if not output.quiet:
        _print_summary(report.summary, output)
        _print_packages(report.rows, output)
    else:
        _print_unreadable(report.rows, output)

    _print_failures(report, output)
    if not output.quiet and report.summary[State.COMPLETE.value]:
        output.line((_NOT_VERIFIED, DIM))
    output.line(last_line(report.summary))


def word(of: State) -> str:
    """What people call the state."""
    return _WORDS.get(of, of.value)


def _print_summary(summary: Mapping[str, Any], output: Output) -> None:
    output.line((coverage(summary), BOLD))
    if not summary["total"]:
        return

    output.line()
    by_key = summary["by_key"]
    counts = ("given", "malformed", "missing")
    output.table(
        ("key", *counts),
        [(key, *(str(counted[each]) for each in counts)) for key, counted in by_key.items()],
    )
    # A column of zeros says nothing, and a terminal is seldom as wide as all of them.
    states = [each for each in STATES if summary[each.value]]
    for group, title in _TITLES.items():
        _print_group(title, summary[group], states, output)

    if by_problem := summary["by_problem"]:
        output.line()
        rows = [(_cut(code), str(number)) for code, number in by_problem.items()]
        output.table(("problem", "packages"), rows)


def _print_group(
    title: str, groups: Mapping[str, Mapping[str, Any]], states: Sequence[State], output: Output
) -> None:
    if not groups:
        return

    shown = list(groups.items())[: None if output.verbose else MAX_GROUPS]
    output.line()
    output.table(
        (title, "packages", *map(word, states), "% complete"),
        [(_cut(name), *_numbers(tally, states)) for name, tally in shown],
    )
    _print_rest(len(groups) - len(shown), output)


def _numbers(tally: Mapping[str, Any], states: Sequence[State]) -> Iterator[str]:
    yield str(tally["total"])
    for each in states:
        yield str(tally[each.value])
    yield "-" if tally["percent"] is None else f"{tally['percent']:g} %"


def _print_packages(rows: Iterable[Row], output: Output) -> None:
    lacking = worst_first(rows)
    if not lacking:
        return

    shown = lacking[: None if output.verbose else MAX_PACKAGES]
    output.line()
    output.line(("not complete, the worst first:", BOLD))
    width = max(len(word(each)) for each in State)
    names = _aligned(row["package"] for row in shown)
    for row, name in zip(shown, names, strict=True):
        label = word(state(row)).ljust(width)
        output.line("  ", (label, YELLOW), f"  {name}  ", (_cut(brief_reason(row)), DIM))
    _print_rest(len(lacking) - len(shown), output)


def _print_unreadable(rows: Iterable[Row], output: Output) -> None:
    """Print why packages could not be read, which else nothing would say."""
    errors = [row["error"] or "" for row in rows if state(row) is State.UNREADABLE]
    for error in errors[:MAX_PACKAGES]:
        output.error(error)

    if len(errors) > MAX_PACKAGES:
        output.error(f"{len(errors) - MAX_PACKAGES} more packages could not be read.")


def _print_failures(report: Report, output: Output) -> None:
    if not report.failures:
        return

    shown = report.failures[: None if output.verbose else MAX_PACKAGES]
    if not output.quiet:
        output.line()
    output.line((f"requirements not met: {len(report.failures)}", BOLD))
    names = _aligned(failure.package or "all packages" for failure in shown)
    for failure, name in zip(shown, names, strict=True):
        requirement = (f"{failure.requirement}: ", RED)
        output.line(f"  {name}  ", requirement, _cut(failure.message))
    _print_rest(len(report.failures) - len(shown), output)


def _print_rest(number: int, output: Output) -> None:
    if number > 0:
        output.line((f"  and {number} more (-v lists all)", DIM))


def _aligned(names: Iterable[str]) -> list[str]:
    """The names with space after them, so that what follows stands in a column."""
    cut = [_cut(name) for name in names]
    width = min(max(map(len, cut)), _MAX_WIDTH)
    return [name.ljust(width) for name in cut]


def _cut(text: str) -> str:
    return escape(text, _MAX_TEXT)
