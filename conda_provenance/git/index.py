"""The list of a recipe's files in the index: which of them have their content elsewhere.

git's status says of a link only whether it still leads to the same place, and of a submodule only
which commit it is at. It does not read what they lead to.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from conda_provenance.git.facts import Candidate

_LINK = b"120000"
_SUBMODULE = b"160000"

Entry = tuple[bytes, bytes]
"""A file's mode, and its name within the work tree."""


def parse_index(listing: bytes) -> list[Entry]:
    """The entries that ``git ls-files --stage -z`` and ``git ls-tree -z`` print."""
    pairs = (line.partition(b"\t")[::2] for line in listing.split(b"\0") if line)
    return [(head[:6], name) for head, name in pairs]


def names_of(entries: list[Entry], candidate: Candidate) -> set[bytes]:
    """The names of the recipe's file, or of all files in the recipe's folder."""
    name = os.fsencode(candidate.name)
    inside = b"" if name == b"." else name + b"/"
    return {
        each
        for mode, each in entries
        # The recipe's folder may be a submodule itself. That is an entry without files.
        if (each == name and mode != _SUBMODULE) or each.startswith(inside)
    }


def places_elsewhere(entries: list[Entry], candidate: Candidate) -> tuple[Path, ...]:
    """What the links in the recipe's folder lead to outside of it, and the submodules in it."""
    return tuple(dict.fromkeys(_places_elsewhere(entries, candidate)))


def _places_elsewhere(entries: list[Entry], candidate: Candidate) -> Iterator[Path]:
    for mode, name in entries:
        if mode not in (_LINK, _SUBMODULE):
            continue

        path = candidate.work_tree / os.fsdecode(name)
        if mode == _SUBMODULE and _holds_files(path):
            yield path
        elif mode == _LINK:
            target = Path(os.path.realpath(path))
            if os.path.exists(target) and not target.is_relative_to(candidate.scope):
                yield target


def _holds_files(folder: Path) -> bool:
    """Is a submodule checked out? Without its ``.git``, nobody knows whether it has changed."""
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is not None
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
