"""Lead links out of ``docs/`` to the repository's own pages.

In a clone and on GitHub a page links to ``../../CONTRIBUTING.md``. The site does not have that
file, so there the same link leads to the repository. Knows links alone, not what they lead to:
the tests say whether the file and the heading exist.
"""

from __future__ import annotations

import posixpath
import re
from typing import Any

REPOSITORY = "https://github.com/conda-provenance/conda-provenance/blob/main/"


def setup(app: Any) -> dict[str, Any]:
    """Called by Sphinx."""
    app.connect("source-read", lambda _app, page, source: _rewrite(page, source))
    return {"version": "1", "parallel_read_safe": True}


def _rewrite(page: str, source: list[str]) -> None:
    folder = posixpath.join("docs", posixpath.dirname(page))
    source[0] = re.sub(r"\]\((\.\./[^)\s]+)\)", lambda found: _link(folder, found), source[0])


def _link(folder: str, found: re.Match[str]) -> str:
    """The link as it is, or that of the repository where it leads out of ``docs/``."""
    target = posixpath.normpath(posixpath.join(folder, found[1]))
    if target.startswith("docs/"):
        return found[0]
    return f"]({REPOSITORY}{target})"
