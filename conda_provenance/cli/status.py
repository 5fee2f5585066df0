"""The exit status: one meaning for all commands."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from conda_provenance.errors import (
    PackageError,
    ProvenanceError,
    RefusedError,
    SettingsError,
    UnavailableError,
    UsageError,
)


class Status(IntEnum):
    """What a command's exit status says."""

    YES = 0
    """Yes, or done."""
    NO = 1
    """The answer is no: something was refused, or a package is not stamped."""
    MISUSED = 2  # argparse uses the same number.
    """The command line or a setting is wrong."""
    UNKNOWN = 3
    """It could not be told: a file cannot be read, or the output cannot be written."""
    INTERRUPTED = 130
    """Ctrl-C, as shells count it."""


def of_all(statuses: Iterable[Status]) -> Status:
    """The status of several answers: a no counts before what could not be told."""
    given = set(statuses)
    return next((each for each in (Status.NO, Status.UNKNOWN) if each in given), Status.YES)


def of_error(error: ProvenanceError) -> Status:
    """The status of a command that ends with this error."""
    if isinstance(error, UsageError | SettingsError):
        return Status.MISUSED

    if isinstance(error, UnavailableError):
        return Status.UNKNOWN

    is_unknown = isinstance(error, PackageError) and not isinstance(error, RefusedError)
    return Status.UNKNOWN if is_unknown else Status.NO
