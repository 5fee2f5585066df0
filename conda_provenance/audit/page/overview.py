"""The part of the page above the table: the figures and the bars of an audit's summary.

It is plain HTML and stands without the script.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape as html_escape
from typing import Any, NamedTuple

from conda_provenance.audit.page.facets import label_of, label_of_channel
from conda_provenance.audit.page.picture import PATTERNS, stacked_bar, swatch
from conda_provenance.audit.page.states import NOT_COUNTED, STATES
from conda_provenance.claim import PROBLEMS
from conda_provenance.keys import KEYS

Summary = Mapping[str, Any]

MAX_BARS = 8
"""Bars of a group. The rest is added up in one line."""

_GROUPS = (
    ("by_provider", "provider", "By CI system"),
    ("by_host", "host", "By host"),
    ("by_organisation", "organisation", "By organisation"),
    ("by_year", "year", "By year of the build"),
    ("by_channel", "channel", "By channel"),
)
"""The summary's groups of packages: its key, that of the filter, and the title."""


class _Bar(NamedTuple):
    """One line of a group."""

    label: str
    """HTML."""
    number: int
    """Of packages."""
    parts: Mapping[str, int]
    """How long each part is, by the state whose pattern it has."""
    meaning: str = ""


def overview(summary: Summary) -> str:
    """The figures and bars, as HTML."""
    groups = [_group(summary.get(group) or {}, *more) for group, *more in _GROUPS]
    return (
        f"{PATTERNS}{_coverage(summary)}"
        '<section class="groups" aria-label="Groups">\n'
        f"{_problems(summary.get('by_problem') or {})}{''.join(groups)}</section>\n"
    )


def _coverage(summary: Summary) -> str:
    states = {name: summary.get(name, 0) for name in STATES}
    read = sum(states.values())
    judged = read - sum(states[name] for name in NOT_COUNTED)
    figures = "; ".join(f"{STATES[name].label} {states[name]:,}" for name in STATES if states[name])
    lines = "".join(_state_line(name, states[name], read) for name in STATES)
    label = f"{_packages(read)}: {figures}"
    return f"""\
<section class="coverage" aria-labelledby="coverage">
<h2 id="coverage" class="figure">{_share(states["complete"], judged, _left_out(summary))}</h2>
{stacked_bar(states, read, height=36, label=label) if read else ""}
<div class="parts">
<table class="states">
<caption>By state</caption>
<thead class="unseen"><tr><th scope="col">State</th><th scope="col">Packages</th>\
<th scope="col">Share</th></tr></thead>
<tbody>
{lines}</tbody>
</table>
{_keys(summary.get("by_key") or {})}</div>
</section>
"""


def _share(complete: int, judged: int, left_out: str) -> str:
    if not judged:
        return f'<span class="of">There is no package to judge<small>{left_out[2:]}</small></span>'

    return (
        f'<span class="percent">{percent(complete, judged)}</span> '
        '<span class="of">of the packages name their commit, repository and CI run'
        f"<small>{complete:,} of {judged:,}{left_out}</small></span>"
    )


def _left_out(summary: Summary) -> str:
    kinds = (
        *((STATES[name].label.lower(), summary.get(name)) for name in NOT_COUNTED),
        ("excluded", summary.get("excluded")),
        ("not conda packages", summary.get("not_conda")),
    )
    counts = ", ".join(f"{count:,} {kind}" for kind, count in kinds if count)
    return f"; not counted: {counts}" if counts else ""


def _state_line(name: str, count: int, whole: int) -> str:
    state = STATES[name]
    return (
        f'<tr><th scope="row">{swatch(name)}<span data-filter="state={name}">{state.label}</span>'
        f'<span class="meaning"> {state.meaning}</span></th>'
        f'<td>{count:,}</td><td class="share">{percent(count, whole)}</td></tr>\n'
    )


def percent(count: int, whole: int) -> str:
    """A share in percent, rounded down: 100 % is said of all only, and 0 % of none."""
    if not whole:
        return "–"

    thousandths = count * 1000 // whole
    if count and not thousandths:
        return "< 0.1 %"

    whole_percent, tenth = divmod(thousandths, 10)
    return f"{whole_percent}.{tenth} %" if thousandths % 1000 else f"{whole_percent} %"


def _keys(by_key: Mapping[str, Mapping[str, int]]) -> str:
    bars = []
    for key in KEYS:
        counts = by_key.get(key) or {}
        parts = {
            "complete": counts.get("given", 0),
            "malformed": counts.get("malformed", 0),
            "absent": counts.get("missing", 0),
        }
        bars.append(_Bar(f"<code>{key}</code>", parts["complete"], parts))

    whole = max(sum(bar.parts.values()) for bar in bars)
    return _card("By key", bars, whole) if whole else ""


def _problems(by_problem: Mapping[str, int]) -> str:
    bars = []
    for code, count in by_problem.items():
        meaning = PROBLEMS.get(code, "").format(key="A value")
        bars.append(_Bar(_choice("problem", label_of(code)), count, {"malformed": count}, meaning))
    return _card("By problem", bars, largest=max(by_problem.values()), wide=True) if bars else ""


def _group(groups: Mapping[str, Mapping[str, int]], facet: str, title: str) -> str:
    # One channel is what was audited, and says nothing new.
    if not groups or (facet == "channel" and len(groups) == 1):
        return ""

    label = label_of_channel if facet == "channel" else label_of
    shown, others = _first(list(groups.items()), last=facet == "year")
    bars = [_Bar(_choice(facet, label(name)), each["total"], each) for name, each in shown]
    if others:
        parts = {state: sum(each[state] for _, each in others) for state in STATES}
        bars.append(_Bar(f"{len(others):,} others", sum(parts.values()), parts))
    return _card(title, bars, max(bar.number for bar in bars))


_Groups = Sequence[tuple[str, Mapping[str, int]]]


def _first(groups: _Groups, *, last: bool) -> tuple[_Groups, _Groups]:
    """The groups that are shown, and the others: the summary's first ones, or its last."""
    if len(groups) <= MAX_BARS:
        return groups, ()

    shown = groups[-MAX_BARS:] if last else groups[:MAX_BARS]
    return shown, groups[:-MAX_BARS] if last else groups[MAX_BARS:]


def _choice(facet: str, label: str) -> str:
    text = html_escape(label)
    return f'<bdi data-filter="{facet}={text}">{text}</bdi>'


def _card(title: str, bars: Iterable[_Bar], largest: int, *, wide: bool = False) -> str:
    lines = "".join(_line(bar, largest) for bar in bars)
    return (
        f'<table class="card{" wide" if wide else ""}">\n<caption>{title}</caption>\n'
        '<colgroup><col class="label"><col><col class="number"></colgroup>\n'
        '<thead class="unseen"><tr><th scope="col">Value</th><th scope="col">Picture</th>'
        f'<th scope="col">Packages</th></tr></thead>\n<tbody>\n{lines}</tbody>\n</table>\n'
    )


def _line(bar: _Bar, largest: int) -> str:
    meaning = f'<span class="meaning">{html_escape(bar.meaning)}</span>' if bar.meaning else ""
    return (
        f'<tr><th scope="row">{bar.label}{meaning}</th>'
        f'<td class="drawn">{stacked_bar(bar.parts, largest, height=12)}</td>'
        f"<td>{bar.number:,}</td></tr>\n"
    )


def _packages(count: int) -> str:
    return "1 package" if count == 1 else f"{count:,} packages"
