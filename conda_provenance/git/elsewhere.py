"""Whether anything has changed in the places that a recipe's links and submodules lead to.

It does not know git: it is handed the function that reads one place.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path

from conda_provenance.git.facts import GitFacts

_MAX_PLACES = 50
"""How many places are looked at. With more, it is not known whether something has changed."""

ReadPlace = Callable[[Path, Path], GitFacts]
"""Reads the repository of a path, and whether anything in a scope has changed."""


def has_changed(
    places: Iterable[Path], beside: Path, read_place: ReadPlace, time_limit: float
) -> tuple[bool | None, Path | None]:
    """Does the content of any of these places differ from a commit, and of which?

    ``None``: it is not known. ``beside`` is the folder that the recipe is built in.
    """
    end = time.monotonic() + time_limit
    waiting = deque(places)
    seen: set[Path] = set()
    changed: bool | None = False

    while waiting:
        place = waiting.popleft()
        if place in seen:
            continue

        if len(seen) == _MAX_PLACES or time.monotonic() > end:
            return None, None

        seen.add(place)
        facts = read_place(place, place)
        waiting.extend(facts.elsewhere)
        answer = _is_changed(facts, is_used=place == beside and _holds_files(beside))
        if answer:
            return True, place
        if answer is None:
            changed = None

    return changed, None


def _is_changed(facts: GitFacts, *, is_used: bool) -> bool | None:
    if facts.sha:
        return facts.dirty

    if facts.unreadable is not None:
        return None

    if facts.sha is None:
        # Outside of any work tree. A file of the system, which a link may lead to, is in nobody's
        # commit. Files beside a linked recipe could be in its commit, and are not.
        return is_used

    return True


def _holds_files(folder: Path) -> bool:
    with os.scandir(folder) as entries:
        return any(entry.is_file(follow_symlinks=False) for entry in entries)
