"""Puts the page together, on the same frame as the page of an audit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from html import escape as html_escape
from importlib.resources import files
from typing import Any, TextIO

from conda_provenance.audit.page.document import cut_note, html_page, page_part
from conda_provenance.audit.page.overview import percent
from conda_provenance.audit.page.picture import stacked_bar, swatch
from conda_provenance.audit.page.table import MAX_ROWS
from conda_provenance.verify.outcome import Outcome
from conda_provenance.verify.page.matrix import matrix_json
from conda_provenance.verify.page.standings import HOLLOW, PATTERNS, STATES
from conda_provenance.verify.rows import Row

_LEAD = (
    "<strong>Only what is green was verified.</strong> A package is verified if you or a policy "
    "named its repository, and that repository's build lists the digest of the file. What could "
    "not be asked has neither passed nor failed."
)


def write_page(
    file: TextIO,
    rows: Iterable[Row],
    summary: Mapping[str, Any],
    *,
    title: str,
    generated: datetime,
) -> None:
    """Write the page to a text stream that is open for UTF-8.

    ``rows`` and ``summary`` are ``packages`` and ``summary`` of what ``verify --json`` prints.
    """
    file.write(make_page(rows, summary, title=title, generated=generated))


def make_page(
    rows: Iterable[Row], summary: Mapping[str, Any], *, title: str, generated: datetime
) -> str:
    """The page as a text. It can be encoded as UTF-8, whatever the packages say."""
    rows = list(rows)
    return html_page(
        title,
        generated,
        topic="Is it true where packages say they come from?",
        done="verified",
        lead=_LEAD + cut_note(len(rows), MAX_ROWS),
        overview=_overview(summary),
        without_script="The table of packages needs JavaScript. Everything above stands without "
        "it, and <code>conda provenance verify --json</code> prints the same.",
        caption="Packages and how the checks of each ended",
        table=matrix_json(rows),
        style=page_part("page.css") + files(__package__).joinpath("matrix.css").read_text("utf-8"),
    )


def _overview(summary: Mapping[str, Any]) -> str:
    counts = {name: summary[name] for name in STATES}
    total = summary["total"]
    figures = "; ".join(f"{STATES[name].label} {counts[name]:,}" for name in STATES if counts[name])
    label = f"{_packages(total)}: {figures}"
    bar = stacked_bar(counts, total, height=36, label=label, order=STATES, hollow=HOLLOW)
    lines = "".join(_state_line(name, counts[name], total) for name in STATES)
    return f"""\
{PATTERNS}<section class="coverage" aria-labelledby="coverage">
<h2 id="coverage" class="figure">{_share(summary)}</h2>
{bar if total else ""}
<div class="parts">
<table class="states">
<caption>By outcome</caption>
<thead class="unseen"><tr><th scope="col">Outcome</th><th scope="col">Packages</th>\
<th scope="col">Share</th></tr></thead>
<tbody>
{lines}</tbody>
</table>
{_checks(summary["by_check"])}</div>
</section>
"""


def _share(summary: Mapping[str, Any]) -> str:
    total = summary["total"]
    if not total:
        return '<span class="of">There is no package to verify</span>'

    verified = summary["verified"]
    return (
        f'<span class="percent">{percent(verified, total)}</span> '
        '<span class="of">of the packages are verified'
        f"<small>{verified:,} of {total:,}</small></span>"
    )


def _state_line(name: str, count: int, whole: int) -> str:
    state = STATES[name]
    return (
        f'<tr><th scope="row">{swatch(name)}<span data-filter="state={name}">{state.label}</span>'
        f'<span class="meaning"> {state.meaning}</span></th>'
        f'<td>{count:,}</td><td class="share">{percent(count, whole)}</td></tr>\n'
    )


def _checks(by_check: Mapping[str, Mapping[str, int]]) -> str:
    """How often each check ended in which way. Numbers, which need no picture."""
    if not by_check:
        return ""

    heads = "".join(f'<th scope="col">{each.value}</th>' for each in Outcome)
    lines = "".join(
        f'<tr><th scope="row">{html_escape(name)}</th>'
        + "".join(f"<td>{counts[each.value]:,}</td>" for each in Outcome)
        + "</tr>\n"
        for name, counts in by_check.items()
    )
    return (
        '<table class="states by-check">\n<caption>By check</caption>\n'
        f'<thead><tr><th scope="col">Check</th>{heads}</tr></thead>\n'
        f"<tbody>\n{lines}</tbody>\n</table>\n"
    )


def _packages(count: int) -> str:
    return "1 package" if count == 1 else f"{count:,} packages"
