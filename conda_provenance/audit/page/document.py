"""Puts the page together: overview, table, style and script in one HTML file.

Its own policy (CSP) forbids the browser to fetch anything, and to run any other script than ours.
What a package's state is, is decided elsewhere.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from html import escape as html_escape
from importlib.resources import files
from typing import Any, TextIO

from conda_provenance import __version__
from conda_provenance.audit.page.overview import overview
from conda_provenance.audit.page.table import MAX_ROWS, table_json
from conda_provenance.audit.row import Row
from conda_provenance.text import show_sentence

MAX_TITLE = 200
"""Characters of the title that are shown."""

_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Crect width='16' height='16' rx='3' fill='%23e9e7e2'/%3E"
    "%3Crect x='2' y='5' width='8' height='6' fill='%232f4f80'/%3E"
    "%3Crect x='10' y='5' width='4' height='6' fill='%23b4bfd1'/%3E%3C/svg%3E"
)
"""In the page, so that no browser asks a server for one."""


def write_page(
    file: str | os.PathLike[str] | TextIO,
    rows: Iterable[Row],
    summary: Mapping[str, Any],
    *,
    title: str,
    generated: datetime,
) -> None:
    """Write the page to a path, or to a text stream that is open for UTF-8.

    ``rows`` and ``summary`` are ``packages`` and ``summary`` of what ``audit --json`` prints.
    ``title`` says what was audited, ``generated`` when.
    """
    page = make_page(rows, summary, title=title, generated=generated)
    if isinstance(file, str | os.PathLike):
        with open(file, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(page)
    else:
        file.write(page)


def make_page(
    rows: Iterable[Row], summary: Mapping[str, Any], *, title: str, generated: datetime
) -> str:
    """The page as a text. It can be encoded as UTF-8, whatever the packages say."""
    rows = list(rows)
    return html_page(
        title,
        generated,
        topic="Where packages come from",
        done="audited",
        lead="<strong>Claimed by the packages; not verified.</strong> "
        "This page repeats what the packages say about themselves. Whether that is true was not "
        f"checked.{cut_note(len(rows), MAX_ROWS)}",
        overview=overview(summary),
        without_script="The table of packages needs JavaScript. Everything above stands without "
        "it, and <code>conda provenance audit --csv</code> writes the same rows as a file.",
        caption="Packages and what they say about their origin",
        table=table_json(rows),
        style=page_part("page.css"),
    )


def cut_note(count: int, limit: int) -> str:
    """What is said where the table has not all packages."""
    return f" The table has the {limit:,} worst of {count:,} packages." if count > limit else ""


def html_page(
    title: str,
    generated: datetime,
    *,
    topic: str,
    done: str,
    lead: str,
    overview: str,
    without_script: str,
    caption: str,
    table: str,
    style: str,
) -> str:
    """A page with a table of packages. ``title`` is a stranger's text, all else is HTML of ours.

    ``table`` is the JSON that the page's script reads.
    """
    script = page_part("page.js")
    shown = html_escape(show_sentence(title, MAX_TITLE))
    when = generated.astimezone(timezone.utc)
    return f"""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_policy(style, script)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>{shown} – {topic[:1].lower()}{topic[1:]}</title>
<link rel="icon" href="{_ICON}">
<style>{style}</style>
</head>
<body>
<a class="skip" href="#packages">Go to the table of packages</a>
<header>
<p class="eyebrow">{topic}</p>
<h1><bdi>{shown}</bdi></h1>
<p class="made"><time datetime="{when:%Y-%m-%dT%H:%M:%SZ}">\
{when.day} {when:%B %Y, %H:%M} UTC</time> \
· {done} by conda-provenance {html_escape(__version__)}</p>
<p class="claimed">{lead}</p>
</header>
<main>
{overview}\
{_TABLE.format(without_script=without_script, caption=caption)}\
</main>
<script type="application/json" id="data">{table}</script>
<script>{script}</script>
</body>
</html>
"""


def _policy(style: str, script: str) -> str:
    """What the page may do: be styled by this style, run this script, and nothing else."""
    return (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def page_part(name: str) -> str:
    """The page's style or its script."""
    # Line ends are "\n", whatever a checkout has: the digest must be of what the browser sees.
    return files(__package__).joinpath(name).read_text("utf-8")


_TABLE = """\
<section id="packages" aria-labelledby="packages-title" tabindex="-1">
<h2 id="packages-title">Packages</h2>
<p id="without-script">{without_script}</p>
<div id="table" hidden>
<form id="filters" role="search" aria-label="Packages" autocomplete="off">
<label class="search"><span>Search</span>
<input id="search" type="search" spellcheck="false" \
placeholder="Name, repository, commit …"></label>
<label class="sorting"><span>Sort by</span><select id="sorting"></select></label>
</form>
<div class="counted"><p id="count" role="status"></p>
<button type="button" id="clear" hidden>Show all</button></div>
<p id="printed" hidden></p>
<table id="rows" aria-describedby="keys">
<caption class="unseen">{caption}</caption>
<thead></thead>
<tbody></tbody>
</table>
<p id="none" hidden>No package matches.</p>
<p id="keys">Arrow keys move from row to row, Enter shows all that a package says.</p>
</div>
<dialog id="detail" aria-labelledby="detail-name"></dialog>
</section>
"""
