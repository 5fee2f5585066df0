"""The types that hold what is known of a recipe's version control."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from conda_provenance.git.configuration import Configuration


class GitFacts(NamedTuple):
    """What is known of a recipe's version control."""

    sha: str | None = None
    """Full hash of HEAD. ``""`` when the recipe is not under version control, ``None`` when there
    is no repository, or none that can be read."""
    remote_url: str | None = None
    dirty: bool | None = None
    """Does the recipe's folder differ from the commit? ``None`` when that is not known."""
    warnings: tuple[str, ...] = ()
    unreadable: str | None = None
    """The work tree of a repository that cannot be read, or that is not git's. Then nothing is
    known, not even that the recipe is not under version control."""
    read_parents: Callable[[], tuple[str, ...]] | None = None
    changed: tuple[str, ...] = ()
    """The files that make it dirty, or folders of new files, named from the work tree on."""
    elsewhere: tuple[Path, ...] = ()
    """What links in the recipe's folder lead to, and submodules in it. What
    :func:`~conda_provenance.git.read_git` says of ``dirty`` covers these too."""

    def parents(self) -> tuple[str, ...]:
        """The parents of the commit, or none where they are not known. Each call asks again."""
        return self.read_parents() if self.read_parents is not None else ()


class Candidate(NamedTuple):
    """A folder around a recipe that holds a ``.git``, which may or may not track the recipe."""

    recipe: Path
    """The recipe's file, or a folder; no part of the path is a symbolic link."""
    folder: Path
    """The recipe's folder, or the folder of its file."""
    work_tree: Path
    scope: Path
    """What must be as it is in the commit: the recipe's folder, or one file alone."""

    @property
    def entry(self) -> Path:
        """The ``.git`` folder, file or link."""
        return self.work_tree / ".git"

    @property
    def name(self) -> str:
        """The recipe within the work tree, as git writes it."""
        return self.recipe.relative_to(self.work_tree).as_posix()


class Reading(NamedTuple):
    """What one repository says of a recipe."""

    sha: str = ""
    """Full hash of HEAD; empty where HEAD's commit does not hold the recipe."""
    branch: str | None = None
    dirty: bool | None = None
    is_added: bool = False
    """Is the recipe in the index, but in no commit?"""
    configuration: Configuration | None = None
    """``None`` where it cannot be read."""
    read_parents: Callable[[], tuple[str, ...]] | None = None
    changed: tuple[str, ...] = ()
    rewrite: Callable[[str], str | None] | None = None
    """Gives the address that git would use for a configured one, or for the name of a remote."""
    warnings: tuple[str, ...] = ()
    elsewhere: tuple[Path, ...] = ()
    """What links in the scope lead to, and submodules in it."""


class UnreadableError(Exception):
    """A repository that is there but cannot be read. The message says why, and repeats nothing that
    the repository says."""

    def __init__(self, why: str, work_tree: Path | None = None) -> None:
        """``work_tree`` is given where it is not the one that was asked about."""
        super().__init__(why)
        self.work_tree = work_tree


class EmptyGitDirError(UnreadableError):
    """A ``.git`` folder with nothing in it. git itself skips it and looks further out."""

    def __init__(self) -> None:
        super().__init__("the git directory is empty")
