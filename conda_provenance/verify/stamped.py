"""The commit that a package names, and the repository that has to have it."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from conda_provenance.text import show
from conda_provenance.values import is_full_sha
from conda_provenance.verify.check import Case, World
from conda_provenance.verify.repository import Repository

_MAX_SHOWN = 300


class Stamped(NamedTuple):
    """What the package says about its origin, in a form that can be asked."""

    sha: str
    repository: Repository

    @property
    def place(self) -> str:
        """The repository's address, for a sentence."""
        return _shown(str(self.repository.remote))


@lru_cache(maxsize=1000)
def _shown(address: str) -> str:
    return show(address, _MAX_SHOWN)


def stamped(case: Case, world: World) -> Stamped | None:
    """``None``: the package names no whole commit hash, or no repository that can be asked."""
    remote, sha = case.subject.remote, case.subject.sha
    if remote is None or sha is None or not is_full_sha(sha):
        return None
    return Stamped(sha, world.repositories.of(remote))


NAMES_NO_COMMIT = "The package names no commit of a repository."
NO_SUCH_COMMIT = "There is no such commit in the repository."
