"""The page of ``verify`` as a text: its numbers, its colours, and strangers' text in it."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from audit_samples import HOSTILE
from matrix_rows import check, row, some_rows, summary_of
from page_rows import WHEN

import conda_provenance
from conda_provenance.verify.page.document import make_page

TABLE = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.DOTALL)
STYLE = Path(conda_provenance.__file__).parent / "verify" / "page" / "matrix.css"


def page_of(rows: list[Any], title: str = "demo") -> str:
    return make_page(rows, summary_of(rows), title=title, generated=WHEN)


def table_of(page: str) -> dict[str, Any]:
    match = TABLE.search(page)
    assert match is not None
    return dict(json.loads(match[1]))


def text(table: dict[str, Any], key: str, at: int) -> str | None:
    column = table["columns"][key]
    return column["texts"][column["rows"][at]] if isinstance(column, dict) else column[at]


def test_the_worst_come_first_and_each_check_has_its_outcome_and_sentence():
    table = table_of(page_of(some_rows()))
    names = [text(table, "name", at) for at in range(table["size"])]
    assert names == ["bad", "lost", "torn", "mute", "half", "good"]

    (branch,) = (each for each in table["checks"] if each["id"] == "commit-on-branch")
    words = [None if number < 0 else branch["words"][number] for number in branch["rows"]]
    assert words == ["fail", "unavailable", None, "not-applicable", "pass", "pass"]
    assert text(table, branch["message"], 0) == "commit-on-branch ended as fail."
    assert text(table, branch["message"], 2) is None


def test_the_numbers_are_those_of_the_summary():
    page = page_of(some_rows())
    assert '<span class="percent">16.6 %</span>' in page
    assert "1 of 6" in page
    assert '<th scope="row">commit-on-branch</th><td>2</td><td>1</td><td>1</td><td>1</td>' in page


def test_every_check_and_outcome_can_be_filtered_by():
    table = table_of(page_of(some_rows()))
    assert {"state", "check-recipe-matches", "host"} <= table["facets"].keys()
    assert table["facets"]["state"]["labels"] is not None


def test_nothing_has_a_page():
    assert "There is no package to verify" in page_of([])


def test_checks_of_other_distributions_have_a_column():
    rows = [row("a", "consistent", "+", checks=[check("ours", "pass")])]
    assert [each["id"] for each in table_of(page_of(rows))["checks"]] == ["ours"]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_text_leaves_its_element(hostile: str):
    checks = [check("well-formed", "fail", hostile)]
    keys = ("package", "location", "name", "version", "remote_url", "error", "message", "channel")
    made = {**row("a", "refuted", checks=checks), **dict.fromkeys(keys, hostile)}
    page = page_of([made], hostile)
    page.encode()  # no lone surrogate
    plain = page_of([row("a", "refuted", "-")], "x")
    assert elements(page) == elements(plain)
    assert not re.search(
        "[\u202a-\u202e\u2066-\u2069\u2028\u2029\x00]", page.partition("<script>")[0]
    )


def elements(page: str) -> Counter[str]:
    without_style = page.partition("<style>")[0] + page.partition("</style>")[2]
    return Counter(re.findall(r"<(/?\w+)", without_style))


def test_green_is_for_pass_and_verified_only():
    rules = re.findall(r"([^{}]+)\{([^{}]*var\(--verified\)[^{}]*)\}", STYLE.read_text("utf-8"))
    selectors = {each.strip() for selector, _ in rules for each in selector.split(",")}
    assert selectors == {".fill-verified", ".of-pass .sign", ".of-verified"}
