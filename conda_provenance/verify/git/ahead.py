"""``Ahead``: raw commits and trees, read for all packages of a repository at once.

One git process for each depth of folders, rather than some for each package. It is a help only:
what is not here is read one by one, and what is wrong with an object is said by who asks for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress

from conda_provenance.errors import UnavailableError
from conda_provenance.git.throwaway import Throwaway
from conda_provenance.verify.git.objects import TREE, parse_commit, parse_tree

_MAX_BYTES = 8 << 20
_MAX_DEPTH = 12


class Ahead:
    """Each object is handed out once: answers are kept elsewhere."""

    def __init__(self) -> None:
        self._raw: dict[str, bytes] = {}
        self._size = 0
        self._read: set[str] = set()

    def take(self, ids: Iterable[str]) -> dict[str, bytes]:
        """Those of the objects that were read."""
        return {each: self._raw.pop(each) for each in ids if each in self._raw}

    def read(self, home: Throwaway, shas: Sequence[str], *, with_files: bool) -> None:
        """Read commits, and the folders that they have."""
        new = [sha for sha in shas if sha not in self._read]
        self._read.update(new)
        with suppress(UnavailableError):
            self._read_from(home, new, with_files)

    def _read_from(self, home: Throwaway, shas: Sequence[str], with_files: bool) -> None:
        commits = self._keep(home, shas, "commit")
        trees = {parse_commit(sha, raw).tree for sha, raw in commits.items()}
        for _ in range(_MAX_DEPTH if with_files else 0):
            new = sorted(trees - self._raw.keys())
            if not new:
                return
            found = self._keep(home, new, "tree")
            trees = {
                line.entry.id
                for each, raw in found.items()
                for line in parse_tree(raw, len(each))
                if line.entry.mode == TREE
            }

    def _keep(self, home: Throwaway, ids: Sequence[str], kind: str) -> dict[str, bytes]:
        found = home.objects(ids, kind, _MAX_BYTES - self._size)
        self._size += sum(map(len, found.values()))
        self._raw |= found
        return found
