from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from page_browser import CHROMIUM, Browser, start_browser
from page_rows import WHEN, Row

from conda_provenance.audit import summarize
from conda_provenance.audit.page import write_page

Show = Callable[..., str]


@pytest.fixture(scope="session")
def one_browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium")
    with start_browser(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


@pytest.fixture
def browser(one_browser: Browser) -> Browser:
    """A real browser: a window of a desk's size, light, with scripts."""
    one_browser.scripts(on=True)
    one_browser.prefer(color_scheme="light")
    one_browser.size(1280, 900)
    one_browser.open("about:blank", ready=False)
    return one_browser


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Show:
    """Writes the page of some rows, opens it as a file, and gives its address."""

    def show(rows: list[Row], fragment: str = "", *, title: str = "demo channel") -> str:
        path = tmp_path / "page.html"
        write_page(path, rows, summarize(rows), title=title, generated=WHEN)
        browser.open(path.as_uri() + fragment)
        return path.as_uri()

    return show
