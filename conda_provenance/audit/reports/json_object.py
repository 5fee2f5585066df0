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
    file.write(f'"gate": {_dumped(report.gate)},\n')
    file.write(f'"shard": {_dumped(report.shard)},\n')
    file.write(f'"missing": {_dumped(report.missing)},\n')
    file.write(f'"summary": {_dumped(report.summary, 1)}}}\n')


def _dumped(item: Any, indent: int | None = None) -> str:
    # Azure Pipelines obeys "##vso[...]" anywhere in a log. In JSON a "#" stands in texts only.
    return json.dumps(item, indent=indent).replace("##", "#\\u0023")


def _write_list(file: TextIO, name: str, items: Iterable[Any]) -> None:
    file.write(f'"{name}": [')
    separator = "\n"
    for item in items:
        # A whole document at once would need several times its length of memory.
        file.write(f"{separator}{_dumped(item)}")
        separator = ",\n"
    file.write("\n],\n" if separator != "\n" else "],\n")
