"""Where a commit is in a repository of our own, whose history may be cut off somewhere.

A cut may hide a commit. Then only what is seen counts, and "no" is no answer.
"""

from __future__ import annotations

from conda_provenance.git.throwaway import Throwaway
from conda_provenance.verify.repository import Position

_MAX_COMMIT = 1 << 20


def position_in(line: Throwaway, sha: str, tip: str) -> Position | None:
    """Where ``sha`` is, seen from ``tip``. ``None``: a cut may hide it.

    A cut right behind ``sha`` itself hides nothing of what came after it.
    """
    if line.first_found(tip, [sha], "--first-parent"):
        return Position.ON_LINE
    if line.boundaries() - {sha}:
        return None
    return Position.MERGED if line.first_found(tip, [sha]) else Position.ABSENT


def tips_with(line: Throwaway, sha: str) -> list[str] | None:
    """The fetched tips from which ``sha`` can be reached. ``None``: a cut may hide it."""
    if line.boundaries() - {sha}:
        return None
    if sha not in line.objects([sha], "commit", _MAX_COMMIT):
        return []

    answer = line.ask("for-each-ref", f"--contains={sha}", "--format=%(refname)", "refs/verify/t*")
    names = answer.decode("ascii", "replace").split()
    return [name.removeprefix("refs/verify/t") for name in names]
