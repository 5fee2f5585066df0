"""``show``: what packages say of their origin."""

from __future__ import annotations

import os
from argparse import Namespace

from conda_provenance.cli.color import DIM
from conda_provenance.cli.output import MAX_VALUE, Output
from conda_provenance.cli.package_report import (
    NOT_VERIFIED,
    PackageReport,
    print_package,
    taken_by,
    why_not_there,
)
from conda_provenance.cli.status import Status, of_all
from conda_provenance.errors import PackageError
from conda_provenance.packages import read_package
from conda_provenance.text import escape, redact_location


def run(arguments: Namespace, output: Output) -> Status:
    """Show every package, and say of each that cannot be read why."""
    reports = []
    for location in arguments.packages:
        report = _read(location, with_sha256=output.verbose)
        reports.append(report)
        if report.error:
            output.error(report.error)
        elif not output.json:
            print_package(report, output)

    if output.json:
        output.object(packages=[report.to_json() for report in reports])
    elif any(report.claim for report in reports):
        output.line((NOT_VERIFIED, DIM))

    return of_all(report.status for report in reports)


def _read(location: str, *, with_sha256: bool) -> PackageReport:
    if wrong := _why_not_taken(location):
        return PackageReport.of_failure(location, wrong)

    try:
        return PackageReport.of(read_package(location, with_sha256=with_sha256))
    except PackageError as error:
        return PackageReport.of_failure(location, str(error))


def _why_not_taken(location: str) -> str | None:
    if os.path.isdir(location) and not os.path.isdir(os.path.join(location, "info")):
        shown = escape(redact_location(location), MAX_VALUE)
        return f"{shown} is a folder, but no extracted package: {taken_by('show')}."

    return why_not_there(location, "show")
