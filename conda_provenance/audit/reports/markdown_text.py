"""Words, links and tables of Markdown, for pages that show strangers' text.

A stranger's text stands in them as code, where no reader looks for links, tags or names of people.
What a page says is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TextIO

from conda_provenance.text import escape

MAX_PACKAGES = 200
"""Packages that are listed. GitHub takes no page above 1 MiB."""

_MAX_TEXT = 200

_LINK = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&*+,;=%\[\]-]{1,2000}")
"""An address with nothing in it that could end a link."""


def code(value: object) -> str:
    """``value`` as code, on one line and bounded, in a table or elsewhere."""
    text = escape(str(value), _MAX_TEXT)
    if not text.strip():
        return "–"

    # Whether "\|" ends a cell depends on the reader, and on what stands before it.
    text = text.replace("|", "│")
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}"


def link(title: str, address: object) -> str:
    """A link to the address, if it is a plain web address; else nothing."""
    if not isinstance(address, str) or not _LINK.fullmatch(address):
        return ""
    return f"[{title}](<{address}>)"


def write_table(file: TextIO, titles: Sequence[str], lines: Iterable[Sequence[object]]) -> None:
    """Write a table. The cells are Markdown already."""
    file.write(f"| {' | '.join(titles)} |\n|{' --- |' * len(titles)}\n")
    for cells in lines:
        file.write(f"| {' | '.join(map(str, cells))} |\n")
    file.write("\n")


def write_rest(file: TextIO, number: int, shown: int = MAX_PACKAGES) -> None:
    """Write how many are not shown, if there are any."""
    if number > shown:
        file.write(f"and {number - shown} more.\n\n")
