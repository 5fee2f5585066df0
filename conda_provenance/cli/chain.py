"""Prints where one package comes from: package, commit, repository, run, each with its page."""

from __future__ import annotations

from collections.abc import Iterator

from conda_provenance.cli.color import BOLD, DIM, LINK, YELLOW
from conda_provenance.cli.output import MAX_VALUE, Output, Part
from conda_provenance.cli.package_report import PackageReport, why_nothing
from conda_provenance.text import redact_location, show_value

_LABEL_WIDTH = 16

SHA256_FROM = {
    "index": "by the index, not checked",
    "record": "by the record, not checked",
    "file": "",
}
"""What is said of a sha256, by where it is from."""

_READ_FROM = {
    "cache": "an extracted package in a package cache",
    "archive": "a package file",
    "remote": "a server",
}


def print_chain(report: PackageReport, output: Output) -> None:
    """Print a package and what leads from it to its origin, a line for each."""
    output.line(*_title(report))
    if not report.claim:
        output.line("  ", (why_nothing(report), YELLOW))

    arrow = "←" if output.can_print("←") else "<-"
    for label, value, page in _links(report):
        text = f"{arrow} {label}:"
        output.line((text.ljust(_LABEL_WIDTH), BOLD), value)
        if page:
            output.line(" " * _LABEL_WIDTH, (page, LINK))

    for label, value, note in _further(report):
        output.line("  ", (f"{label}:".ljust(_LABEL_WIDTH - 2), BOLD), value, note)


def _title(report: PackageReport) -> list[Part]:
    """The location, and before it the package's name if the location does not end with it."""
    location = redact_location(report.location)
    if location.endswith(report.package):
        return [(location, BOLD)]

    return [(redact_location(report.package), BOLD), (f" ({location})", DIM)]


def _links(report: PackageReport) -> Iterator[tuple[str, Part, str | None]]:
    """Commit, repository and run, each with its value and its page. They stand for one another."""
    claim = report.claim
    if not claim and not claim.given:
        return

    yield "commit", _value(report, "sha"), report.commit_url
    yield "repository", _value(report, "remote_url"), None

    named = claim.shown("flow_run_url")
    has_id = claim.flow_run_id is not None or not named
    if has_id:
        yield "run", _value(report, "flow_run_id"), report.run_url
    else:
        yield "run", _value(report, "flow_run_url"), None


def _value(report: PackageReport, key: str) -> Part:
    value = report.claim.shown(key)
    if value:
        return show_value(value, MAX_VALUE)

    return ("(empty)", DIM) if value == "" else ("-", YELLOW)


def _further(report: PackageReport) -> Iterator[tuple[str, Part, Part]]:
    """What else there is to say: which file was read, its checksum, and what is wrong."""
    if report.place:
        what = _READ_FROM.get(report.read_from or "", "")
        note = f" ({what})" if what else ""
        yield "read in", redact_location(report.place), (note, DIM)

    if report.sha256:
        how = SHA256_FROM.get(report.sha256_from or "", "")
        yield "sha256", report.sha256, (f" ({how})" if how else "", DIM)

    for problem in report.claim.problems:
        yield "problem", (f"{problem.code}: {problem.message}", YELLOW), ""
