"""The order of version strings, as conda and rattler have it (CEP 33).

We have our own so that the newest package is the same one whatever is installed. The tests compare
it with both. Packages are not known here.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TypeAlias

_ALLOWED = re.compile(r"[0-9a-z*._+!]+")
_RUNS = re.compile(r"[0-9]+|[*]+|[^0-9*]+")
_MAX_LENGTH = 200
"""Characters of the longest version that is compared. Real ones have 60."""

_INFINITE = float("inf")

Item: TypeAlias = "str | float"
"""A run of digits as a number; any other run as text. ``post`` is infinite."""

Segments: TypeAlias = "list[list[Item]]"

Key: TypeAlias = "tuple[object, ...]"
"""Compares with other keys as the versions do."""


@lru_cache(maxsize=200_000)
def version_key(version: str) -> Key:
    """What to sort versions by. A text that is no version comes before all that are."""
    try:
        public, local = _parsed(version)
    except ValueError:
        return (0, version)
    return (1, _filled([_key_of(part) for part in public]), _filled([_key_of(p) for p in local]))


def same_version(one: str, other: str) -> bool:
    """Are they the same version? 1.0 and 1.0.0 are."""
    return version_key(one) == version_key(other)


def starts_with(version: str, prefix: str) -> bool:
    """Is the version one of those that ``=prefix`` asks for? 1.2.3 is one of 1.2, 1.20 is not.

    Raises ValueError if ``prefix`` is no version.
    """
    wanted_public, wanted_local = _parsed(prefix)
    try:
        public, local = _parsed(version)
    except ValueError:
        return False

    if not wanted_local:
        return _segments_start(public, wanted_public)
    return _same_segments(public, wanted_public) and _segments_start(local, wanted_local)


def is_version(text: str) -> bool:
    """Can the text be compared as a version?"""
    return version_key(text)[0] == 1


def _parsed(version: str) -> tuple[Segments, Segments]:
    """The segments of the version, its epoch first, and those of its local part."""
    text = version.strip().lower()
    if "-" in text and "_" not in text:
        text = text.replace("-", "_")
    if len(text) > _MAX_LENGTH or not _ALLOWED.fullmatch(text):
        raise ValueError("no version")

    epoch, mark, rest = text.rpartition("!")
    if mark and not epoch.isdigit():
        raise ValueError("an epoch that is no number")
    public, plus, local = rest.partition("+")
    if "+" in local or not public or (plus and not local):
        raise ValueError("a local part that is none")

    segments = [_segment(part) for part in (epoch or "0", *_split(public))]
    return segments, [_segment(part) for part in local.replace("_", ".").split(".") if plus]


def _split(public: str) -> list[str]:
    """An underscore at the end belongs to the last part: openssl's 1.0.1_ is before 1.0.1a."""
    body = public.removesuffix("_")
    parts = body.replace("_", ".").split(".")
    parts[-1] += public[len(body) :]
    return parts


def _segment(part: str) -> list[Item]:
    if not part:
        raise ValueError("an empty part")
    items = [_item(run) for run in _RUNS.findall(part)]
    # Each begins with a number, so that 1.a1 is 1.0a1.
    return items if part[0].isdigit() else [0, *items]


def _item(run: str) -> Item:
    if run.isdigit():
        return int(run)
    if run == "post":
        return _INFINITE
    return "DEV" if run == "dev" else run  # Capitals come before the letters of all other texts.


def _key_of(segment: list[Item]) -> Key:
    """Texts come before numbers, and what is missing counts as zero."""
    return _filled([(0, item) if isinstance(item, str) else (1, item) for item in segment], (1, 0))


def _filled(items: list[tuple[object, ...]], zero: Key = ((1,),)) -> Key:
    """A key that compares as if there were endless zeros after the items.

    Zeros are counted instead of kept: what is less than zero is more so the sooner it comes, and
    what is greater too. ``(1,)``, the end, lies between the two.
    """
    key: list[tuple[object, ...]] = []
    zeros = 0
    for item in items:
        if item == zero:
            zeros += 1
            continue
        key.append((0, zeros, item) if item < zero else (2, -zeros, item))
        zeros = 0
    return (*key, (1,))


def _same_segments(one: Segments, other: Segments) -> bool:
    return _filled([_key_of(part) for part in one]) == _filled([_key_of(part) for part in other])


def _segments_start(segments: Segments, prefix: Segments) -> bool:
    """Do they begin with ``prefix``? If its last item is a text, that text may go on."""
    last = len(prefix) - 1
    if not _same_segments(segments[:last], prefix[:last]):
        return False

    segment, wanted = segments[last] if len(segments) > last else [], prefix[last]
    end = len(wanted) - 1
    if _key_of(segment[:end]) != _key_of(wanted[:end]):
        return False

    item = segment[end] if len(segment) > end else 0
    if isinstance(wanted[end], str):
        return isinstance(item, str) and item.startswith(str(wanted[end]))
    return item == wanted[end]
