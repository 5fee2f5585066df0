"""A browser as a fixture, for every folder with tests of a page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from page_browser import CHROMIUM, Browser, start_browser


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
