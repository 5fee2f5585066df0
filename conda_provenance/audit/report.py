"""``Report``: all that came of an audit. Each form of output renders one; none adds to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from conda_provenance.audit.baseline import Baseline
from conda_provenance.audit.gate import Failure, Gate, failures, share_failure
from conda_provenance.audit.row import Row, state
from conda_provenance.audit.state import LACKING, State
from conda_provenance.audit.summary import summarize
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
    missing: str | None = None
    """A sentence that names the parts that are missing in a merged audit."""
    audited: str | None = None
    """What was audited, in the words of the command line."""

    @classmethod
    def of(
        cls,
        rows: Sequence[Row],
        excluded: Sequence[Mapping[str, Any]] = (),
        *,
        not_conda: int = 0,
        gate: Gate = Gate(),  # noqa: B008 - it cannot be changed
        baseline: Baseline | None = None,
        baseline_file: str | None = None,
        shard: str | None = None,
        missing: str | None = None,
        audited: str | None = None,
    ) -> Report:
        """Judge the packages. Where there is a ``baseline``, only what is new fails."""
        summary = summarize(rows, excluded=len(excluded), not_conda=not_conda)
        is_old = baseline.has if baseline else lambda _row, _requirement: False
        found = list(failures(rows, gate, is_old))
        if gate.fail_under is not None:
            share = share_failure(summary, gate.fail_under, baseline.states if baseline else None)
            found += [share] if share else []

        asked = gate.to_json(baseline_file)
        return cls(rows, excluded, found, summary, asked, bool(gate), shard, missing, audited)

    @property
    def is_undecided(self) -> bool:
        """Was something asked, and nothing there that it could be asked of?"""
        read = any(self.summary[each.value] for each in State if each is not State.UNREADABLE)
        is_share_unknown = self.gate["fail_under"] is not None and self.summary["percent"] is None
        return self.has_gate and (not read or is_share_unknown)


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


def brief_reason(row: Row) -> str:
    """The same in a few words, with the codes of problems. The text may be a stranger's."""
    of_row = state(row)
    if of_row is State.UNREADABLE:
        return " ".join(reasons(row))

    if of_row is State.TOO_OLD:
        return "made before conda-build could write it"

    missing = [key for key in CEP_KEYS if not row[key]]
    codes = dict.fromkeys(problem["code"] for problem in row["problems"])
    if len(missing) == len(CEP_KEYS):
        return ", ".join([*codes, "says nothing else" if codes else "says nothing"])
    return ", ".join([*codes, *(f"no {key}" for key in missing)])
