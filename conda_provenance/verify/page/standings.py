"""The outcomes of packages, as the page names, orders and draws them.

Which outcome a package has is not decided here.
"""

from __future__ import annotations

from collections.abc import Mapping

from conda_provenance.audit.page.states import State
from conda_provenance.verify.rows import Row
from conda_provenance.verify.verdict import MEANINGS
from conda_provenance.verify.verdict import WORST_FIRST as STANDINGS

STATES: Mapping[str, State] = {
    each.value: State(each.value, each.value.capitalize(), meaning)
    for each, meaning in MEANINGS.items()
}
"""In the order in which bars show them."""

WORST_FIRST = tuple(each.value for each in STANDINGS)

HOLLOW = "silent"
"""It is drawn as an outline."""

PATTERNS = """\
<svg class="patterns" width="0" height="0" aria-hidden="true" focusable="false"><defs>
<pattern id="consistent" width="7" height="7" patternUnits="userSpaceOnUse" \
patternTransform="rotate(45)"><rect class="partial-under" width="7" height="7"/>\
<rect class="partial-over" width="3" height="7"/></pattern>
<pattern id="unavailable" width="6" height="6" patternUnits="userSpaceOnUse">\
<rect class="unreadable-under" width="6" height="6"/>\
<circle class="unavailable-over" cx="3" cy="3" r="1.2"/></pattern>
<pattern id="refuted" width="6" height="6" patternUnits="userSpaceOnUse">\
<rect class="malformed-under" width="6" height="6"/>\
<path class="refuted-over" d="M0 0L6 6M6 0L0 6"/></pattern>
</defs></svg>
"""
"""What fills the bars. ``verified`` is plain and ``silent`` is hollow."""


def state_of(row: Row) -> str:
    """The outcome of a row. One that this version does not know counts as unavailable."""
    outcome = row.get("outcome")
    return outcome if isinstance(outcome, str) and outcome in STATES else "unavailable"
