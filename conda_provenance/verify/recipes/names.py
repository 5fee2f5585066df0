"""Names of files that some systems write in another way than they were committed.

An old macOS takes letters and their accents apart. What such files hold is not known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple
from unicodedata import normalize


class Names(NamedTuple):
    """How the names in a package lead to those of a commit."""

    composed: Mapping[str, str]
    """The commit's names, by those in the package that are written in another way."""
    unsure: frozenset[str]
    """Names of either that fall together with another one, so nobody can tell which is which."""

    def of(self, name: str) -> str:
        """The commit's name."""
        return self.composed.get(name, name)


def pair_names(packaged: Iterable[str], tracked: Iterable[str]) -> Names:
    """Pair the names that are the same once their letters are put together."""
    ours, theirs = _by_form(packaged), _by_form(tracked)
    composed: dict[str, str] = {}
    unsure: set[str] = set()
    for form in ours.keys() & theirs.keys():
        here, there = ours[form], theirs[form]
        if here == there:
            continue
        if len(here) == len(there) == 1:
            composed[here.pop()] = there.pop()
        else:
            unsure |= here | there
    return Names(composed, frozenset(unsure))


def _by_form(names: Iterable[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name in names:
        if not name.isascii():
            found.setdefault(normalize("NFC", name), set()).add(name)
    return found
