"""What packages are called in a list of them. What came of each is not known here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

_MAX_PARTS = 8


def told_apart(packages: Sequence[tuple[str, str]]) -> list[str]:
    """A name for each package. ``packages``: name and location of each.

    Several have one name where they lie in several folders of a channel, say. Then it is as much
    of the location's end as it takes to tell the places apart.
    """
    by_name = defaultdict[str, set[str]](set)
    for name, location in packages:
        by_name[name].add(location)
    parts = {name: _parts_needed(places) for name, places in by_name.items() if len(places) > 1}
    return [
        _ending(location, parts[name]) if name in parts else name for name, location in packages
    ]


def _parts_needed(locations: Collection[str]) -> int:
    """How many segments at their ends tell these apart. 0: all of them."""
    for parts in range(1, _MAX_PARTS):
        if len({_ending(each, parts) for each in locations}) == len(locations):
            return parts
    return 0


def _ending(location: str, parts: int) -> str:
    return "/".join(location.rsplit("/", parts)[-parts:]) if parts else location
