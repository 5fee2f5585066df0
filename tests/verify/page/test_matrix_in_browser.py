"""The matrix in a real browser: words and signs, sorted, filtered, and strangers' text as text."""

from __future__ import annotations

import pytest
from matrix_rows import check, row, some_rows, summary_of
from page_browser import Browser
from page_rows import WHEN

from conda_provenance.verify.page.document import make_page

NAMES = "#rows tbody .name"


@pytest.fixture
def show(browser: Browser, tmp_path):
    def show(rows, fragment: str = "") -> None:
        path = tmp_path / "page.html"
        path.write_text(make_page(rows, summary_of(rows), title="x", generated=WHEN), "utf-8")
        browser.open(path.as_uri() + fragment)

    return show


def test_each_check_has_a_sign_and_a_word(show, browser):
    browser.size(1440, 900)
    show(some_rows())
    assert browser.texts(NAMES) == ["bad", "lost", "torn", "mute", "half", "good"]
    cells = browser.texts("#rows tbody tr[data-at='0'] .c-check")
    assert [cell.split() for cell in cells[2:5]] == [
        ["✓", "pass"],
        ["✕", "fail"],
        ["–", "not-applicable"],
    ]
    assert browser.texts("#rows tbody tr[data-at='2'] .c-check") == ["–"] * 8


def test_where_there_is_no_room_for_the_words_they_are_still_read_out(show, browser):
    browser.size(1000, 900)
    show(some_rows())
    cell = "#rows tbody tr[data-at='0'] .c-check"
    assert browser.run(f'document.querySelector("{cell}").textContent') == "✓pass"
    word = f'document.querySelector("{cell} .word").getBoundingClientRect()'
    assert browser.run(f"{word}.width") <= 1


def test_a_column_sorts_by_how_bad_its_outcome_is(show, browser):
    browser.size(1440, 900)
    show(some_rows(), "#sort=check-commit-on-branch")
    assert browser.texts(NAMES) == ["bad", "lost", "mute", "half", "good", "torn"]


def test_a_filter_by_a_check_and_one_by_the_outcome(show, browser):
    show(some_rows(), "#check-recipe-matches=unavailable")
    assert browser.texts(NAMES) == ["lost"]
    show(some_rows(), "#state=silent")
    assert browser.texts(NAMES) == ["mute"]


def test_the_detail_keeps_checks_and_claims_apart(show, browser):
    show(some_rows(), "#package=bad-1.0-0.conda")
    text = browser.text("#detail")
    checked, _, claimed = text.partition("Claimed by the package")
    assert "A sentence on bad." in checked
    assert "commit-on-branch ended as fail." in checked
    assert "https://github.com/o/n" in claimed
    assert "https://github.com/o/n" not in checked


def test_strangers_text_is_text(show, browser):
    evil = '<img src=x onerror="window.evil = 1">\u202e</script>'
    rows = [row("a", "refuted", checks=[check("well-formed", "fail", evil)], message=evil)]
    show(rows, "#package=a-1.0-0.conda")
    assert "<img src=x" in browser.text("#detail")
    assert browser.run("window.evil") is None
    assert browser.complaints() == []
    assert len(browser.requested()) == 1
