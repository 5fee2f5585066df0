"""Makes a ``Request`` of the options, and says which of them contradict each other.

What a TARGET is, and whether it is there, is not known here.
"""

from __future__ import annotations

import re
from argparse import Namespace
from collections.abc import Mapping

from conda_provenance.errors import UsageError
from conda_provenance.sources.request import MAX_DOWNLOAD, Request
from conda_provenance.text import show_value

_OF_CHANNELS = {
    "newest": "--newest",
    "since": "--since",
    "match": "--match",
}
_OF_LOCKFILES = {"lock_environment": "--environment", "platform": "--platform"}
_TOGETHER_NEVER = (
    ("environment", "-n", "prefix", "-p"),
    ("offline", "--offline", "remote", "--remote"),
    ("offline", "--offline", "check", "--check"),
)
_PLACES = {
    "environment": "-n",
    "prefix": "-p",
    "channels": "--channel",
    "lockfiles": "--lockfile",
}

_TEXTS = {
    **_PLACES,
    **_OF_LOCKFILES,
    "subdirs": "--subdir",
    "match": "--match",
}
"""Options that take any text."""

_SIZE = r"(?P<number>\d{1,15})\s*(?P<unit>(?:[kmgt]i?)?b?)"
_UNITS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def make_request(arguments: Namespace) -> Request:
    """The request that these options make. ``audit`` has ``--full-download``, ``show`` has not."""
    given = vars(arguments)
    require_no_empty_text(given, _TEXTS)
    _require_no_contradiction(given)

    return Request(
        targets=_targets(given["targets"]),
        environment=given["environment"],
        prefix=given["prefix"],
        channels=tuple(given["channels"] or ()),
        subdirs=tuple(given["subdirs"] or ()),
        newest=given["newest"],
        since=_date(given["since"]),
        match=tuple(given["match"] or ()),
        every=given["every"],
        lockfiles=tuple(given["lockfiles"] or ()),
        lock_environment=given["lock_environment"],
        platform=given["platform"],
        remote=given["remote"],
        offline=given["offline"],
        check=given["check"],
        max_download=_bytes(given["max_download"]),
        full_download=given.get("full_download", True),
    )


def _targets(given: list[str]) -> tuple[str, ...]:
    if not any(target.startswith(("@", "-")) for target in given):
        return tuple(given)

    from conda_provenance.cli.target_lists import expand_lists

    return expand_lists(given)


def require_no_empty_text(given: Mapping[str, object], flags: Mapping[str, str]) -> None:
    """An empty text is a variable that is not set. It must not count as an option left out.

    Otherwise ``-p "$PREFIX"`` would show the active environment. ``flags`` are the options, by
    their names in ``given``.
    """
    for name, flag in flags.items():
        value = given[name]
        texts = value if isinstance(value, list) else [value]
        if any(isinstance(text, str) and not text.strip() for text in texts):
            raise UsageError(f"{flag} is given an empty text: give a value, or leave it out.")


def _require_no_contradiction(given: dict[str, object]) -> None:
    for first, flag, second, other in _TOGETHER_NEVER:
        if given[first] and given[second]:
            raise UsageError(f"{flag} and {other} contradict each other: give one of them.")

    _require_one_place(given)
    for options, place, needed in (
        (_OF_CHANNELS, "channels", "--channel"),
        (_OF_LOCKFILES, "lockfiles", "--lockfile"),
    ):
        lonely = [flag for name, flag in options.items() if given[name]]
        if lonely and not given[place]:
            raise UsageError(f"{lonely[0]} means nothing without {needed}: give both or neither.")


def _require_one_place(given: dict[str, object]) -> None:
    places = [flag for name, flag in _PLACES.items() if given[name]]
    if len(places) > 1:
        raise UsageError(f"{' and '.join(places)} are different places: give one of them.")


def _date(text: str | None) -> str | None:
    if text is None:
        return None

    from datetime import date

    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise UsageError(f"--since takes a date such as 2025-01-31, not {show_value(text, 40)}.")


def _bytes(text: str | None) -> int:
    """The number of bytes in ``256MiB`` (1024), ``10MB`` (1000) or ``4096``."""
    if text is None:
        return MAX_DOWNLOAD

    match = re.fullmatch(_SIZE, text.strip(), re.IGNORECASE)
    if match is None:
        raise UsageError(
            f"--max-download takes a size such as 256MiB, 10MB or 4096, not {show_value(text, 40)}."
        )

    unit = match["unit"].lower().removesuffix("b")
    step = 1024 if unit.endswith("i") else 1000
    return int(match["number"]) * int(step ** _UNITS[unit.removesuffix("i")])
