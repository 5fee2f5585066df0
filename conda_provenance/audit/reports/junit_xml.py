"""JUnit's XML of an audit, as GitLab, Jenkins and others read it: a test case for each package.

With a gate, what falls short of it has failed. Without one, what is not complete has.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TextIO
from xml.sax.saxutils import escape as escape_xml
from xml.sax.saxutils import quoteattr

from conda_provenance.audit.gate import Failure
from conda_provenance.audit.report import Report, coverage, reasons
from conda_provenance.audit.row import Row, state
from conda_provenance.audit.state import LACKING, State
from conda_provenance.text import escape

_MAX_MESSAGE = 2000

_GATE = "all packages"
"""The suite of what the packages fail together."""


class _Case(NamedTuple):
    name: str
    kind: str = ""
    """``failure``, ``error`` or ``skipped``. Empty: it passed."""
    type: str = ""
    reasons: tuple[str, ...] = ()


def write_junit(file: TextIO, report: Report) -> None:
    """Write a suite for each channel and subdir, and one for ``fail_under`` if that was asked."""
    suites: dict[str, list[_Case]] = defaultdict(list)
    for suite, case in _cases(report):
        suites[suite].append(case)

    everything = [case for cases in suites.values() for case in cases]
    file.write('<?xml version="1.0" encoding="UTF-8"?>\n')
    whole = _attributes(name="conda-provenance audit", **_numbers(everything))
    file.write(f"<testsuites{whole}>\n")
    for suite, cases in suites.items():
        # Jenkins' schema allows no "skipped" on the element above.
        skipped = sum(case.kind == "skipped" for case in cases)
        of_suite = _attributes(name=suite, **_numbers(cases), skipped=skipped)
        file.write(f"  <testsuite{of_suite}>\n")
        for case in cases:
            file.write(_element(suite, case))
        file.write("  </testsuite>\n")
    file.write("</testsuites>\n")


def _cases(report: Report) -> Iterator[tuple[str, _Case]]:
    failed: dict[tuple[str | None, str | None], list[Failure]] = defaultdict(list)
    for each in report.failures:
        failed[each.package, each.location].append(each)

    for row in report.rows:
        yield _suite(row), _case(row, failed[row["package"], row["location"]], report.has_gate)
    for left_out in report.excluded:
        case = _Case(left_out["package"], "skipped", reasons=("It is excluded.",))
        yield _suite(left_out), case

    if report.gate.get("fail_under") is not None:
        together = failed[None, None]
        kind = "failure" if together else "skipped" if report.summary["percent"] is None else ""
        yield _GATE, _Case("fail-under", kind, kind and "fail-under", (coverage(report.summary),))


def _case(row: Row, failed: Iterable[Failure], has_gate: bool) -> _Case:
    of_row, name = state(row), row["package"]
    if of_row is State.UNREADABLE:
        return _Case(name, "error", "unreadable", tuple(reasons(row)))

    if failures := tuple(failed):
        kinds = " ".join(each.requirement for each in failures)
        return _Case(name, "failure", kinds, tuple(each.message for each in failures))

    if of_row is State.TOO_OLD:
        return _Case(name, "skipped", reasons=tuple(reasons(row)))

    if of_row in LACKING and not has_gate:
        return _Case(name, "failure", of_row.value, tuple(reasons(row)))
    return _Case(name)


def _suite(row: Row | Mapping[str, Any]) -> str:
    parts = [part for part in (row.get("channel"), row.get("subdir")) if part]
    return "/".join(parts) or "packages"


def _element(suite: str, case: _Case) -> str:
    opening = f"    <testcase{_attributes(classname=suite, name=case.name)}"
    if not case.kind:
        return f"{opening}/>\n"

    message = escape(" ".join(case.reasons), _MAX_MESSAGE)
    kinds = {"type": case.type} if case.type else {}
    # GitLab shows the text of a case and not its message: gitlab-org/gitlab-foss#53668.
    body = escape_xml("\n".join(escape(each, _MAX_MESSAGE) for each in case.reasons))
    inner = f"<{case.kind}{_attributes(message=message, **kinds)}>{body}</{case.kind}>"
    return f"{opening}>\n      {inner}\n    </testcase>\n"


def _numbers(cases: Iterable[_Case]) -> dict[str, int]:
    kinds = [case.kind for case in cases]
    failures, errors = kinds.count("failure"), kinds.count("error")
    return {"tests": len(kinds), "failures": failures, "errors": errors, "time": 0}


def _attributes(**values: object) -> str:
    # XML has no way to write most control characters, so they are written as backslash escapes.
    shown = {name: escape(str(value), _MAX_MESSAGE) for name, value in values.items()}
    return "".join(f" {name}={quoteattr(value)}" for name, value in shown.items())
