"""The HTML page of an audit: one file, which a browser shows without fetching anything."""

from __future__ import annotations

from conda_provenance.audit.page.document import write_page

__all__ = ["write_page"]
