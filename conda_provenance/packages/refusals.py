"""Turns everything that can go wrong with somebody's file into one sentence; knows nothing of formats."""

from __future__ import annotations

import logging
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

from conda_provenance.errors import PackageError

log = logging.getLogger(__name__)

PathLike: TypeAlias = str | os.PathLike[str]


class Refusal(Exception):
    """Why a file is refused, and the remedy if there is one: the half of a sentence, without the file's name."""


class ChangedMeanwhile(Refusal):
    """Another program wrote the file between our reading and our replacing it."""

    def __init__(self) -> None:
        super().__init__("another program changed it meanwhile; try again")


@contextmanager
def refusals(path: PathLike, doing: str) -> Iterator[None]:
    """Within this block, a fault of the file ``path`` is raised as :class:`PackageError`; ``doing`` as in "cannot be read"."""
    try:
        yield
    except (PackageError, GeneratorExit):
        raise
    except Refusal as refusal:
        raise PackageError(f"{base_name(path)} cannot be {doing}: {refusal}.") from (
            refusal.__cause__ or None
        )
    except OSError as error:
        raise PackageError(f"{base_name(path)} cannot be {doing}: {_why(error)}.") from error
    except RecursionError as error:
        raise PackageError(
            f"{base_name(path)} cannot be {doing}: its JSON is nested too deeply."
        ) from error
    except (ValueError, EOFError, ArithmeticError, LookupError, struct.error, MemoryError) as error:
        # The parsers refuse what they foresee. What they do not is the file's fault as well, and no caller's crash.
        log.debug("Why %s cannot be %s", base_name(path), doing, exc_info=error)
        kind = f"{type(error).__module__}.{type(error).__name__}".removeprefix("builtins.")
        raise PackageError(
            f"{base_name(path)} cannot be {doing}: it is damaged ({kind})."
        ) from error


def base_name(path: PathLike) -> str:
    """The file's name alone, fit for a terminal and a log."""
    text = os.fspath(path)
    return harmless(os.path.basename(text.rstrip(os.sep)) or text)


def harmless(text: str, limit: int = 255) -> str:
    """``text`` with everything that is not printable escaped, and cut at ``limit`` characters."""
    shown = "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text[:limit]
    )  # fmt: skip
    return shown if len(text) <= limit else shown + "…"


def _why(error: OSError) -> str:
    # str(error) would repeat the path, unescaped.
    return (error.strerror or type(error).__name__).rstrip(".").replace("\n", " ")
