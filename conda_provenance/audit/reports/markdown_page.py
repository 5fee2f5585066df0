"""The Markdown of an audit: a page for a CI's step summary, or a comment on a change.

Its tables are made by ``markdown_text``, which also makes a stranger's text harmless.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TextIO

from conda_provenance.audit.report import Report, brief_reason, coverage, last_line, worst_first
from conda_provenance.audit.reports.markdown_text import (
    MAX_PACKAGES,
    code,
    link,
    write_rest,
    write_table,
)
from conda_provenance.audit.row import Row, state
from conda_provenance.audit.summary import STATES

_MAX_GROUPS = 10
_TITLES = {
    "by_organisation": "Organisation",
    "by_provider": "CI system",
    "by_channel": "Channel",
    "by_year": "Year",
}


def write_markdown(file: TextIO, report: Report) -> None:
    """Write the page. It has a bounded length, whatever the packages say."""
    summary = report.summary
    file.write("## Provenance audit\n\n")
    file.write(f"**{coverage(summary)}**\n\n")
    write_table(file, ("State", "Packages"), ((each.value, summary[each.value]) for each in STATES))
    _write_failures(file, report)
    _write_packages(file, report.rows)
    for group, title in _TITLES.items():
        _write_group(file, title, summary[group])

    file.write("This is what the packages say. It is claimed, not verified.\n\n")
    file.write(f"{last_line(summary)}\n")


def _write_failures(file: TextIO, report: Report) -> None:
    failures = report.failures
    if not report.has_gate:
        return

    if not failures:
        file.write("No package that was read falls short of what is required.\n\n")
        return

    file.write(f"### Requirements not met: {len(failures)}\n\n")
    lines = (
        (code(each.package or "all packages"), code(each.requirement), code(each.message))
        for each in failures[:MAX_PACKAGES]
    )
    write_table(file, ("Package", "Requirement", "Why"), lines)
    write_rest(file, len(failures))


def _write_packages(file: TextIO, rows: Sequence[Row]) -> None:
    lacking = worst_first(rows)
    if not lacking:
        return

    file.write(f"### Not complete: {len(lacking)}\n\n")
    lines = (
        (
            code(row["package"]),
            state(row).value,
            code(brief_reason(row)),
            " ".join(filter(None, _links(row))),
        )
        for row in lacking[:MAX_PACKAGES]
    )
    write_table(file, ("Package", "State", "Why", "Pages"), lines)
    write_rest(file, len(lacking))


def _links(row: Row) -> Iterable[str]:
    return (link("commit", row["commit_url"]), link("run", row["run_url"]))


def _write_group(file: TextIO, title: str, groups: Mapping[str, Mapping[str, Any]]) -> None:
    if not groups:
        return

    titles = (title, "Packages", *(each.value for each in STATES), "Complete of judged")
    lines = [
        (
            code(name),
            tally["total"],
            *(tally[each.value] for each in STATES),
            "–" if tally["percent"] is None else f"{tally['percent']:g} %",
        )
        for name, tally in groups.items()
    ]
    file.write(f"### {title}\n\n")
    write_table(file, titles, lines[:_MAX_GROUPS])
    write_rest(file, len(lines), _MAX_GROUPS)
