"""Reads lists of TARGETs, ``@FILE`` and ``-``: one a line. What a TARGET means is not known here.

Empty lines and lines that begin with a ``#`` are left out.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable

from conda_provenance.errors import UsageError
from conda_provenance.sources.byte_order_marks import split_mark
from conda_provenance.text import escape, redact_location

MAX_LIST = 64 << 20
"""Bytes of a list. That is enough for half a million addresses."""

_STANDARD_INPUT = ("-", "@-")


def expand_lists(targets: Iterable[str]) -> tuple[str, ...]:
    """The targets, with those of each list in the place of the list.

    A path in a list is relative to the working folder, as if it had been typed.
    """
    expanded: list[str] = []
    for target in targets:
        if target in _STANDARD_INPUT:
            expanded += _lines(_read_standard_input(), "standard input")
        elif target.startswith("@"):
            path = target[1:]
            expanded += _lines(_read_file(path), escape(redact_location(path), 300))
        else:
            expanded.append(target)
    return tuple(expanded)


def _read_standard_input() -> bytes:
    return sys.stdin.buffer.read(MAX_LIST + 1)


def _read_file(path: str) -> bytes:
    shown = escape(redact_location(path), 300)
    try:
        if stat.S_ISDIR(os.stat(path).st_mode):
            raise UsageError(f"{shown} is a folder, and no list of targets.")

        # A pipe is welcome: "show @<(command)" is how shells give one.
        with open(path, "rb") as file:
            return file.read(MAX_LIST + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UsageError(
            f"The list of targets {shown} cannot be read: {reason}; @FILE takes a file with one "
            "target a line."
        ) from None


def _lines(data: bytes, shown: str) -> list[str]:
    if len(data) > MAX_LIST:
        raise UsageError(f"The list of targets in {shown} is larger than {MAX_LIST >> 20} MiB.")

    text = _decoded(data)
    if "\0" in text:
        raise UsageError(f"{shown} is no list of targets: it is not text with one target a line.")

    # Only these end a line: a file's name may hold others that str.splitlines() knows.
    lines = (line.strip() for line in text.replace("\r\n", "\n").split("\n"))
    targets = [line for line in lines if line and not line.startswith("#")]
    for target in targets:
        if target == "@EXPLICIT":
            raise UsageError(f"{shown} is a lockfile: give it with --lockfile.")
        if target.startswith("@") or target == "-":
            raise UsageError(f"The list of targets in {shown} names a list, which it may not.")
    return targets


def _decoded(data: bytes) -> str:
    encoding, text = split_mark(data)
    return os.fsdecode(text) if encoding is None else text.decode(encoding, "replace")
