"""Colours as terminals understand them, and when to use them.

Green is kept for what was verified. ``verify`` alone uses it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TextIO

BOLD, DIM, RED, GREEN, YELLOW, CYAN = "1", "2", "31", "32", "33", "36"

LINK = "link"
"""The style of an address that we built ourselves. Terminals open it at a click."""

_LINK_TO = "link:"


def link_to(address: str | None) -> str:
    """The style of a text that leads to ``address``, if there is one."""
    return f"{_LINK_TO}{address}" if address and address.isprintable() else ""


def is_wanted(choice: str, stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Is colour wanted on ``stream``? ``choice`` is that of ``--color``.

    The first of these that is given decides: ``--color always`` or ``never``; ``NO_COLOR``;
    ``FORCE_COLOR`` or ``CLICOLOR_FORCE``; ``CLICOLOR=0`` or ``TERM=dumb``. If none is given, there
    is colour on a terminal only. An empty variable counts as not given. ``FORCE_COLOR=0`` and
    ``CLICOLOR_FORCE=0`` count as not given too.
    """
    if choice != "auto":
        return choice == "always"

    if environ.get("NO_COLOR"):
        return False

    if any(environ.get(name, "") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True

    return environ.get("CLICOLOR") != "0" and obeys_escapes(stream, environ)


def obeys_escapes(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Is ``stream`` a terminal that understands escape sequences?"""
    if not stream.isatty() or environ.get("TERM") == "dumb":
        return False

    # The old console of Windows prints them. Newer terminals on Windows set one of these.
    newer = ("WT_SESSION", "TERM", "ANSICON", "ConEmuANSI")
    return os.name != "nt" or any(environ.get(name) for name in newer)


def paint(text: str, style: str) -> str:
    """``text``, which must be printable, in this style."""
    if not style:
        return text

    if style == LINK or style.startswith(_LINK_TO):
        address = text if style == LINK else style.removeprefix(_LINK_TO)
        return f"\x1b]8;;{address}\x1b\\{paint(text, CYAN)}\x1b]8;;\x1b\\"

    return f"\x1b[{style}m{text}\x1b[0m"
