"""The Markdown of ``verify``: bounded, appended to a step's summary, and harmless."""

from __future__ import annotations

import io
import json
from html.parser import HTMLParser

import pytest
from audit_samples import HOSTILE
from cli_running import run_command
from hypothesis import given
from hypothesis import strategies as st
from matrix_rows import check, row
from packages_making import make_conda

from conda_provenance.audit.reports.markdown_text import MAX_PACKAGES
from conda_provenance.verify.markdown_page import write_markdown
from conda_provenance.verify.rows import Row, Tally

PLAIN_TAGS = {"h2", "h3", "p", "strong", "table", "thead", "tbody", "tr", "th", "td", "code", "a"}


def page_of(rows: list[Row]) -> str:
    tally = Tally()
    for each in rows:
        tally.add(each)
    file = io.StringIO()
    write_markdown(file, rows, tally)
    return file.getvalue()


def test_the_worst_comes_first_and_the_last_line_is_that_of_the_text():
    page = page_of(
        [row("good", "verified", "+++"), row("bad", "refuted", "+-"), row("dumb", "silent")]
    )
    assert page.index("`bad-1.0-0.conda` | refuted") < page.index("`dumb-1.0-0.conda` | silent")
    assert page.index("`dumb-1.0-0.conda` | silent") < page.index("`good-1.0-0.conda` | verified")
    assert "**1 of 3 verified**" in page
    assert "| `well-formed` | 2 | 0 | 0 | 0 |" in page
    assert page.splitlines()[-1] == (
        "checked 3: 1 verified, 0 consistent, 1 silent, 0 unavailable, 1 refuted"
    )


def test_the_check_that_decides_is_named():
    bad = row("bad", "refuted", message="It is not.")
    bad["checks"] = [check("expected", "fail", "It is not.")]
    assert "| `expected: It is not.` |" in page_of([bad])


def test_packages_of_one_name_are_told_apart():
    rows = [row("x", "verified", "+++"), row("x", "refuted", "+-")]
    for each, host in zip(rows, ("c.example.org", "d.example.org"), strict=True):
        each["location"] = f"https://u:hunter2@{host}/noarch/{each['package']}"
    page = page_of(rows)
    assert "d.example.org/noarch/x-1.0-0.conda` | refuted" in page
    assert "c.example.org/noarch/x-1.0-0.conda` | verified" in page
    assert "hunter2" not in page


def test_an_empty_page_says_so():
    assert "**0 of 0 verified**" in page_of([])


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str | None] = []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name in ("href", "src")]


@given(st.sampled_from(HOSTILE), st.sampled_from(HOSTILE))
def test_readers_see_a_strangers_text_as_text(first, second):
    markdown = pytest.importorskip("markdown_it")
    made = row(first, "refuted", "-", message=second, commit_url=first, run_url=second)
    made["checks"] = [check("x-check", "fail", second)]
    text = page_of([made, row(second, "unavailable", package=first, commit_url=None)])
    assert all(line.isprintable() for line in text.split("\n"))

    page = markdown.MarkdownIt("commonmark").enable("table").render(text)
    seen = _Tags()
    seen.feed(page)
    assert seen.tags <= PLAIN_TAGS
    assert seen.links == []
    for table in page.split("<table>")[1:]:
        head, *lines = table.split("</table>")[0].split("<tr>")[1:]
        assert {line.count("<td>") for line in lines} == {head.count("<th>")}


def test_the_page_of_many_packages_with_long_texts_is_bounded():
    long = "é" * 4000
    text = page_of([row(f"{number}{long}", "refuted", message=long) for number in range(1000)])
    assert f"and {1000 - MAX_PACKAGES} more." in text
    assert len(text.encode()) < 1 << 18


def test_a_login_in_a_name_is_not_shown():
    assert "s3cr3t" not in page_of([row(package="https://u:s3cr3t@h.example/a-1-0.conda")])


def test_it_is_appended_to_the_summary_of_a_step_and_replaces_any_other_file(tmp_path):
    package = make_conda(tmp_path, {"extra": {}}, name="hello")
    summary, page = tmp_path / "summary.md", tmp_path / "page.md"
    for file in (summary, page):
        file.write_text("# before\n")
    for file in (summary, page):
        done = run_command(
            "verify", package, "--offline", "--markdown", file, GITHUB_STEP_SUMMARY=str(summary)
        )
        assert done.returncode == 3, done.stderr
    assert summary.read_text().startswith("# before\n## Provenance: is it true?")
    assert page.read_text().startswith("## Provenance: is it true?")


def test_a_page_on_standard_output_stands_alone(tmp_path):
    package = make_conda(tmp_path, {"extra": {}}, name="hello")
    done = run_command("verify", package, "--offline", "--markdown", "-")
    assert done.stdout.startswith("## Provenance: is it true?")
    assert "claims nothing" in done.stdout

    done = run_command("verify", package, "--offline", "--markdown", "-", "--json")
    assert done.returncode == 2


def test_results_that_are_joined_give_the_same_page(tmp_path):
    package = make_conda(tmp_path, {"extra": {}}, name="hello")
    results, first, second = (tmp_path / name for name in ("results.json", "1.md", "2.md"))
    done = run_command("verify", package, "--offline", "--json", "--markdown", first)
    results.write_text(done.stdout)
    assert json.loads(done.stdout)["summary"]["silent"] == 1
    run_command("verify", "--merge", results, "--markdown", second)
    assert first.read_text() == second.read_text()
