"""Prints what came of verifying packages, for people. What follows from what is not decided here.

What a package claims and what was verified never stand in one list. Green is for "verified" alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from conda_provenance.cli.color import BOLD, DIM, GREEN, LINK, RED, YELLOW
from conda_provenance.cli.output import MAX_VALUE, Output, Part
from conda_provenance.keys import KEYS
from conda_provenance.text import redact_location, show_value
from conda_provenance.verify.names import told_apart
from conda_provenance.verify.outcome import Outcome
from conda_provenance.verify.rows import Row, Tally, deciding_check, last_line, standing
from conda_provenance.verify.verdict import MEANINGS, WORST_FIRST, Standing

_STYLES = {
    Standing.VERIFIED: GREEN,
    Standing.REFUTED: RED,
}
"""The others are yellow: nothing is known, or too little."""

_OUTCOME_STYLES = {
    Outcome.PASS.value: "",
    Outcome.FAIL.value: RED,
    Outcome.UNAVAILABLE.value: YELLOW,
    Outcome.NOT_APPLICABLE.value: DIM,
}

_WIDTH = max(len(each.value) for each in Outcome)
_STANDING_WIDTH = max(len(each) for each in (each.value for each in Standing))
_LABEL = 16
_MAX_NAME = 60
_MAX_REASON = 400

_HINTS = {Standing.CONSISTENT: ": -v says what was not checked", Standing.SILENT: ""}
"""Outcomes whose meaning is printed once for all packages, and what is added to it."""


def print_package(row: Row, output: Output) -> None:
    """Print all that came of verifying one package."""
    of_row = standing(row)
    output.line(*_title(row), ": ", (of_row.value, _STYLES.get(of_row, YELLOW)))
    output.sentence(["  "], row["message"])
    for note in row["notes"]:
        output.sentence(["  "], note)
    if not output.quiet:
        _print_claim(row, output)
        _print_digest(row, output)

    if row["checks"]:
        output.line()
        output.line(("checks:", BOLD))
    ids = max(map(len, (*row["verdict"], *(check["id"] for check in row["checks"]))))
    for check in row["checks"]:
        _print_check(check, ids, output)

    output.line()
    output.line(("what follows:", BOLD))
    for name, outcome in row["verdict"].items():
        label = (f"  {outcome.ljust(_WIDTH)}  ", _OUTCOME_STYLES[outcome])
        output.sentence([label, f"{name.ljust(ids)}  "], row["sentences"][name])

    _print_evidence(row, output)


def _print_evidence(row: Row, output: Output) -> None:
    evidence = row["evidence"]
    if evidence is None or evidence["error"]:
        return

    output.line()
    digest = f" (digest {evidence['digest']})" if evidence["digest"] else ""
    output.line(("evidence: ", BOLD), redact_location(evidence["file"]), (digest, DIM))
    if evidence["by"]:
        output.line("  ", evidence["by"])
    if missing := evidence["missing"]:
        output.line("  ", (f"It has no answer to {len(missing)} of the questions.", YELLOW))
        for question in missing if output.verbose else ():
            output.line("    ", show_value(question, MAX_VALUE))


def _title(row: Row) -> Iterator[Part]:
    location = redact_location(row["location"])
    if location.endswith(row["package"]):
        yield (location, BOLD)
    else:
        yield (row["package"], BOLD)
        yield (f" ({location})", DIM)


def _print_claim(row: Row, output: Output) -> None:
    claimed = [(key, row[key]) for key in KEYS if row[key] is not None]
    if not claimed:
        return

    output.line()
    output.line(("claimed by the package:", BOLD))
    for key, value in claimed:
        label = f"  {f'{key}:'.ljust(_LABEL)}"
        output.line(label, show_value(value, MAX_VALUE) if value else ("(empty)", DIM))
    for key in ("commit_url", "run_url"):
        if row[key] and row[key] != row["flow_run_url"]:
            output.line(f"  {f'{key}:'.ljust(_LABEL)}", (row[key], LINK))


def _print_digest(row: Row, output: Output) -> None:
    if row["sha256"]:
        output.line()
        how = "computed from the file" if row["sha256_from"] == "file" else "not computed here"
        output.line(("sha256: ", BOLD), row["sha256"], (f" ({how})", DIM))


def _print_check(check: Mapping[str, Any], ids: int, output: Output) -> None:
    outcome = check["outcome"]
    label = (f"  {outcome.ljust(_WIDTH)}  ", _OUTCOME_STYLES[outcome])
    output.sentence([label, f"{check['id'].ljust(ids)}  "], f"{check['message']}{_retry(check)}")
    if not output.verbose:
        return

    indent = " " * 6
    for key, value in check["facts"].items():
        output.line(indent, (f"{show_value(key)}: ", DIM), show_value(_plain(value), MAX_VALUE))
    for line in (check["detail"] or "").split("\n"):
        if line:
            output.line(indent, show_value(line, MAX_VALUE))


def _retry(check: Mapping[str, Any]) -> str:
    when = check["retry_at"]
    return f" Try again after {when}." if when else ""


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


class _Line(NamedTuple):
    standing: Standing
    name: str
    location: str
    reason: str


class Lines:
    """A line for each package. They are kept until the end, to be printed the worst first."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._lines: list[_Line] = []

    def add(self, row: Row) -> None:
        """Keep its line."""
        location = redact_location(row["location"])
        self._lines.append(_Line(standing(row), row["package"], location, _reason(row)))

    def flush(self) -> None:
        """Print them all."""
        self._lines.sort(key=lambda line: WORST_FIRST.index(line.standing))
        names = told_apart([(line.name, line.location) for line in self._lines])
        width = min(max(map(len, names), default=0), _MAX_NAME)
        columns = self._output.columns()
        for line, name in zip(self._lines, names, strict=True):
            label = (line.standing.value.ljust(_STANDING_WIDTH), _STYLES.get(line.standing, YELLOW))
            shown = f"  {show_value(name, MAX_VALUE).ljust(width)}  "
            # A line of a terminal says why in brief. Elsewhere it is whole.
            room = None if columns is None else columns - _STANDING_WIDTH - len(shown)
            self._output.line(label, shown, _shortened(line.reason, room))
        self._lines = []


def _reason(row: Row) -> str:
    """Why a package is what it is, in half a line."""
    of_row = standing(row)
    if of_row in (Standing.REFUTED, Standing.UNAVAILABLE):
        check = deciding_check(row)
        of_check = f"{check['id']}: " if check is not None else ""
        return f"{of_check}{row['message']}"[:_MAX_REASON]

    return "" if row["remote_url"] is None else show_value(row["remote_url"], _MAX_NAME * 2)


def _shortened(text: str, room: int | None) -> str:
    if room is None or len(text) <= room:
        return text

    return f"{text[: max(room - 1, 0)]}…"


def print_summary(tally: Tally, output: Output) -> None:
    """Print what the outcomes mean, and how many packages have each."""
    if not output.quiet:
        _print_by_check(tally, output)
        for each, hint in _HINTS.items():
            if tally.of(each):
                output.line((f"{each.value}: ", BOLD), (f"{MEANINGS[each]}{hint}", DIM))
        if tally.not_conda:
            output.line((f"not conda packages: {tally.not_conda}", DIM))
    output.line(last_line(tally))


def _print_by_check(tally: Tally, output: Output) -> None:
    """How often each check ended in which way. A column of zeros says nothing."""
    by_check = tally.to_json()["by_check"]
    used = [
        each.value for each in Outcome if any(counts[each.value] for counts in by_check.values())
    ]
    if not by_check:
        return

    output.line()
    rows = [(name, *(str(counts[each]) for each in used)) for name, counts in by_check.items()]
    output.table(("check", *used), rows)
    output.line()
