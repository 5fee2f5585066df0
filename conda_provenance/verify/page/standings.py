"""The outcomes of packages, as the page names, orders and draws them.

Which outcome a package has is not decided here.
"""

from __future__ import annotations

from collections.abc import Mapping

from conda_provenance.audit.page.states import State
from conda_provenance.verify.rows import Row
from conda_provenance.verify.verdict import WORST_FIRST as STANDINGS

STATES: Mapping[str, State] = {
    each.name: each
    for each in (
        State("verified", "Verified", "bound to the build of a repository that somebody named"),
        State(
            "consistent",
            "Consistent",
            "the recipe is the commit's; the files that get installed were not checked",
        ),
        State("silent", "Silent", "claims nothing about where it comes from"),
        State("unavailable", "Unavailable", "something that is required could not be checked"),
        State("refuted", "Refuted", "a required check failed, or something contradicts the claim"),
    )
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
