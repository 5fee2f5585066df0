"""The CSV of an audit (RFC 4180), which a spreadsheet can open without running anything in it."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import Any, TextIO

from conda_provenance.audit.gate import Failure
from conda_provenance.audit.report import Report
from conda_provenance.audit.row import Row
from conda_provenance.text import escape

COLUMNS = (
    *("state", "package", "name", "version", "build", "subdir", "channel", "built"),
    *("sha", "remote_url", "flow_run_id", "flow_run_url", "commit_url", "run_url"),
    *("problems", "failures", "location", "place", "read_from", "sha256", "sha256_from", "error"),
)

_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""A cell that begins with one of these, after white space too, is a formula to some spreadsheet.

Japanese ones take the wide forms as well: https://owasp.org/www-community/attacks/CSV_Injection
"""

_MAX_CELL = 2100
"""Characters. Excel stops reading a cell at 32,767."""


def write_csv(file: TextIO, report: Report) -> None:
    """Write a line for each package, in the order in which they were found; the excluded ones last.

    ``file`` must not translate line ends.
    """
    failed: dict[tuple[str | None, str | None], list[Failure]] = defaultdict(list)
    for each in report.failures:
        failed[each.package, each.location].append(each)

    # Every cell is quoted. A spreadsheet that splits at semicolons keeps them whole.
    writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in report.rows:
        writer.writerow(_cells(row, failed[row["package"], row["location"]]))
    for left_out in report.excluded:
        known = {**dict.fromkeys(COLUMNS), **left_out, "state": "excluded", "problems": []}
        writer.writerow(_cells({"timestamp": None, **known}, []))


def cell(value: object) -> str:
    """``value`` as a cell that is only a text: one line, bounded, no formula."""
    text = "" if value is None else escape(str(value), _MAX_CELL)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text


def _cells(row: Row | Mapping[str, Any], failed: list[Failure]) -> Iterator[str]:
    made = {
        **row,
        "built": _day(row["timestamp"]),
        "problems": " ".join(each["code"] for each in row["problems"]),
        "failures": " ".join(each.requirement for each in failed),
    }
    return (cell(made[column]) for column in COLUMNS)


def _day(timestamp: object) -> str:
    """The day of a time in milliseconds, UTC. Empty where it is unknown or impossible."""
    if not isinstance(timestamp, int) or timestamp <= 0:
        return ""

    try:
        return datetime.fromtimestamp(timestamp / 1000, timezone.utc).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return ""
