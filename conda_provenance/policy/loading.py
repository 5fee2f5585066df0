"""Finds policies: the ready ones of this package, and files. What is in them is not known here."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from functools import cache

from conda_provenance.condarc import Setting
from conda_provenance.errors import SettingsError, UsageError
from conda_provenance.policy.policy import Policy
from conda_provenance.policy.reading import MAX_SIZE, parse_policy
from conda_provenance.text import escape, redact_location

_FOLDER = os.path.join(os.path.dirname(__file__), "policies")
_ENDING = ".toml"


def load_policy(wanted: str, known_checks: Collection[str] | None = None) -> Policy:
    """The policy that a user named: a ready one by its name, or a file by its path.

    It is a path if it looks like one: it has a slash (or a backslash on Windows) in it, or ends in
    ``.toml``. Raises :class:`~conda_provenance.errors.UsageError` if there is none, and
    :class:`~conda_provenance.policy.PolicyError` if it is wrong.
    """
    if looks_like_path(wanted):
        path = os.path.expanduser(wanted)
        return parse_policy(_read(path, wanted), _name(path), wanted, known_checks)

    if wanted not in ready_policies():
        shown = escape(redact_location(wanted), 200) or repr("")
        raise UsageError(
            f"There is no ready policy {shown}: they are {', '.join(ready_policies())}; for a file "
            "of yours, write its path, such as ./policy.toml."
        )
    return parse_policy(_read(ready_path(wanted), wanted), wanted, wanted, known_checks)


def looks_like_path(wanted: str) -> bool:
    """Is this the path of a file, and no name of a ready policy?"""
    has_slash = "/" in wanted or os.sep in wanted
    return has_slash or wanted.lower().endswith(_ENDING)


def parse_policy_name(value: object) -> str:
    """A ready policy's name, or an absolute path. Raises :class:`ValueError`.

    A relative path would be looked for in whatever folder a command is run.
    """
    wanted = str(value).strip()
    if not wanted:
        return ""

    if not looks_like_path(wanted):
        if wanted in ready_policies():
            return wanted
        raise ValueError

    path = os.path.expanduser(wanted)
    if not os.path.isabs(path):
        raise ValueError
    return path


def load_policy_of(
    setting: Setting, wanted: str, known_checks: Collection[str] | None = None
) -> Policy:
    """The policy that a key names. Raises :class:`SettingsError`, which names the key."""
    try:
        return load_policy(wanted, known_checks)
    except UsageError as error:
        raise SettingsError(
            f"plugins.{setting.name} names a policy that is no good: {error}"
        ) from None


@cache
def ready_policies() -> tuple[str, ...]:
    """The names of the policies that this package brings."""
    names = [each for each in os.listdir(_FOLDER) if each.endswith(_ENDING)]
    return tuple(sorted(each.removesuffix(_ENDING) for each in names))


def ready_path(name: str) -> str:
    """The file of a ready policy."""
    return os.path.join(_FOLDER, f"{name}{_ENDING}")


def _read(path: str, given: str) -> bytes:
    shown = escape(redact_location(given), 500)
    try:
        with open(path, "rb") as file:
            # One byte more tells that it is too large.
            return file.read(MAX_SIZE + 1)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise UsageError(f"The policy {shown} cannot be read: {why}.") from None
    except ValueError:
        raise UsageError(f"The policy {shown} cannot be read: it is no path.") from None


def _name(path: str) -> str:
    """What a file's policy is called in sentences: as the file. No ready one ends in .toml."""
    return re.sub(r"[^\w.+-]", "_", os.path.basename(path))[-100:] or "policy"
