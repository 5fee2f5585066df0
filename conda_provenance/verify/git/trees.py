"""``Trees``: the folders of commits, read once, since the commits of a repository share most.

Where they come from, and who asks for them, is not known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from conda_provenance.verify.git.objects import TreeEntry, check_id, parse_tree

_MAX_BYTES = 2 << 20
"""Of raw trees that are held. What is made of them takes ten times as much."""


class _Known(NamedTuple):
    raw: bytes
    entries: Sequence[TreeEntry]


class Trees:
    """Threads share it."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], _Known] = {}
        self._size = 0

    def entries(self, remote: str, id: str, raw: bytes) -> Sequence[TreeEntry]:
        """The lines of a raw tree, once it is known to be the one with this id.

        Raises :class:`~conda_provenance.errors.UnavailableError` if it is not, or is damaged.
        """
        known = self._known.get((remote, id))
        if known is not None and known.raw == raw:
            return known.entries

        check_id("tree", raw, id)
        entries = parse_tree(raw, len(id))
        self._keep((remote, id), _Known(raw, entries))
        return entries

    def _keep(self, key: tuple[str, str], known: _Known) -> None:
        if self._size + len(known.raw) > _MAX_BYTES:
            self._known, self._size = {}, 0
        if len(known.raw) <= _MAX_BYTES:
            self._known[key] = known
            self._size += len(known.raw)
