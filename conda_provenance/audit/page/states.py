"""The states that an audit gives to packages, as the page names and orders them.

Which state a package has is not decided here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class State(NamedTuple):
    """How the page speaks of one state."""

    name: str
    """As in the JSON."""
    label: str
    meaning: str
    """Goes on after the label."""


STATES: Mapping[str, State] = {
    each.name: each
    for each in (
        State("complete", "Complete", "names its commit, repository and CI run"),
        State("partial", "Partial", "names some of them"),
        State("malformed", "Malformed", "has a problem in what it says"),
        State("absent", "Absent", "says nothing about where it comes from"),
        State("too-old", "Too old", "was made by conda-build before 3.21.8"),
        State("unreadable", "Unreadable", "could not be read, so nothing is known"),
    )
}
"""In the order in which bars show them."""

WORST_FIRST = ("malformed", "absent", "partial", "unreadable", "too-old", "complete")

NOT_COUNTED = ("too-old", "unreadable")
"""They could not say, or could not be asked: the share of complete ones is without them."""


def state_of(row: Mapping[str, object]) -> str:
    """The state of a row. One that this version does not know counts as unreadable."""
    state = row.get("state")
    return state if isinstance(state, str) and state in STATES else "unreadable"
