"""``Line``: where commits are in a repository of our own, whose history may be cut off somewhere.

A cut may hide a commit. Then only what is seen counts, and "no" is no answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from conda_provenance.git.throwaway import Throwaway
from conda_provenance.verify.repository import Position

MAX_COMMIT = 1 << 20
"""Bytes of a raw commit."""


class _Seen(NamedTuple):
    wanted: frozenset[str] = frozenset()
    found: frozenset[str] = frozenset()


class Line:
    """A repository with the history of some tips."""

    def __init__(self, repository: Throwaway) -> None:
        self.repository = repository
        self.tips: set[str] = set()
        """What was fetched with its history."""
        self._seen: dict[tuple[str, ...], _Seen] = {}

    def is_cut(self, sha: str = "") -> bool:
        """Is the history cut off, other than behind ``sha`` itself?

        That hides nothing of what came after it.
        """
        return bool(self.repository.boundaries() - {sha})

    def position(self, sha: str, tip: str, others: Iterable[str] = ()) -> Position | None:
        """Where ``sha`` is, seen from ``tip``. ``None``: a cut may hide it.

        ``others`` will be asked for, too.
        """
        if self._comes_to(sha, (tip, "--first-parent"), others):
            return Position.ON_LINE
        if self.is_cut(sha):
            return None
        return Position.MERGED if self._comes_to(sha, (tip,), others) else Position.ABSENT

    def _comes_to(self, sha: str, way: tuple[str, ...], others: Iterable[str]) -> bool:
        seen = self._seen.get(way, _Seen())
        if sha not in seen.wanted:
            wanted = seen.wanted.union([sha], others)
            tip, *options = way
            seen = _Seen(wanted, self.repository.first_found(tip, wanted, *options))
            self._seen[way] = seen
        return sha in seen.found

    def tips_with(self, sha: str) -> list[str] | None:
        """The fetched tips from which ``sha`` can be reached. ``None``: a cut may hide it."""
        if self.is_cut(sha):
            return None
        if sha not in self.repository.objects([sha], "commit", MAX_COMMIT):
            return []

        answer = self.repository.ask(
            "for-each-ref", f"--contains={sha}", "--format=%(refname)", "refs/verify/t*"
        )
        names = answer.decode("ascii", "replace").split()
        return [name.removeprefix("refs/verify/t") for name in names]
