"""``audit``: how many packages of a whole say where they come from, and which fall short."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Callable
from typing import TextIO

from conda_provenance.audit.baseline import Baseline
from conda_provenance.audit.report import Report
from conda_provenance.audit.saved import read_audit
from conda_provenance.cli.audit_gate import exclusion_of, gate_of
from conda_provenance.cli.output import Output
from conda_provenance.cli.report_files import (
    STDOUT,
    Form,
    is_step_summary,
    require_places,
    write_forms,
)
from conda_provenance.cli.status import Status
from conda_provenance.cli.target_request import require_no_empty_text
from conda_provenance.cli.target_words import title_of, words_of
from conda_provenance.text import redact_location

_FORMS = ("csv", "html", "markdown", "junit")
_TEXTS = {each: f"--{each}" for each in ("baseline", "shard", "dask", "merge")}


def run(arguments: Namespace, output: Output) -> Status:
    """Read the packages, judge them, and write every form of the report that is asked for."""
    report = _report(arguments, output)
    forms = [
        Form(f"--{name}", path, _writer(name, arguments, report), _appends(name, path))
        for name, path in _places(arguments)
    ]
    write_forms(forms)

    if output.json:
        from conda_provenance.audit.reports import write_json

        write_json(sys.stdout, report)
    elif not any(form.path == STDOUT for form in forms):
        from conda_provenance.cli.audit_text import print_report

        print_report(report, output)

    return _status(report, output)


def _report(arguments: Namespace, output: Output) -> Report:
    # Whatever is wrong with the command line is said before the work.
    require_no_empty_text(vars(arguments), _TEXTS)
    places = [(f"--{name}", path) for name, path in _places(arguments)]
    require_places(places, stdout_is_taken=output.json)
    gate = gate_of(arguments, output)
    excludes = exclusion_of(arguments)
    baseline = None
    if arguments.baseline:
        baseline = Baseline(read_audit(arguments.baseline).rows, gate)

    # Loaded late: it brings all that reads packages.
    from conda_provenance.cli.audit_packages import collect

    collected = collect(arguments, output, excludes)
    return Report.of(
        collected.rows,
        collected.excluded,
        not_conda=collected.not_conda,
        gate=gate,
        baseline=baseline,
        baseline_file=arguments.baseline and redact_location(arguments.baseline),
        shard=collected.shard,
        missing=collected.missing,
        audited=collected.audited or words_of(arguments),
    )


def _places(arguments: Namespace) -> list[tuple[str, str]]:
    """The forms that go to files, and those files."""
    given = vars(arguments)
    return [(name, given[name]) for name in _FORMS if given[name] is not None]


def _appends(name: str, path: str) -> bool:
    return name == "markdown" and path != STDOUT and is_step_summary(path, os.environ)


def _writer(name: str, arguments: Namespace, report: Report) -> Callable[[TextIO], None]:
    from conda_provenance.audit import reports

    if name == "html":
        return lambda file: _write_html(file, arguments, report)

    write = {
        "csv": reports.write_csv,
        "markdown": reports.write_markdown,
        "junit": reports.write_junit,
    }[name]
    return lambda file: write(file, report)


def _write_html(file: TextIO, arguments: Namespace, report: Report) -> None:
    from datetime import datetime, timezone

    from conda_provenance.audit.page import write_page

    now = datetime.now(timezone.utc)
    write_page(file, report.rows, report.summary, title=title_of(arguments), generated=now)


def _status(report: Report, output: Output) -> Status:
    if report.missing:
        output.error(report.missing)
    if report.failures:
        return Status.NO

    if report.is_undecided:
        output.error("There is no package that could be judged, so nothing passes.")
        return Status.UNKNOWN
    is_unknown = report.missing or report.summary["unreadable"]
    return Status.UNKNOWN if is_unknown else Status.YES
