"""What packages are called in a list of them. What came of each is not known here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence


def told_apart(packages: Sequence[tuple[str, str]]) -> list[str]:
    """A name for each package, which no other has. ``packages``: name and location of each.

    Several have one name where they lie in several folders of a channel, say. Then it is as much
    of the location's end as it takes.
    """
    by_name = defaultdict[str, list[str]](list)
    for name, location in packages:
        by_name[name].append(location)
    parts = {name: _parts_needed(places) for name, places in by_name.items() if len(places) > 1}
    return [
        _ending(location, parts[name]) if name in parts else name for name, location in packages
    ]


def _parts_needed(locations: Sequence[str]) -> int:
    """How many segments at their ends tell these apart. All of them where nothing does."""
    most = max(len(location.split("/")) for location in locations)
    for parts in range(1, most):
        if len({_ending(each, parts) for each in locations}) == len(locations):
            return parts
    return most


def _ending(location: str, parts: int) -> str:
    return "/".join(location.split("/")[-parts:])
