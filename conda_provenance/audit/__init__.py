"""Judges many packages together: the state of each, a summary, and which fall short of a gate.

Others find and read the packages. This package sees only the results.
Everything is loaded when it is first used: conda asks for the gate at every installation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from conda_provenance.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from conda_provenance.audit.state import State as State
    from conda_provenance.audit.state import state_of as state_of
    from conda_provenance.audit.summary import percent_complete as percent_complete
    from conda_provenance.audit.summary import summarize as summarize

_HOMES = {
    "State": "state",
    "percent_complete": "summary",
    "state_of": "state",
    "summarize": "summary",
}
"""The module that each name is loaded from."""

__all__ = ["State", "percent_complete", "state_of", "summarize"]

__getattr__ = lazy_exports(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted(__all__)
