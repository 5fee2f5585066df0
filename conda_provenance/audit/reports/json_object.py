"""The JSON of an audit. Each package is a line, so that large ones can be written and compared."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TextIO

from conda_provenance.audit.report import Report
from conda_provenance.audit.saved import VERSION
from conda_provenance.text import json_text


def write_json(file: TextIO, report: Report) -> None:
    """Write the object that docs/reference/json.md describes. It is pure ASCII."""
    file.write(f'{{"version": {VERSION}, "command": "audit",\n')
    _write_list(file, "packages", report.rows)
    _write_list(file, "excluded", report.excluded)
    _write_list(file, "failures", (each.to_json() for each in report.failures))
    file.write(f'"gate": {json_text(report.gate)},\n')
    file.write(f'"audited": {json_text(report.audited)},\n')
    file.write(f'"shard": {json_text(report.shard)},\n')
    file.write(f'"missing": {json_text(report.missing)},\n')
    file.write(f'"summary": {json_text(report.summary, 1)}}}\n')


def _write_list(file: TextIO, name: str, items: Iterable[Any]) -> None:
    file.write(f'"{name}": [')
    separator = "\n"
    for item in items:
        # A whole document at once would need several times its length of memory.
        file.write(f"{separator}{json_text(item)}")
        separator = ",\n"
    file.write("\n],\n" if separator != "\n" else "],\n")
