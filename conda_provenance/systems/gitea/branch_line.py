"""``BranchLine``: the newest commits of a branch, and which merge brought one that is beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct


class LogEntry(Struct):
    """A commit, named in a list."""

    sha: str


class BranchLine:
    """The log of a branch: its commits with their parents, the tip first."""

    def __init__(self, log: Iterable[tuple[str, Sequence[str]]]) -> None:
        self._parents = dict(log)
        self._line = self._first_parents()

    def _first_parents(self) -> list[str]:
        line: list[str] = []
        sha = next(iter(self._parents), None)
        while sha in self._parents and sha not in line:
            line.append(sha)
            parents = self._parents[sha]
            sha = parents[0] if parents else None
        return line

    def after(self, sha: str) -> Sequence[str]:
        """The commits that followed this one on the branch's own line, the next one first."""
        index = self._line.index(sha) if sha in self._line else 0
        return self._line[:index][::-1]

    def has_before(self, older: str, sha: str) -> bool:
        """Do both lie on the line, and this one first? The line is not known to its beginning."""
        if sha not in self._line:
            return False
        return older not in self._line or self._line.index(older) > self._line.index(sha)

    def merge_that_brought(self, sha: str) -> str | None:
        """The commit of the line through which one beside it came in."""
        if sha in self._line:
            return None

        # The oldest merge that reaches it brought it in.
        for merge in reversed(self._line):
            if any(self._reaches(parent, sha) for parent in self._parents[merge][1:]):
                return merge
        return None

    def _reaches(self, start: str, sha: str) -> bool:
        seen: set[str] = set()
        waiting = [start]
        while waiting:
            commit = waiting.pop()
            if commit == sha:
                return True
            if commit not in seen:
                seen.add(commit)
                waiting += self._parents.get(commit, ())
        return False
