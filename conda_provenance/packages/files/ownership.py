"""Who may use a file that takes the place of another: owner, group, mode, ACL, attributes.

Linux has attributes, and POSIX ACLs are among them. Elsewhere the mode is all that is known here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from conda_provenance.packages.refusals import NotAllowed, Refusal, shown_name

_MODE = 0o7777

_ACL = "system.posix_acl_access"
_PERMISSIONS = "system."
"""Attributes that say who may use the file begin like this. NFS and CIFS have some."""

_USER = "user."
_ABOUT_THE_BYTES = ("security.ima", "security.evm")
"""Signatures over what the old file held."""

_GET_FLAGS = 0x80086601
_KEPT = 0x10 | 0x20
"""The flags "immutable" and "append-only"."""

Attributes = Mapping[str, bytes | None]
"""The attributes of a file. ``None``: the value may not be read."""


def attributes_of(file: int | str) -> Attributes:
    """The attributes of an open file, or of the one at this path."""
    if not hasattr(os, "listxattr"):
        return {}

    try:
        names = os.listxattr(file)
    except OSError:  # The file system has none.
        return {}
    return {name: _value(file, name) for name in names if name not in _ABOUT_THE_BYTES}


def _value(file: int | str, name: str) -> bytes | None:
    try:
        return os.getxattr(file, name)
    except OSError:
        return None


def give_permissions(
    path: str, descriptor: int, old: os.stat_result, attributes: Attributes, *, exists: bool
) -> None:
    """Give the new file the mode and the attributes of the old one. Refused where we may not.

    ``path`` is for systems without fchmod. A copy (not ``exists``) needs only what keeps others
    from reading it: it may be on another kind of file system.
    """
    # A folder may give its new files an ACL, with which the mode means something else.
    for name in attributes_of(descriptor).keys() - attributes.keys():
        if name.startswith((_PERMISSIONS, _USER)):
            _remove(descriptor, name)

    # In this order: a file that may not be written takes no attributes, and to change the mode
    # would change other ACLs than POSIX ones.
    for name in sorted(attributes, key=_turn):
        if _turn(name) < 2:
            _give(descriptor, name, attributes[name], needed=_is_needed(name, exists=exists))
    _give_mode(path, descriptor, old)
    for name in attributes:
        if _turn(name) == 2:
            _give(descriptor, name, attributes[name], needed=_is_needed(name, exists=exists))


def _turn(name: str) -> int:
    """When an attribute is given: first, just before the mode, or after it."""
    if name == _ACL:
        return 1
    return 2 if name.startswith(_PERMISSIONS) else 0


def _is_needed(name: str, *, exists: bool) -> bool:
    return name == _ACL or (exists and name.startswith((_PERMISSIONS, _USER)))


def _give(descriptor: int, name: str, value: bytes | None, *, needed: bool) -> None:
    if value is not None and attributes_of(descriptor).get(name) == value:
        return

    try:
        if value is None:
            raise PermissionError(None, "it may not be read")
        os.setxattr(descriptor, name, value)
    except OSError as error:
        if needed:
            raise _not_kept(name, error) from None


def _remove(descriptor: int, name: str) -> None:
    try:
        os.removexattr(descriptor, name)
    except OSError as error:
        if name == _ACL:
            raise NotAllowed(
                "its folder gives new files an access control list, which cannot be removed"
                f" ({error.strerror}); have the folder's owner do it"
            ) from None


def _not_kept(name: str, error: OSError) -> Refusal:
    why = (error.strerror or type(error).__name__).rstrip(".")
    if name == _ACL:
        return NotAllowed(
            f"its access control list cannot be kept ({why}); have its owner do it, or remove the"
            " list with setfacl -b"
        )
    return NotAllowed(
        f"its attribute {shown_name(name)} cannot be kept ({why}); have its owner do it, or remove"
        " the attribute with setfattr -x"
    )


def _give_mode(path: str, descriptor: int, old: os.stat_result) -> None:
    mode = old.st_mode & _MODE
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, mode)
    else:
        os.chmod(path, mode)


def other_names(shown: str, status: os.stat_result) -> str | None:
    """The warning for a replaced file that has other names, which keep the old file."""
    count = status.st_nlink - 1
    if count < 1:
        return None

    names = (
        "another name (a hard link), which keeps"
        if count == 1
        else f"{count} other names (hard links), which keep"
    )
    return f"{shown} has {names} the file as it was."


def require_replaceable(path: str) -> None:
    """Refuse a file that the system keeps from being replaced, although we may write its folder."""
    for place in (path, os.path.dirname(path) or "."):
        if _flags(place) & _KEPT:
            what = "it" if place == path else "its folder"
            raise NotAllowed(f"{what} is immutable or append-only; remove that with chattr -ia")


def _flags(path: str) -> int:
    """Linux's flags of a file or folder; see ioctl_iflags(2). 0 where there are none."""
    try:
        import fcntl

        descriptor = os.open(path, os.O_RDONLY)
    except (ImportError, OSError):
        return 0

    flags = bytearray(8)
    try:
        fcntl.ioctl(descriptor, _GET_FLAGS, flags)
    except OSError:
        return 0
    finally:
        os.close(descriptor)
    return int.from_bytes(flags[:4], sys.byteorder)


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
