"""Keeps the snapshot of a recipe with the objects that a builder made of it. Knows no builder.

So the snapshot lives as long as these objects, and a recipe that is read twice gets two snapshots.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conda_provenance.snapshot import Snapshot

_ATTRIBUTE = "_conda_provenance_snapshot"
"""It survives a copy of the object."""


def keep(snapshot: Snapshot | None, *holders: object) -> None:
    """Keep ``snapshot`` with each of these objects."""
    for holder in holders:
        vars(holder)[_ATTRIBUTE] = snapshot


def is_kept(holder: object) -> bool:
    """Has :func:`keep` been called for this object, or for one that it is a copy of?"""
    return _ATTRIBUTE in vars(holder)


def kept(holder: object) -> Snapshot | None:
    """The snapshot that is kept with this object."""
    snapshot: Snapshot | None = vars(holder).get(_ATTRIBUTE)
    return snapshot
