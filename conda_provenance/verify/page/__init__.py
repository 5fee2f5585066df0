"""The HTML page of ``verify``: packages by checks, in one file that fetches nothing."""

from __future__ import annotations

from conda_provenance.verify.page.document import write_page

__all__ = ["write_page"]
