"""``Reading``: what came of reading one package. What its claim is worth is not known here."""

from __future__ import annotations

import re
import traceback
from typing import NamedTuple

from conda_provenance.errors import ProvenanceError
from conda_provenance.log import logger
from conda_provenance.packages import PackageClaim
from conda_provenance.sources import Artifact, Found, Unreadable
from conda_provenance.text import escape, redact_location

_MAX_SHOWN = 300


class Reading(NamedTuple):
    """What came of reading one package.

    Of a :class:`~conda_provenance.sources.NotConda` there is neither a claim nor an error.
    """

    found: Found
    package: PackageClaim | None = None
    """What it says. ``None``: it could not be read, or it is not a conda package."""
    error: str | None = None
    """Why it could not be read: one sentence, fit to be shown."""


def read_found(found: Found, *, thorough: bool = False) -> Reading:
    """Read one package. Whatever is wrong with it becomes the error of its reading."""
    if isinstance(found, Unreadable):
        return Reading(found, error=found.why)

    if not isinstance(found, Artifact):
        return Reading(found)

    try:
        return Reading(found, found.contents.claim(thorough=thorough))
    except ProvenanceError as error:
        return Reading(found, error=str(error))
    except Exception as error:
        return reading_of_fault(found, error)


def reading_of_fault(found: Found, error: BaseException) -> Reading:
    """The reading of a package whose reader crashed. That is a fault of ours.

    The other packages must be read all the same. The error's own text may hold a secret.
    """
    frames = "".join(traceback.format_tb(error.__traceback__))
    logger().debug("%s in a package's reader:\n%s", type(error).__name__, frames)
    place = escape(redact_location(found.location), _MAX_SHOWN)
    return Reading(
        found,
        error=f"{place} cannot be read because of a fault in conda-provenance "
        f"({type(error).__name__}): please report it, with what -v prints.",
    )


def waits_for_a_server(artifact: Artifact) -> bool:
    """Can it take a while to read this, although there is little to do?

    The contents say so themselves, by an attribute ``is_remote``.
    """
    is_remote = getattr(artifact.contents, "is_remote", None)
    if is_remote is None:
        return re.match(r"(?i:https?|oci)://", artifact.location) is not None

    return bool(is_remote)
