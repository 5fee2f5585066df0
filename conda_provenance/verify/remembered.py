"""Packages that an earlier run found good enough, so that the next one asks only for what is new.

A package is its address with its sha256: another file under the same address is a new package. What
is good enough is decided elsewhere. Whoever can write the file decides what is never verified.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, TextIO

import msgspec
from msgspec import Meta, Struct

from conda_provenance.errors import UsageError
from conda_provenance.packages.files.once import plain_bytes
from conda_provenance.sources import Artifact
from conda_provenance.text import escape, json_text, redact_location
from conda_provenance.verify.rows import Row, is_accepted, is_by_exception

MAX_FILE = 256 << 20
"""Bytes of such a file: about a million packages."""

_Location = Annotated[str, Meta(min_length=1, max_length=4000)]
_Sha256 = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]


class _Document(Struct, tag_field="command", tag="verify --since-last", forbid_unknown_fields=True):
    version: Annotated[int, Meta(ge=1, le=1)]
    basis: _Sha256
    packages: dict[_Location, _Sha256]


class Remembered:
    """What is known of earlier runs. Nothing is, if they went by something else."""

    def __init__(self, basis: str, packages: dict[str, str] | None = None) -> None:
        """``basis``: a digest of all that decides whether a package is good enough."""
        self._basis = basis
        self._packages = packages or {}
        self.left_out = 0
        """Packages that were asked for and are known."""

    def leaves_out(self, found: object) -> bool:
        """Is it a package that was good enough, unchanged since? Then it is counted."""
        if not isinstance(found, Artifact) or not found.sha256:
            return False

        known = self._packages.get(redact_location(found.location))
        is_known = known is not None and known == found.sha256.lower()
        self.left_out += is_known
        return is_known

    def add(self, row: Row) -> None:
        """Remember a package, if the next run need not ask for it again.

        An exception of a policy ends on a day, so what stands on one is asked again.
        """
        if row["error"] is None and row["sha256"] and is_accepted(row) and not is_by_exception(row):
            self._packages[row["location"]] = row["sha256"]
        else:
            self._packages.pop(row["location"], None)

    def write(self, file: TextIO) -> None:
        """Write it for the next run."""
        body: dict[str, Any] = {
            "command": "verify --since-last",
            "version": 1,
            "basis": self._basis,
            "packages": self._packages,
        }
        file.write(f"{json_text(body, 0)}\n")


def basis_of(*parts: object) -> str:
    """A digest of what decides. Each part has a ``repr`` that says all of it."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def read_remembered(path: str, basis: str) -> tuple[Remembered, bool]:
    """Read the file, if there is one. Returns also whether it was made by something else.

    Raises :class:`~conda_provenance.errors.UsageError` if it is no such file.
    """
    try:
        data = plain_bytes(path, MAX_FILE + 1)
    except FileNotFoundError:
        return Remembered(basis), False
    except OSError as error:
        why = error.strerror or type(error).__name__
        shown = escape(redact_location(path), 300)
        raise UsageError(f"{shown} (--since-last) cannot be read: {why}.") from None

    if len(data) > MAX_FILE:
        raise _unusable(path, "is too large")

    try:
        document = msgspec.json.decode(data, type=_Document)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise _unusable(path, "is not what 'verify --since-last' writes") from None

    if document.basis != basis:
        return Remembered(basis), True
    return Remembered(basis, document.packages), False


def _unusable(path: str, why: str) -> UsageError:
    shown = escape(redact_location(path), 300)
    return UsageError(f"{shown} {why}: delete it, and every package is verified again.")
