"""The entries of a folder that mark it as a work tree: ``.git``, and those of other systems.

It knows where a ``.git`` leads, or why it leads nowhere. It does not read the repository.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from conda_provenance.git.facts import EmptyGitDirError, UnreadableError

OTHER_SYSTEMS = {
    ".hg": "Mercurial",
    ".jj": "Jujutsu",
    ".sl": "Sapling",
    ".svn": "Subversion",
    ".bzr": "Bazaar or Breezy",
    ".pijul": "Pijul",
    "_darcs": "Darcs",
    ".fslckout": "Fossil",
    "_FOSSIL_": "Fossil",
    "CVS/Root": "CVS",
    ".bk": "BitKeeper",
    "BitKeeper/etc": "BitKeeper",
    ".osc": "Open Build Service",
    ".got": "Game of Trees",
    ".p4config": "Perforce",
    ".plastic": "Plastic SCM",
    "$tf": "Team Foundation Version Control",
    "_MTN": "Monotone",
    "{arch}": "GNU Arch",
}
"""Version control systems other than git, by the entry that marks their work trees."""

_MAX_GITFILE = 1 << 16


def other_system(folder: Path) -> str | None:
    """The system other than git that ``folder`` is a work tree of, or ``None``."""
    return next(
        (name for entry, name in OTHER_SYSTEMS.items() if os.path.lexists(folder / entry)), None
    )


def resolve(entry: Path) -> Path:
    """The git directory that a ``.git`` leads to.

    Raises :class:`UnreadableError` if it leads nowhere. If there is a git program, git decides, and
    this function only explains why.
    """
    try:
        mode = os.stat(entry).st_mode
        git_dir = entry if stat.S_ISDIR(mode) else _read_gitfile(entry, mode)
        if not os.path.isdir(git_dir):
            raise UnreadableError("the git directory that .git names is not there")

        if not os.listdir(git_dir):
            raise EmptyGitDirError

        if not os.path.lexists(git_dir / "HEAD"):
            raise UnreadableError("the git directory holds no HEAD")

        return git_dir
    except FileNotFoundError:
        raise UnreadableError(".git is a link that leads nowhere") from None
    except OSError as error:
        raise UnreadableError(error.strerror or type(error).__name__) from None


def folders_without_git(outer: Path, inner: Path) -> Iterator[Path]:
    """The folders between the two, ``inner`` included, that have no ``.git`` of their own."""
    for folder in (inner, *inner.parents):
        if folder == outer:
            return

        if not os.path.lexists(folder / ".git"):
            yield folder


def without_git(submodule: Path) -> UnreadableError:
    """The error for a submodule without a ``.git``."""
    return UnreadableError("it is a submodule, and its .git is missing", submodule)


def _read_gitfile(entry: Path, mode: int) -> Path:
    if not stat.S_ISREG(mode):
        raise UnreadableError(".git is neither a file nor a folder")

    with open(entry, "rb") as file:
        content = file.read(_MAX_GITFILE)

    keyword, _, name = os.fsdecode(content).rstrip("\r\n").partition("gitdir: ")
    if keyword or not name or "\0" in name:
        raise UnreadableError("the .git file names no git directory")

    return entry.parent / name
