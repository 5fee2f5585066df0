"""The Markdown of ``verify``: a page for a CI's step summary, or a comment on a change.

It is made of the rows alone, so that it does not matter on which machine a package was verified.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TextIO

from conda_provenance.audit.reports.markdown_text import (
    MAX_PACKAGES,
    code,
    link,
    write_rest,
    write_table,
)
from conda_provenance.text import redact_location, show_value
from conda_provenance.verify.names import told_apart
from conda_provenance.verify.outcome import Outcome
from conda_provenance.verify.rows import Row, Tally, deciding_check, last_line, standing
from conda_provenance.verify.verdict import WORST_FIRST

_MAX_CHECKS = 40
"""Lines of the table of checks. There are nine of ours; plugins may bring more."""

_LEAD = (
    "Only what is `verified` was verified: you or a policy named the repository, and that "
    "repository's build lists the digest of the file. What could not be asked has neither passed "
    "nor failed."
)


def write_markdown(file: TextIO, rows: Sequence[Row], tally: Tally) -> None:
    """Write the page. It has a bounded length, whatever the packages say."""
    file.write("## Provenance: is it true?\n\n")
    file.write(f"**{tally.to_json()['verified']} of {tally.total} verified**\n\n")
    counts = ((each.value, tally.of(each)) for each in reversed(WORST_FIRST))
    write_table(file, ("Outcome", "Packages"), counts)

    if rows:
        _write_packages(file, sorted(rows, key=_worst_first))
    _write_checks(file, tally.to_json()["by_check"])
    file.write(f"{_LEAD}\n\n{last_line(tally)}\n")


def _worst_first(row: Row) -> tuple[int, str]:
    return WORST_FIRST.index(standing(row)), str(row["package"])


def _write_packages(file: TextIO, rows: Sequence[Row]) -> None:
    file.write(f"### Packages: {len(rows)}\n\n")
    names = told_apart([(row["package"], redact_location(row["location"])) for row in rows])
    lines = (
        (
            code(show_value(name)),
            standing(row).value,
            code(_why(row)),
            " ".join(filter(None, _links(row))),
        )
        for row, name in zip(rows[:MAX_PACKAGES], names, strict=False)
    )
    write_table(file, ("Package", "Outcome", "Why", "Pages"), lines)
    write_rest(file, len(rows))


def _why(row: Row) -> str:
    check = deciding_check(row)
    return row["message"] if check is None else f"{check['id']}: {row['message']}"


def _links(row: Row) -> Iterable[str]:
    return (link("commit", row["commit_url"]), link("run", row["run_url"]))


def _write_checks(file: TextIO, by_check: Mapping[str, Mapping[str, int]]) -> None:
    """How often each check ended in which way."""
    if not by_check:
        return

    outcomes = [each.value for each in Outcome]
    lines = [(code(name), *map(counts.get, outcomes)) for name, counts in by_check.items()]
    file.write("### Checks\n\n")
    write_table(file, ("Check", *outcomes), lines[:_MAX_CHECKS])
    write_rest(file, len(lines), _MAX_CHECKS)
