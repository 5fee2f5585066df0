"""``State``: how much a package says of its origin. Whether any of it is true is not known here."""

from __future__ import annotations

import re
from enum import Enum

from conda_provenance.keys import CEP_KEYS
from conda_provenance.packages import PackageClaim

_FIRST_VERSION = (3, 21, 8)
"""The conda-build that could first write the keys, of January 2022: its ``--extra-meta``."""

_RELEASE = re.compile(r"(\d{1,6})\.(\d{1,6})(?:\.(\d{1,6}))?(?:\+|\Z)", re.ASCII)

_NOT_TRACKED = "sha-empty"
"""The code of an empty ``sha``, by which CEP 31 says "not under version control"."""


class State(str, Enum):
    """How much a package says of its origin. The worst comes first."""

    MALFORMED = "malformed"
    """Something that it says is wrong: it has a problem code."""
    ABSENT = "absent"
    """It says nothing. Empty strings, as local builds of conda-forge have, say nothing."""
    PARTIAL = "partial"
    """It says something, but not all three keys of CEP 31, or that there is no commit."""
    UNREADABLE = "unreadable"
    """It could not be read. Nothing follows from that."""
    TOO_OLD = "too-old"
    """It says nothing, and the conda-build that made it could not have written it."""
    COMPLETE = "complete"
    """It says all three keys of CEP 31, and nothing is wrong with them. It may still be untrue."""

    def __str__(self) -> str:
        return self.value


LACKING = (State.MALFORMED, State.ABSENT, State.PARTIAL)
"""Judged, and not complete."""

JUDGED = (*LACKING, State.COMPLETE)
"""The states that count in the percentage: it could say more, and it was read."""


def state_of(package: PackageClaim | None) -> State:
    """The state of a package that was read. ``None`` is one that could not be read.

    The first of these that holds: unreadable, malformed, complete, partial, too old, absent. A
    hash that is empty makes a package partial, not malformed: that is how CEP 31 says that the
    recipe is not under version control.
    """
    if package is None:
        return State.UNREADABLE

    claim = package.claim
    if any(problem.code != _NOT_TRACKED for problem in claim.problems):
        return State.MALFORMED

    if all(getattr(claim, key) for key in CEP_KEYS):
        return State.COMPLETE

    if claim or claim.says_untracked():
        return State.PARTIAL

    return State.TOO_OLD if _is_too_old(package.conda_build_version) else State.ABSENT


def _is_too_old(conda_build_version: str | None) -> bool:
    """Is this a conda-build before the first that could write the keys? An unknown one is not."""
    match = _RELEASE.match(conda_build_version or "")
    return match is not None and tuple(int(part or 0) for part in match.groups()) < _FIRST_VERSION
