"""``Baseline``: what an earlier audit found, so that only what is new fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from conda_provenance.audit.gate import COMPLETE, Gate, shortfalls
from conda_provenance.audit.row import Row, state
from conda_provenance.audit.state import State
from conda_provenance.text import without_halves


class Baseline:
    """The packages of an earlier audit, held against the gate of today.

    A shortfall is old if the same file had it, or if a package of the same name had it and no other
    of that name was without it. So a new build may still lack what its name never had; a name that
    once had it must go on having it.
    """

    def __init__(self, rows: Iterable[Row], gate: Gate) -> None:
        self.states: Counter[State] = Counter()
        """How many packages were in each state."""
        self._files: set[tuple[str, str]] = set()
        self._lacking: set[tuple[str, str]] = set()
        self._having: set[tuple[str, str]] = set()
        asked = set(gate.requirements)

        for row in rows:
            of_row = state(row)
            self.states[of_row] += 1
            if of_row is State.UNREADABLE:
                continue

            short = {requirement for requirement, _ in shortfalls(row, gate)}
            # One that is too old is not asked to be complete, which does not make it so.
            met = asked - short - ({COMPLETE} if of_row is State.TOO_OLD else set())
            self._files |= {(_identity(row), each) for each in short}
            self._lacking |= {(_name(row), each) for each in short}
            self._having |= {(_name(row), each) for each in met}

    def has(self, row: Row, requirement: str) -> bool:
        """Was this package short of this requirement before?"""
        if (_identity(row), requirement) in self._files:
            return True

        named = (_name(row), requirement)
        return named in self._lacking and named not in self._having


def _identity(row: Row) -> str:
    """The file: by its checksum, or by its name where none is known."""
    name = f"{row['channel']}/{row['subdir']}/{row['package']}"
    return str(row["sha256"] or without_halves(name))


def _name(row: Row) -> str:
    return without_halves(row["name"] or row["package"])
