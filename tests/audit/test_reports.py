"""Every form of the report: read back by a parser of that form, whatever the packages say."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest
from audit_samples import HOSTILE, complete, document, row, rows, unreadable
from hypothesis import given
from hypothesis import strategies as st

from conda_provenance.audit import summarize
from conda_provenance.audit.gate import Failure, Gate, failures
from conda_provenance.audit.report import Report, coverage, last_line, worst_first
from conda_provenance.audit.reports import write_csv, write_json, write_junit, write_markdown
from conda_provenance.audit.reports.csv_table import COLUMNS
from conda_provenance.audit.reports.markdown_page import MAX_PACKAGES, code, link
from conda_provenance.text import without_halves

FORMS = (write_csv, write_json, write_junit, write_markdown)
LEFT_OUT = {
    "package": "left-1-0.conda", "location": "left-1-0.conda", "name": "left", "version": "1",
    "build": "0", "subdir": None, "channel": None,
}  # fmt: skip


def _report(made, gate=Gate(), excluded=(), further=()):  # noqa: B008
    found = [*failures(made, gate), *further]
    summary = summarize(made, excluded=len(excluded))
    return Report(made, excluded, found, summary, gate.to_json(None), bool(gate))


def _text(write, report) -> str:
    file = io.StringIO(newline="")
    write(file, report)
    return file.getvalue()


MIXED = [
    row(1, name="good"),
    row(2, extra={}, name="none"),
    row(3, extra={"sha": "abc"}, name="odd"),
    row(4, extra={"sha": ""}, name="some"),
    row(5, extra={}, name="old", state="too-old"),
    unreadable(6, name="gone"),
]


# The words that all share


def test_the_last_line_has_a_form_that_scripts_may_read():
    assert last_line(_report(MIXED, excluded=[LEFT_OUT]).summary) == (
        "audited 6: 1 complete, 1 partial, 1 without, 1 malformed, 1 too old, 1 unreadable"
    )
    assert last_line(summarize([])).startswith("audited 0: 0 complete, ")


def test_the_share_says_what_is_not_counted():
    summary = summarize(MIXED, excluded=2, not_conda=3)
    assert coverage(summary) == (
        "25 % complete: 1 of 4 (not counted: 1 too old, 1 unreadable, 2 excluded, "
        "3 not conda packages)"
    )
    assert coverage(summarize([unreadable()])) == "nothing to judge (not counted: 1 unreadable)"
    assert coverage(summarize([])) == "nothing to judge"


def test_the_worst_comes_first_and_what_is_complete_not_at_all():
    names = [each["name"] for each in worst_first(MIXED)]
    assert names == ["odd", "none", "some", "gone", "old"]


# CSV


def _cells(report) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(_text(write_csv, report), newline="")))


def test_the_table_has_a_line_for_each_package_and_for_those_left_out():
    lines = _cells(_report(MIXED, Gate(require=("sha", "flow_run_id")), [LEFT_OUT]))
    assert [line["state"] for line in lines] == [
        "complete", "absent", "malformed", "partial", "too-old", "unreadable", "excluded",
    ]  # fmt: skip
    assert lines[0]["built"] == "2022-01-02"
    assert lines[2]["problems"] == "sha-short"
    assert lines[1]["failures"] == "sha flow_run_id"
    assert lines[5]["error"].endswith("404.")
    assert lines[6]["package"] == "left-1-0.conda"


def test_the_table_obeys_rfc_4180():
    text = _text(write_csv, _report([row(1, extra={"sha": 'a,"b";c'})]))
    assert text.endswith("\r\n")
    assert text.count("\n") == text.count("\r\n") == 2
    assert text.startswith(",".join(f'"{column}"' for column in COLUMNS) + "\r\n")
    assert '"a,""b"";c"' in text


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", " =", "\t=", "\r=", "\n=", "＝", "－", "\u00a0="]
)
def test_no_cell_is_a_formula(start):
    hostile = f"{start}cmd|' /C calc'!A0"
    made = row(1, extra={"sha": hostile}, package=hostile, name=hostile, channel=hostile)
    (line,) = _cells(_report([made]))
    for value in line.values():
        assert not re.match(r"\s*[=+\-@＝＋－＠]", value)
        assert not re.search(r"[\t\r\n]", value)


# JUnit


def _xml(report) -> ET.Element:
    return ET.fromstring(_text(write_junit, report))


def _outcomes(report) -> dict[str, str]:
    return {
        case.get("name"): (case[0].tag if len(case) else "passed")
        for case in _xml(report).iter("testcase")
    }


def test_without_a_gate_what_is_not_complete_has_failed():
    outcomes = _outcomes(_report(MIXED, excluded=[LEFT_OUT]))
    assert list(outcomes.values()) == [
        "passed", "failure", "failure", "failure", "skipped", "error", "skipped",
    ]  # fmt: skip


def test_with_a_gate_only_what_falls_short_of_it_has_failed():
    outcomes = _outcomes(_report(MIXED, Gate(require=("sha",))))
    assert list(outcomes.values()) == [
        "passed", "failure", "failure", "failure", "failure", "error",
    ]  # fmt: skip
    with_run = row(7, extra={"flow_run_id": "github_1"})
    assert list(_outcomes(_report([with_run], Gate(require=("flow_run_id",)))).values()) == [
        "passed"
    ]


def test_the_numbers_of_the_suites_are_those_of_their_cases():
    report = _report(rows(300))
    root = _xml(report)
    assert root.tag == "testsuites"
    assert len(root) > 2
    kinds = {"failures": "failure", "errors": "error", "skipped": "skipped", "tests": "testcase"}
    for place in (root, *root):
        for attribute, tag in kinds.items():
            if (place.tag, attribute) != ("testsuites", "skipped"):
                assert int(place.get(attribute)) == len(list(place.iter(tag)))
    assert int(root.get("tests")) == 300


ALLOWED = {
    "testsuites": {"name", "time", "tests", "failures", "errors"},
    "testsuite": {"name", "time", "tests", "failures", "errors", "skipped"},
    "testcase": {"name", "classname"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
    "skipped": {"type", "message"},
}
"""What we use of Jenkins' schema: junit-10.xsd of its xunit plugin."""


def test_jenkins_knows_every_element_and_attribute():
    from decimal import Decimal

    report = _report(rows(100), Gate(("sha",), fail_under=Decimal(1)), [LEFT_OUT])
    for element in _xml(report).iter():
        assert set(element.keys()) <= ALLOWED[element.tag]
    assert {"name", "tests", "failures", "errors"} <= set(_xml(report)[0].keys())


def test_a_failure_names_its_requirement_and_why():
    root = _xml(_report([row(1, extra={"sha": "abc"})], Gate(require=("sha", "remote_url"))))
    failure = root.find(".//failure")
    assert failure.get("type") == "sha remote_url"
    assert failure.get("message").endswith("remote_url is missing.")
    assert failure.text.count("\n") == 1


def test_the_share_is_a_case_of_its_own():
    from decimal import Decimal

    gate = Gate(fail_under=Decimal(80))
    failure = Failure("fail-under", "25 % of the packages are complete.")
    assert _outcomes(_report(MIXED, gate, further=[failure]))["fail-under"] == "failure"
    assert _outcomes(_report([row(1)], gate))["fail-under"] == "passed"
    # Nothing to judge is neither.
    assert _outcomes(_report([unreadable()], gate))["fail-under"] == "skipped"


# Markdown


def test_a_page_says_what_failed_and_that_nothing_is_verified():
    text = _text(write_markdown, _report(MIXED, Gate(require=("sha",))))
    assert "**25 % complete: 1 of 4" in text
    assert "### Requirements not met: 4" in text
    assert "`sha is missing.`" in text
    assert "claimed, not verified" in text
    assert text.endswith("1 too old, 1 unreadable\n")


def test_a_page_of_a_gate_that_holds_says_so():
    assert "No package that was read falls short" in _text(
        write_markdown, _report([row(1)], Gate(require=("sha",)))
    )
    assert "falls short" not in _text(write_markdown, _report([row(1)]))


def test_a_page_is_bounded_whatever_the_packages_say():
    long = "x" * 5_000
    made = [
        row(number, extra={"sha": long, "remote_url": long}, name=long, channel=f"{number}{long}")
        for number in range(1000)
    ]
    text = _text(write_markdown, _report(made, Gate(require=("sha", "remote_url"))))
    assert len(text.encode()) < 1 << 19
    assert f"and {1000 - MAX_PACKAGES} more." in text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("plain", "`plain`"),
        ("a`b", "``a`b``"),
        ("`a", "`` `a ``"),
        ("a```b", "````a```b````"),
        ("a|b", "`a│b`"),
        ("a\\|b", "`a\\│b`"),
        ("a\nb", "`a\\nb`"),
        ("", "–"),
        ("  ", "–"),
    ],
)
def test_a_strangers_text_is_code(value, shown):
    assert code(value) == shown


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//evil.example", "",
        "https://x/>[a](b", "https://x/ y", "https://x/\n", "https://x/|", "https://x/`", None, 1,
    ],
)  # fmt: skip
def test_only_a_plain_web_address_is_a_link(address):
    assert link("commit", address) == ""


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str | None] = []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name in ("href", "src")]


PLAIN_TAGS = {"h2", "h3", "p", "strong", "table", "thead", "tbody", "tr", "th", "td", "code", "a"}


@given(st.sampled_from(HOSTILE), st.sampled_from(HOSTILE))
def test_markdown_readers_see_a_strangers_text_as_text(first, second):
    markdown = pytest.importorskip("markdown_it")
    extra = complete() | {"sha": first, "remote_url": second, "flow_run_url": first}
    made = row(1, extra=extra, package=first, name=second, channel=first, location=second)
    made |= {"commit_url": first, "error": second}
    broken = unreadable(2, error=first, channel=second)
    report = _report([made, broken], Gate(require=("sha", "remote_url"), providers=("azure",)))

    page = markdown.MarkdownIt("commonmark").enable("table").render(_text(write_markdown, report))
    seen = _Tags()
    seen.feed(page)
    assert seen.tags <= PLAIN_TAGS
    assert seen.links == []
    for table in page.split("<table>")[1:]:
        head, *lines = table.split("</table>")[0].split("<tr>")[1:]
        assert {line.count("<td>") for line in lines} == {head.count("<th>")}


# All of them

texts = st.one_of(st.text(max_size=60), st.sampled_from(HOSTILE))
names = (
    *("package", "name", "version", "build", "subdir", "channel", "location", "place", "error"),
    *("sha", "remote_url", "flow_run_id", "flow_run_url", "commit_url", "run_url"),
)
stranger = st.fixed_dictionaries({}, optional=dict.fromkeys(names, texts))


def _written(row):
    return {
        key: without_halves(value) if isinstance(value, str) else value
        for key, value in row.items()
    }


@given(st.lists(stranger, max_size=4), st.booleans())
def test_hostile_text_reads_back_in_every_form(strangers, asked):
    made = [row(number, **changes) for number, changes in enumerate(strangers)]
    made += [{**each, "state": "absent"} for each in made]
    gate = Gate(require=("sha", "flow_run_url"), providers=("azure",)) if asked else Gate()
    report = _report(made, gate, [{**LEFT_OUT, **each} for each in strangers])

    again = json.loads(_text(write_json, report))
    assert again["packages"] == [_written(each) for each in made]

    lines = _cells(report)
    assert len(lines) == len(made) + len(strangers)
    for line in lines:
        assert list(line) == list(COLUMNS)
        assert all(value == "" or value.isprintable() for value in line.values())
        assert all(value[:1] not in tuple("=+-@") for value in line.values())

    cases = list(_xml(report).iter("testcase"))
    assert len(cases) == len(made) + len(strangers)
    assert {child.tag for case in cases for child in case} <= {"failure", "error", "skipped"}

    for line in _text(write_markdown, report).split("\n"):
        assert line.isprintable()


@given(st.sampled_from(["sha", "remote_url", "flow_run_id", "flow_run_url"]), st.data())
def test_no_secret_of_a_claim_is_in_any_form(key, data):
    value = data.draw(
        st.sampled_from([
            "https://user:s3cr3t@github.com/o/r", "https://github.com/o/r?token=s3cr3t",
            "https://s3cr3t@github.com/o/r", "git@s3cr3t@h:o/r", "u:s3cr3t@x", "farm_https://u:s3cr3t@h/1",
            "https://conda.anaconda.org/t/s3cr3t-a1B2c3D4e5F6g7H8i9/x", "https://h/r#access_token=s3cr3t",
            "https://h/r;token=s3cr3t", "https://u:s3cr3t＠h/r", "x?password=s3cr3t",
        ])
    )  # fmt: skip
    made = [row(1, extra=complete() | {key: value})]
    gate = Gate(require=(key,), providers=("azure",), complete=True)
    for write in FORMS:
        assert "s3cr3t" not in _text(write, _report(made, gate))


def _eighth(rows, summary, gate):
    return Report(rows, [LEFT_OUT], [], summary, gate, shard="1/8", audited="conda-forge")


def test_the_json_is_the_whole_object(tmp_path):
    made = document(30)
    summary = made["summary"]
    gate = Gate().to_json(None)
    text = _text(write_json, _eighth(made["packages"], summary, gate))
    again = json.loads(text)
    assert again == made | {"excluded": [LEFT_OUT], "shard": "1/8", "gate": gate}
    # A line for each package.
    assert sum(line.startswith('{"package"') for line in text.splitlines()) == 31
    assert text.isascii()


def test_the_json_holds_no_command_to_a_ci_system():
    hostile = "###vso[task.setvariable variable=x]##[error]"
    text = _text(write_json, _report([row(1, package=hostile, channel=hostile)]))
    assert "##" not in text
    again = json.loads(text)
    assert again["packages"][0]["package"] == hostile
    assert hostile in again["summary"]["by_channel"]


def test_an_empty_report_has_every_form():
    report = _report([])
    assert json.loads(_text(write_json, report))["packages"] == []
    assert _cells(report) == []
    assert _xml(report).get("tests") == "0"
    assert "nothing to judge" in _text(write_markdown, report)
