"""Owner, group and mode of a file that takes the place of another."""

from __future__ import annotations

import os

from conda_provenance.packages.refusals import NotAllowed

_MODE = 0o7777


def give_mode(path: str, descriptor: int, old: os.stat_result) -> None:
    """Give the new file the mode of the old one. ``path`` is for systems without fchmod."""
    mode = old.st_mode & _MODE
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, mode)
    else:
        os.chmod(path, mode)


def give_owner(descriptor: int, old: os.stat_result) -> None:
    """Give the new file the owner and group of the old one. Refused where we may not."""
    if not hasattr(os, "fchown"):
        return

    new = os.fstat(descriptor)
    if (new.st_uid, new.st_gid) == (old.st_uid, old.st_gid):
        return

    try:
        os.fchown(descriptor, old.st_uid, old.st_gid)
    except PermissionError:
        raise NotAllowed(
            "it belongs to another user or group, which would be lost; have its owner do it"
        ) from None
