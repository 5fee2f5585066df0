"""The names of the files that stand beside packages. What they are is not known here."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Callable, Iterator

_ENDINGS = (".conda", ".tar.bz2")


def stem_of(name: str) -> str:
    """The name of a package file without its ending."""
    for ending in _ENDINGS:
        if name.endswith(ending):
            return name.removesuffix(ending)
    return name


class Neighbours:
    """The names in a folder, read once: some folders hold thousands of packages."""

    def __init__(self, folder: str) -> None:
        try:
            self._names = sorted(os.listdir(folder))
        except OSError:
            self._names = []

    def of(self, package: str) -> Iterator[tuple[str, str]]:
        """The files that are named after a package: their names, and what follows its name.

        Both habits are taken: ``x-1-0.conda.sig`` and ``x-1-0.sig``.
        """
        stem = stem_of(package)
        position = bisect_left(self._names, f"{stem}.")
        while position < len(self._names) and self._names[position].startswith(f"{stem}."):
            name = self._names[position]
            if name != package:
                yield name, name[len(package if name.startswith(f"{package}.") else stem) :]
            position += 1

    def that(self, test: Callable[[str], object]) -> list[str]:
        """The names that pass a test."""
        return [name for name in self._names if test(name)]

    def __contains__(self, name: str) -> bool:
        position = bisect_left(self._names, name)
        return position < len(self._names) and self._names[position] == name
