"""The names that a file has through symbolic links."""

from __future__ import annotations

import os

from conda_provenance.packages.refusals import PathLike

_MAX_LINKS = 40
"""As many as Linux follows."""


def places_of(path: PathLike) -> list[tuple[str, str]]:
    """Folder and name of each place in which a file has a name.

    These are its own place, and those of the symbolic links that lead to it from ``path``.
    """
    place = os.path.abspath(path)
    places = [os.path.split(place)]
    for _ in range(_MAX_LINKS):
        if not os.path.islink(place):
            break
        place = os.path.abspath(os.path.join(os.path.dirname(place), os.readlink(place)))
        places.append(os.path.split(place))
    places.append(os.path.split(os.path.realpath(path)))
    return list(dict.fromkeys(places))
