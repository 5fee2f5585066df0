"""What people see: tables and warnings by rich. Every value goes through ``Text``, never markup, with escapes made visible."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from conda_provenance.remotes import hide_credentials

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

MAX_SHOWN = 300
MAX_READ = 100_000
MAX_ERROR = 2000


@cache
def console(*, stderr: bool = False) -> Console:
    """The terminal; in a pipe or log, lines are not wrapped at a width nobody set."""
    import os
    import sys

    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    wide = None if stream.isatty() or "COLUMNS" in os.environ else 200
    return Console(stderr=stderr, highlight=False, soft_wrap=False, width=wide)


def harmless(value: str) -> str:
    """A stranger's text as it may be shown: escapes and line breaks visible, credentials hidden, no flood."""
    if len(value) > MAX_READ:
        return f"({len(value)} characters)"  # a login may end behind any cut
    return escaped(hide_credentials(value), MAX_SHOWN)


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


def facts_table(rows: Iterable[tuple[str, str | None, str]], note: str) -> Table:
    """Key, value and where it comes from."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("key", style="bold")
    table.add_column("value", overflow="fold")
    table.add_column(note, style="dim", overflow="fold")
    for key, value, source in rows:
        table.add_row(key, text(value, "green") if value else text("-", "yellow"), text(source))
    return table


def print_warnings(warnings: Iterable[str]) -> None:
    """Each warning on a line of its own, after what it warns of."""
    for warning in warnings:
        line = text("warning: ", "yellow")
        line.append(harmless(warning))
        console().print(line)
