"""Finds the submodule that a recipe lies in, where that submodule's own ``.git`` is missing.

The repository around it tracks the submodule as a whole and none of its files, so a recipe in it
would look like one that nobody tracks. This module does not read the submodule: there is nothing to
read.
"""

from __future__ import annotations

import os
from pathlib import Path

from conda_provenance.git.command import Git, GitError, find_program
from conda_provenance.git.facts import Candidate
from conda_provenance.git.index import parse_index
from conda_provenance.git.markers import folders_without_git, without_git
from conda_provenance.git.version import OLDEST, asking_version

_FILE = ".gitmodules"
_PATHS = r"^submodule\..*\.path$"
_LINK_MODE = b"160000"
"""The mode of a submodule's entry in an index, and in a commit's tree."""


def check_index(git: Git, candidate: Candidate) -> None:
    """Raise :class:`UnreadableError` if the index has a submodule where the recipe lies."""
    for folder in folders_without_git(candidate.work_tree, candidate.folder):
        entry = git.start("ls-files", "--stage", "-z", "--", str(folder))
        if entry.first(len(_LINK_MODE)) == _LINK_MODE:
            raise without_git(folder)


def check_commit(git: Git, candidate: Candidate) -> None:
    """The same for HEAD's commit, which says what is tracked where there is no index."""
    for folder in folders_without_git(candidate.work_tree, candidate.folder):
        name = folder.relative_to(candidate.work_tree).as_posix()
        entries = parse_index(git.ask("ls-tree", "-z", "HEAD", "--", name))
        # Of a path in a submodule, an old git says which submodule it is.
        if (_LINK_MODE, os.fsencode(name)) in entries:
            raise without_git(folder)


def check_declarations(place: Path, folder: Path, time_limit: float) -> None:
    """Raise :class:`UnreadableError` if ``.gitmodules`` has a submodule where the recipe lies.

    It is for a ``place`` that has lost its ``.git`` too, as in a container's image.
    """
    folders = {str(each): each for each in folders_without_git(place, folder)}
    declared = _declared(place, time_limit) if folders else []
    for path in declared:
        submodule = folders.get(os.path.normpath(place / path))
        if submodule is not None:
            raise without_git(submodule)


def _declared(place: Path, time_limit: float) -> list[str]:
    """The paths of the submodules, or none if ``.gitmodules`` cannot be read."""
    try:
        program = find_program()
        if program is not None and _version(program, time_limit)[:2] >= OLDEST:
            return _ask(program, place, time_limit)
    except GitError:
        return []

    from conda_provenance.git.library import read_submodules

    return read_submodules(place / _FILE)


def _version(program: str, time_limit: float) -> tuple[int, ...]:
    with asking_version(program, time_limit) as version:
        return version()


def _ask(program: str, place: Path, time_limit: float) -> list[str]:
    # There is no repository. git is told so, or it would look for one further out.
    with Git(program, place / ".git", place, time_limit=time_limit) as git:
        listing = git.start("config", "-z", "--file", _FILE, "--get-regexp", _PATHS)
        entries = os.fsdecode(listing.output(accepted=(0, 1))).split("\0")

    return [entry.partition("\n")[2] for entry in entries if entry]
