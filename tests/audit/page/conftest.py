from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from page_browser import Browser
from page_fixtures import browser, one_browser
from page_rows import WHEN, Row

from conda_provenance.audit import summarize
from conda_provenance.audit.page import write_page

__all__ = ["browser", "one_browser"]

Show = Callable[..., str]


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Show:
    """Writes the page of some rows, opens it as a file, and gives its address."""

    def show(rows: list[Row], fragment: str = "", *, title: str = "demo channel") -> str:
        path = tmp_path / "page.html"
        write_page(path, rows, summarize(rows), title=title, generated=WHEN)
        browser.open(path.as_uri() + fragment)
        return path.as_uri()

    return show
