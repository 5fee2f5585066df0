"""Checks where a stamped copy of a package may be written."""

from __future__ import annotations

import os

from conda_provenance.packages.refusals import NotAllowed, PathLike, Refusal, shown_path


def require_free(package: PathLike, target: PathLike, *, overwrite: bool, dry_run: bool) -> None:
    """Refuse a target that exists. With ``overwrite`` only the package itself is refused."""
    if not os.path.lexists(target):
        folder = os.path.dirname(os.path.abspath(target))
        if not dry_run and not os.path.isdir(folder):
            raise Refusal(f"there is no folder {shown_path(folder)} for the copy; make it first")
        return

    if os.path.isdir(target):
        raise Refusal(f"{shown_path(target)} is a folder, and no file can take its place")

    is_package = os.path.exists(target) and os.path.samefile(package, target)
    if is_package or not overwrite:
        raise NotAllowed(f"{shown_path(target)} is there already; --force overwrites another file")


def in_existing_folder(path: str) -> str:
    """The path, or one in the nearest folder that exists: in a dry run no folder is made."""
    folder, name = os.path.split(path)
    while not os.path.lexists(folder) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
    return os.path.join(folder, name)
