"""The picture of the coverage: bars as SVG, each beside its numbers as text.

States differ by pattern as well as by colour. The colours are in page.css.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape as html_escape

from conda_provenance.audit.page.states import STATES

PATTERNS = """\
<svg class="patterns" width="0" height="0" aria-hidden="true" focusable="false"><defs>
<pattern id="partial" width="7" height="7" patternUnits="userSpaceOnUse" \
patternTransform="rotate(45)"><rect class="partial-under" width="7" height="7"/>\
<rect class="partial-over" width="3" height="7"/></pattern>
<pattern id="malformed" width="6" height="6" patternUnits="userSpaceOnUse">\
<rect class="malformed-under" width="6" height="6"/>\
<circle class="malformed-over" cx="3" cy="3" r="1.4"/></pattern>
<pattern id="too-old" width="5" height="5" patternUnits="userSpaceOnUse">\
<rect class="too-old-under" width="5" height="5"/>\
<rect class="too-old-over" width="5" height="1"/></pattern>
<pattern id="unreadable" width="6" height="6" patternUnits="userSpaceOnUse">\
<rect class="unreadable-under" width="6" height="6"/>\
<path class="unreadable-over" d="M0 0L6 6M6 0L0 6"/></pattern>
</defs></svg>
"""
"""What fills the bars. ``complete`` is plain and ``absent`` is hollow."""


def stacked_bar(
    states: Mapping[str, int],
    whole: int,
    *,
    height: int,
    label: str = "",
    order: Iterable[str] = STATES,
    hollow: str = "absent",
) -> str:
    """A bar of the states, whose full width stands for ``whole`` packages.

    ``order`` has the states' names, and ``hollow`` is the one that is drawn as an outline.
    Without a label it is decoration: the numbers stand beside it.
    """
    role = f'role="img" aria-label="{html_escape(label)}"' if label else 'aria-hidden="true"'
    return (
        f'<svg class="bar" {role} focusable="false" width="100%" height="{height}">'
        f"{''.join(_segments(states, whole, height, order, hollow))}</svg>"
    )


def _segments(
    states: Mapping[str, int], whole: int, height: int, order: Iterable[str], hollow: str
) -> Iterable[str]:
    segments: dict[str, str] = {}
    before = 0
    for name in order:
        count = states.get(name, 0)
        if count and whole:
            segments[name] = (
                f'<rect class="fill-{name}" x="{_share(before, whole)}" y="0.5" '
                f'width="{_share(count, whole)}" height="{height - 1}"/>'
            )
        before += count

    # The hollow one is drawn last, so that its neighbours' edges do not cut its outline.
    outline = segments.pop(hollow, "")
    return (*segments.values(), outline)


def _share(count: int, whole: int) -> str:
    return f"{100 * count / whole:.3f}%"


def swatch(state: str) -> str:
    """A small square in the state's pattern."""
    return (
        '<svg class="swatch" aria-hidden="true" focusable="false" width="14" height="14">'
        f'<rect class="fill-{state}" x="0.5" y="0.5" width="13" height="13" rx="2"/></svg>'
    )
