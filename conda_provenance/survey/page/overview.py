"""The part of the page above the table: what was audited, the figures and the bars.

It is plain HTML and stands without the script.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import escape as html_escape
from typing import Any

from conda_provenance.claim import PROBLEMS
from conda_provenance.survey.page.facets import FACETS, NOT_SAID, Facet, Row
from conda_provenance.survey.page.picture import PATTERNS, stacked_bar, swatch
from conda_provenance.survey.page.states import NOT_COUNTED, STATES, state_of
from conda_provenance.values import KEYS

MAX_BARS = 8
"""Bars of a group. The rest is added up in one line."""

Bars = Mapping[str, Counter[str]]
"""How many packages of each state there are, by the value of a facet."""


def overview(rows: Sequence[Row], summary: Mapping[str, Any]) -> str:
    """The figures and bars, as HTML."""
    states = {name: _count(summary.get(name)) for name in STATES}
    total = _count(summary.get("total"))
    parts = [
        PATTERNS,
        _coverage(states, total, rows),
        '<section class="groups" aria-label="Groups">\n',
    ]
    parts += [_group(facet, _bars(facet, rows)) for facet in FACETS if facet.title]
    parts.append("</section>\n")
    return "".join(parts)


def _coverage(states: Mapping[str, int], total: int, rows: Sequence[Row]) -> str:
    counted = total - sum(states[name] for name in NOT_COUNTED)
    figures = "; ".join(f"{STATES[name].label} {states[name]:,}" for name in STATES if states[name])
    lines = "".join(_state_line(name, states[name], total) for name in STATES)
    return f"""\
<section class="coverage" aria-labelledby="coverage">
<h2 id="coverage" class="figure">\
<span class="percent">{percent(states["complete"], counted)}</span> \
<span class="of">of the packages name their commit, repository and CI run\
<small>{states["complete"]:,} of {counted:,}{_left_out(states)}</small></span></h2>
{stacked_bar(states, total, height=36, label=f"{_packages(total)}: {figures or 'none'}")}
<div class="parts">
<table class="states">
<caption>By state</caption>
<thead class="unseen"><tr><th scope="col">State</th><th scope="col">Packages</th>\
<th scope="col">Share</th></tr></thead>
<tbody>
{lines}</tbody>
</table>
{_keys(rows)}</div>
</section>
"""


def _left_out(states: Mapping[str, int]) -> str:
    kinds = [name for name in NOT_COUNTED if states[name]]
    counts = " and ".join(f"{states[name]:,} {STATES[name].label.lower()}" for name in kinds)
    return f", without {counts}" if counts else ""


def _state_line(name: str, count: int, total: int) -> str:
    state = STATES[name]
    return (
        f'<tr><th scope="row">{swatch(name)}<span data-filter="state={name}">{state.label}</span>'
        f'<span class="meaning"> {state.meaning}</span></th>'
        f'<td>{count:,}</td><td class="share">{percent(count, total)}</td></tr>\n'
    )


def percent(count: int, whole: int) -> str:
    """A share in percent, rounded down: 100 % is said of all only, and 0 % of none."""
    if not whole:
        return "–"
    if count and count * 1000 < whole:
        return "< 0.1 %"

    thousandths = count * 1000 // whole
    return (
        f"{thousandths // 10}.{thousandths % 10} %"
        if thousandths % 1000
        else f"{thousandths // 10} %"
    )


def _keys(rows: Sequence[Row]) -> str:
    bars = {key: Counter(state_of(row) for row in rows if row.get(key)) for key in KEYS}
    lines = [_bar_line(f"<code>{key}</code>", "", bars[key], len(rows)) for key in KEYS]
    return _card("By key", lines) if rows else ""


def _bars(facet: Facet, rows: Iterable[Row]) -> Bars:
    bars: dict[str, Counter[str]] = {}
    for row in rows:
        for value in facet.values(row):
            bars.setdefault(value, Counter())[state_of(row)] += 1
    return bars


def _group(facet: Facet, bars: Bars) -> str:
    said = {value: states for value, states in bars.items() if value != NOT_SAID}
    if not said or (facet.key == "channel" and len(said) < 2):
        return ""

    shown, others = _shown(facet, said)
    largest = max(states.total() for states in (*shown.values(), others))
    lines = [_facet_line(facet, value, states, largest) for value, states in shown.items()]
    if others:
        lines.append(_bar_line(f"{len(said) - len(shown):,} others", "", others, largest))
    return _card(facet.title, lines, wide=facet.key == "problem")


def _shown(facet: Facet, bars: Bars) -> tuple[Bars, Counter[str]]:
    """The bars that are shown, and all others added up. Years are in order of time."""
    if facet.key == "year":
        ordered = sorted(bars.items(), reverse=True)
    else:
        ordered = sorted(bars.items(), key=lambda each: (-each[1].total(), each[0]))

    others: Counter[str] = Counter()
    for _, states in ordered[MAX_BARS:]:
        others.update(states)
    shown = ordered[:MAX_BARS]
    return dict(reversed(shown) if facet.key == "year" else shown), others


def _facet_line(facet: Facet, value: str, states: Counter[str], largest: int) -> str:
    text = html_escape(value)
    label = f'<bdi data-filter="{facet.key}={text}">{text}</bdi>'
    sentence = PROBLEMS.get(value, "").format(key="A value") if facet.key == "problem" else ""
    return _bar_line(label, sentence, states, largest)


def _bar_line(label: str, sentence: str, states: Counter[str], largest: int) -> str:
    more = f'<span class="meaning">{html_escape(sentence)}</span>' if sentence else ""
    return (
        f'<tr><th scope="row">{label}{more}</th>'
        f'<td class="drawn">{stacked_bar(states, largest, height=12)}</td>'
        f"<td>{states.total():,}</td></tr>\n"
    )


def _card(title: str, lines: Iterable[str], *, wide: bool = False) -> str:
    return (
        f'<table class="card{" wide" if wide else ""}">\n<caption>{title}</caption>\n'
        '<colgroup><col class="label"><col><col class="number"></colgroup>\n'
        '<thead class="unseen"><tr><th scope="col">Value</th><th scope="col">Picture</th>'
        f'<th scope="col">Packages</th></tr></thead>\n<tbody>\n{"".join(lines)}</tbody>\n</table>\n'
    )


def _packages(count: int) -> str:
    return "1 package" if count == 1 else f"{count:,} packages"


def _count(value: object) -> int:
    return value if isinstance(value, int) else 0
