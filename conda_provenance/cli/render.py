"""What people see: tables and warnings by rich. Every value goes through ``Text``, never markup, with escapes made visible."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import zip_longest
from typing import TYPE_CHECKING

from conda_provenance.text import redact

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

MAX_SHOWN = 300
MAX_READ = 100_000
MAX_ERROR = 2000
MAX_CELL = 2100
"""More than a value can have that is stamped."""


def on_terminal() -> bool:
    """Is somebody looking? Where colour is asked for (``FORCE_COLOR``), as in a CI's log, that counts as yes."""
    return sys.stdout.isatty() or bool(os.environ.get("FORCE_COLOR"))


@cache
def console(*, stderr: bool = False) -> Console:
    """The terminal; in a pipe or log, lines are not wrapped at a width nobody set."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    wide = None if stream.isatty() or "COLUMNS" in os.environ else 200
    return Console(stderr=stderr, highlight=False, soft_wrap=False, width=wide)


def harmless(value: str, limit: int = MAX_SHOWN) -> str:
    """A stranger's text as it may be shown: escapes and line breaks visible, credentials hidden, no flood."""
    if len(value) > MAX_READ:
        return f"({len(value)} characters)"  # a login may end behind any cut
    return escaped(redact(value), limit)


def escaped(value: str, limit: int) -> str:
    """``value`` with escapes and line breaks made visible, cut at ``limit`` characters."""
    shown = "".join(char if char.isprintable() else repr(char)[1:-1] for char in value[:limit])
    return shown + ("…" if len(value) > limit else "")


def text(value: str, style: str = "", link: str | None = None) -> Text:
    """``value`` made harmless, as a link where ``link`` leads to a page that we made up ourselves."""
    from rich.text import Text

    shown = Text(harmless(value), style=style)
    if link:
        shown.stylize(f"link {link}")
    return shown


def print_table(
    titles: Sequence[str],
    rows: Iterable[Sequence[str | None]],
    styles: Sequence[str] = ("bold",),
    shown: Callable[[str, int], str] = harmless,
) -> None:
    """A table of strangers' texts, one style a column; in a pipe or log as plain lines, for which rich need not be loaded."""
    cells = [[shown(cell, MAX_CELL) if cell else None for cell in row] for row in rows]
    if not on_terminal():
        _print_plain(titles, [[cell or "-" for cell in row] for row in cells])
        return
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for number, title in enumerate(titles):
        table.add_column(title, style="bold" if number == 0 else "", overflow="fold")
    for row in cells:
        table.add_row(
            *(
                Text(cell or "-", style if cell else "yellow")
                for cell, style in zip_longest(row, styles, fillvalue="")
            )
        )
    console().print(table)


def _print_plain(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(titles, *rows, strict=True)]
    for row in (titles, ["-" * width for width in widths], *rows):
        print(
            "   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )


def print_line(line: str, style: str = "") -> None:
    """One line, unwrapped."""
    if on_terminal():
        console().print(text(line, style), soft_wrap=True)
    else:
        print(harmless(line))


def print_warnings(warnings: Iterable[str]) -> None:
    """Each warning on a line of its own, after what it warns of."""
    for warning in warnings:
        if not on_terminal():
            print(f"warning: {harmless(warning)}")
            continue
        line = text("warning: ", "yellow")
        line.append(harmless(warning))
        console().print(line)
