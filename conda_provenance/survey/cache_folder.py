"""Finds the cache's folder, and checks that nobody else can write to it. It opens no cache."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping

from conda_provenance.errors import UnavailableError
from conda_provenance.text import escape, redact_location

VARIABLE = "CONDA_PROVENANCE_CACHE_DIR"
"""The environment variable that names another folder."""

_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


class NoCacheError(UnavailableError):
    """There can be no cache there. The message says why, in one sentence."""


def cache_folder(environ: Mapping[str, str]) -> str:
    """The user's folder for this project's cache. It may not exist yet."""
    given = environ.get(VARIABLE)
    if given:
        return os.path.abspath(given)

    from platformdirs import user_cache_dir

    return user_cache_dir("conda-provenance", appauthor=False)


def make_folder(folder: str) -> None:
    """Make the folder, which only its owner may enter, unless it is there.

    Raises :class:`NoCacheError` where somebody else could write into it.
    """
    try:
        os.makedirs(os.path.dirname(folder), exist_ok=True)
        if not os.path.isdir(folder):
            _make_private(folder)
        require_own(folder)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise NoCacheError(f"The cache's folder {shown(folder)} cannot be used: {why}.") from None


def _make_private(folder: str) -> None:
    try:
        os.mkdir(folder, 0o700)
    except FileExistsError:  # Another process was quicker, unless it is something else.
        if not os.path.isdir(folder):
            raise


def require_own(folder: str) -> None:
    """Raise :class:`NoCacheError` if others may write into ``folder``, or it is another user's.

    What they write there would be reported as what packages say.
    """
    if os.name == "nt":
        return  # A user's folders are their own there.

    for status in (os.stat(folder), os.lstat(folder)):
        if status.st_uid != os.geteuid():
            raise NoCacheError(
                f"The cache's folder {shown(folder)} belongs to another user: set {VARIABLE} to a "
                "folder of your own."
            )

    if os.stat(folder).st_mode & _OTHERS_WRITE:
        raise NoCacheError(
            f"Others may write into the cache's folder {shown(folder)}: make it private with "
            f"'chmod 700', or set {VARIABLE} to another folder."
        )


def shown(path: str) -> str:
    """A path of the cache in a message."""
    return escape(redact_location(path), 1000)
