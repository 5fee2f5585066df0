"""A short difference between two texts of strangers, for people.

It is bounded. Its lines are not escaped.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher

from conda_provenance.text import escape

_MAX_BYTES = 256 << 10
_MAX_LINES = 200
"""Lines that differ, of each text, beyond which only the first are shown. Comparing takes the
square of their number at worst."""

_SHOWN_LINES = 30
_SHOWN_CHARACTERS = 200


def line_diff(before: bytes, after: bytes, name: str) -> list[str]:
    """The first lines that differ. ``before`` is the commit's."""
    shown = escape(name)  # A line break in it would begin a line of the stranger's.
    head = [f"--- {shown} (commit)", f"+++ {shown} (package)"]
    if b"\0" in before or b"\0" in after or max(len(before), len(after)) > _MAX_BYTES:
        return [*head, f"(not shown: {len(before)} bytes in the commit, {len(after)} here)"]

    old, new = _lines(before), _lines(after)
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    old, new = old[start : len(old) - end], new[start : len(new) - end]
    if max(len(old), len(new)) > _MAX_LINES:
        old, new = old[:10], new[:10]
    lines = list(_changes(old, new))

    first = [each[:_SHOWN_CHARACTERS] for each in lines[:_SHOWN_LINES]]
    more = [f"({len(lines) - len(first)} more lines)"] if len(lines) > len(first) else []
    return [*head, f"(line {start + 1})", *first, *more]


def _changes(old: list[str], new: list[str]) -> Iterator[str]:
    for kind, i, j, k, m in SequenceMatcher(None, old, new).get_opcodes():
        if kind != "equal":
            yield from (f"-{line}" for line in old[i:j])
            yield from (f"+{line}" for line in new[k:m])


def _lines(data: bytes) -> list[str]:
    text = data.decode("utf-8", "backslashreplace")
    return text.replace("\r\n", "\\r\n").split("\n")


def _common(one: list[str], other: list[str]) -> int:
    """How many lines are the same at the beginning."""
    pairs = zip(one, other, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
