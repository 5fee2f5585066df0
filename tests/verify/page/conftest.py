from __future__ import annotations

from page_fixtures import browser, one_browser

__all__ = ["browser", "one_browser"]
