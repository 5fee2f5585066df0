"""``Shard``: one of N parts of a survey, chosen by checksums. Which machine reads it is not known.

Every machine sees the same list, and takes what is its own. No library and no server is needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from conda_provenance.errors import UsageError
from conda_provenance.sources import Found, NotConda, Unreadable
from conda_provenance.text import escape

MAX_COUNT = 100_000

_HEX = re.compile(r"[0-9A-Fa-f]{8}")


@dataclass(frozen=True, slots=True)
class Shard:
    """Part ``number`` of ``count``. The first is 1."""

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read ``I/N``. Raises :class:`~conda_provenance.errors.UsageError`."""
        match = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text.strip(), re.ASCII)
        if match is None:
            raise UsageError(
                f"--shard takes I/N, such as 1/4 for the first of four parts, not "
                f"{escape(text, 40)!r}."
            )

        number, count = int(match[1]), int(match[2])
        if not 1 <= count <= MAX_COUNT:
            raise UsageError(f"--shard takes I/N with an N from 1 to {MAX_COUNT:,}.")
        if not 1 <= number <= count:
            raise UsageError(
                f"--shard {number}/{count}: the parts are 1/{count} to {count}/{count}."
            )
        return cls(number, count)

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    def holds(self, found: Found) -> bool:
        """Is this package in this part?

        What is unreadable before any package is found, such as an index, is in every part: no part
        may look whole where something is missing.
        """
        return isinstance(found, Unreadable) or _part(found) % self.count == self.number - 1

    def of(self, found: Iterable[Found]) -> Iterator[Found]:
        """What is in this part."""
        return filter(self.holds, found)


def _part(found: Found) -> int:
    """By the sha256, which spreads evenly; without one, by the address."""
    sha256 = None if isinstance(found, NotConda | Unreadable) else found.sha256
    if sha256 and (match := _HEX.match(sha256)):
        return int(match[0], 16)

    from hashlib import sha256 as digest

    named = f"{found.location}\n{found.name}".encode("utf-8", "surrogatepass")
    return int(digest(named).hexdigest()[:8], 16)
