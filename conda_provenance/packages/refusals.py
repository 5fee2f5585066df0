"""Turns everything that can go wrong with somebody's file into one sentence.

Formats are not known here.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

from conda_provenance.errors import PackageError, RefusedError
from conda_provenance.log import logger
from conda_provenance.text import escape, redact_location

PathLike: TypeAlias = str | os.PathLike[str]

MAX_NAME = 255
"""Characters of a name within a package that a message shows."""

_MAX_PATH = 1500
"""Characters of a path that a message shows."""


class Refusal(Exception):
    """Why a file is refused, and the remedy if there is one.

    The message is the second half of a sentence. The file's name is not in it.
    """


class NotAllowed(Refusal):
    """The file is sound, but the caller did not allow this change, or may not make it."""


class ChangedMeanwhile(Refusal):
    """Another program wrote the file between our reading and our replacing it."""

    def __init__(self) -> None:
        super().__init__("another program changed it meanwhile; try again")


@contextmanager
def refusals(path: PathLike, doing: str) -> Iterator[None]:
    """Raise every fault of the file ``path`` in this block as a :class:`PackageError`.

    ``doing`` is a participle, as in "cannot be read".
    """
    try:
        yield
    except (PackageError, GeneratorExit):
        raise
    except NotAllowed as refusal:
        raise RefusedError(_sentence(path, doing, str(refusal))) from None
    except Refusal as refusal:
        raise _error(path, doing, str(refusal)) from (refusal.__cause__ or None)
    except OSError as error:
        raise _error(path, doing, _reason(error)) from error
    except RecursionError as error:
        raise _error(path, doing, "its JSON is nested too deeply") from error
    except (ValueError, EOFError, ArithmeticError, LookupError, struct.error, MemoryError) as error:
        # The parsers refuse what they foresee. What they do not foresee is the file's fault too,
        # and must not crash the caller.
        logger().debug("Why %s cannot be %s", shown_path(path), doing, exc_info=error)
        kind = f"{type(error).__module__}.{type(error).__name__}".removeprefix("builtins.")
        raise _error(path, doing, f"it is damaged ({kind})") from error


def shown_path(path: PathLike) -> str:
    """The path as it was given, fit for a terminal and a log. It may be an address by mistake."""
    return escape(redact_location(os.fspath(path)), _MAX_PATH)


def shown_name(name: str) -> str:
    """The name of something within a package, fit for a terminal and a log."""
    return escape(name, MAX_NAME)


def _error(path: PathLike, doing: str, reason: str) -> PackageError:
    return PackageError(_sentence(path, doing, reason))


def _sentence(path: PathLike, doing: str, reason: str) -> str:
    return f"{shown_path(path)} cannot be {doing}: {reason}."


def _reason(error: OSError) -> str:
    # str(error) would repeat the path, unescaped.
    return (error.strerror or type(error).__name__).rstrip(".").replace("\n", " ")
