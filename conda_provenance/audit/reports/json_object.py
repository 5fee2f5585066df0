"""The JSON of an audit. Each package is a line, so that large ones can be written and compared."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, TextIO

from conda_provenance.audit.report import Report
from conda_provenance.audit.saved import VERSION


def write_json(file: TextIO, report: Report) -> None:
    """Write the object that docs/json.md describes. It is pure ASCII."""
    file.write(f'{{"version": {VERSION}, "command": "audit",\n')
    _write_list(file, "packages", report.rows)
    _write_list(file, "excluded", report.excluded)
    _write_list(file, "failures", (each.to_json() for each in report.failures))
    file.write(f'"gate": {json.dumps(report.gate)},\n')
    file.write(f'"shard": {json.dumps(report.shard)},\n')
    file.write(f'"missing": {json.dumps(report.missing)},\n')
    file.write(f'"summary": {json.dumps(report.summary, indent=1)}}}\n')


def _write_list(file: TextIO, name: str, items: Iterable[Any]) -> None:
    file.write(f'"{name}": [')
    separator = "\n"
    for item in items:
        # A whole document at once would need several times its length of memory.
        file.write(f"{separator}{json.dumps(item)}")
        separator = ",\n"
    file.write("\n],\n" if separator != "\n" else "],\n")
