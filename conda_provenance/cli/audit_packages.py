"""Collects the packages of an audit: finds them, leaves out what is excluded, reads the rest."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing
from typing import Any

from conda_provenance.audit.row import Row
from conda_provenance.audit.state import state_of
from conda_provenance.cli.audit_gate import Excludes
from conda_provenance.cli.output import Output
from conda_provenance.cli.package_report import PackageReport
from conda_provenance.cli.target_options import request_of
from conda_provenance.sources import Artifact, Found, NotConda, Request, Unreadable
from conda_provenance.sources.kinds import targets_of
from conda_provenance.sources.targets import Finder
from conda_provenance.survey import Cache, Reading, survey


class Collected:
    """The packages of an audit."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.excluded: list[Mapping[str, Any]] = []
        self.not_conda = 0


def collect(arguments: Namespace, output: Output, excludes: Excludes) -> Collected:
    """Find and read everything that the options ask for.

    Raises :class:`~conda_provenance.errors.UsageError` if they make no sense.
    """
    request = request_of(arguments)
    collected = Collected()
    with ExitStack() as open_things:
        finder = Finder(request, lambda: _web(request), os.environ)
        open_things.callback(finder.close)
        found = _not_excluded(finder.all(targets_of(request, os.environ)), excludes, collected)

        uses_cache = not (arguments.no_cache or request.check)
        cache = open_things.enter_context(Cache(os.environ, output.warn)) if uses_cache else None
        open_things.enter_context(output.bar(None, what="packages", in_log=True))
        readings = open_things.enter_context(
            closing(survey(found, cache=cache, progress=output, hang_up=finder.close))
        )
        for reading in readings:
            if isinstance(reading.found, NotConda):
                collected.not_conda += 1
            else:
                collected.rows.append(row_of(reading, reading.found))
    return collected


def row_of(reading: Reading, found: Artifact | Unreadable) -> Row:
    """The JSON of a package that was read, or could not be."""
    if reading.package is None or not isinstance(found, Artifact):
        why = reading.error or ""
        report = PackageReport.of_failure(found.location, why, found)
    else:
        report = PackageReport.of(reading.package, found)
    return {**report.to_json(), "state": state_of(reading.package).value}


def _not_excluded(
    found: Iterable[Found], excludes: Excludes, collected: Collected
) -> Iterator[Found]:
    for each in found:
        version, build = getattr(each, "version", ""), getattr(each, "build", "")
        if isinstance(each, NotConda) or not excludes(each.name, version, build):
            yield each
        else:
            collected.excluded.append(_identity(each))


def _identity(found: Artifact | Unreadable) -> Mapping[str, Any]:
    """Which package was excluded. It is not read, so no more is known."""
    report = PackageReport.of_failure(found.location, "", found).to_json()
    keys = ("package", "location", "name", "version", "build", "subdir", "channel")
    return {key: report[key] for key in keys}


def _web(request: Request) -> Any:
    from conda_provenance.web import Web

    return Web(offline=request.offline)
