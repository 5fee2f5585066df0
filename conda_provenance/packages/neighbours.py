"""The files beside packages: their names, and their bytes. What they are is not known here."""

from __future__ import annotations

import errno
import os
import re
import stat
from bisect import bisect_left
from collections.abc import Iterator

from conda_provenance.errors import UnavailableError
from conda_provenance.packages.file_names import ENDINGS, stem_of
from conda_provenance.text import escape

_SHOWN = 300


def read_beside(package: str, name: str, limit: int) -> bytes | None:
    """The file of this name in a package's folder. ``None``: there is none.

    A link is not followed: it may lead to anything that the user can read. Raises
    :class:`~conda_provenance.errors.UnavailableError` for what is no file, cannot be read, or has
    more than ``limit`` bytes.
    """
    path = os.path.join(os.path.dirname(package), name)
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        if os.path.islink(path):
            raise OSError(errno.ELOOP, "it is a link")
        with open(os.open(path, flags | getattr(os, "O_BINARY", 0)), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise _unreadable(name, "it is no file")
            data = file.read(limit + 1)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        is_link = getattr(error, "errno", None) == errno.ELOOP
        why = "it is a link" if is_link else getattr(error, "strerror", None) or "it is no file"
        raise _unreadable(name, why) from None

    if len(data) > limit:
        raise _unreadable(name, f"it is larger than {limit >> 20} MiB")
    return data


def _unreadable(name: str, why: str) -> UnavailableError:
    return UnavailableError(f"{escape(name, _SHOWN)}, beside the package, is not read: {why}.")


class Neighbours:
    """The names in a folder, read once: some folders hold thousands of packages."""

    def __init__(self, folder: str) -> None:
        self._like: dict[re.Pattern[str], list[re.Match[str]]] = {}
        try:
            self._names = sorted(os.listdir(folder))
        except OSError:
            self._names = []

    def of(self, package: str) -> Iterator[tuple[str, str]]:
        """The files that are named after a package: their names, and the rest after its name.

        All of these count: ``x-1-0.conda.sig``, ``x-1-0.conda-sig`` and ``x-1-0.sig``.
        """
        stem = stem_of(package)
        for name in self.starting_with(f"{stem}."):
            if name != package:
                is_whole = name.startswith(tuple(package + each for each in "._-"))
                ending = name[len(package if is_whole else stem) :]
                if is_whole or not any(each in ending for each in ENDINGS):
                    yield name, ending  # Otherwise it is named after another package.

    def starting_with(self, beginning: str) -> Iterator[str]:
        """The names that begin like this."""
        position = bisect_left(self._names, beginning)
        while position < len(self._names) and self._names[position].startswith(beginning):
            yield self._names[position]
            position += 1

    def like(self, pattern: re.Pattern[str]) -> list[re.Match[str]]:
        """The names that a pattern matches as a whole, except those that are named after a package.

        The result is kept.
        """
        if pattern not in self._like:
            matches = filter(None, map(pattern.fullmatch, self._names))
            self._like[pattern] = [each for each in matches if not self._is_after_one(each[0])]
        return self._like[pattern]

    def _is_after_one(self, name: str) -> bool:
        """Is it a package, or named after a package in this folder?"""
        stems = [name[: dot.start()] for dot in re.finditer(r"[.]", name)]
        return name.endswith(ENDINGS) or any(
            stem + ending in self for stem in stems for ending in ENDINGS
        )

    def __contains__(self, name: str) -> bool:
        position = bisect_left(self._names, name)
        return position < len(self._names) and self._names[position] == name
