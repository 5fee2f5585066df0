"""Files that hold checksums of packages, such as ``x-1-0.conda.sha256`` and ``SHA256SUMS``.

A file is corrected if its format is simple: a single checksum, or lines as ``sha256sum`` or the BSD
tools write them. For any other format there is only a warning.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from conda_provenance.packages.file_names import ENDINGS, stem_of
from conda_provenance.packages.indexes.checksum_names import LENGTHS, PAGE, kind_of
from conda_provenance.packages.indexes.records import NewValues
from conda_provenance.packages.refusals import shown_name

MAX_SIZE = 64 << 20
"""Bytes. A larger file is not read."""

_ALONE = re.compile(r"\s*([0-9a-fA-F]{32,128})\s*")
_LINE = re.compile(r"^([0-9a-fA-F]{32,128})[ \t]+(?![ \t])\*?([^\r\n]*\S)[ \t]*\r?$", re.MULTILINE)
_BSD = re.compile(
    r"^([A-Za-z0-9/-]+) ?\(([^\r\n]+)\) ?= ?([0-9a-fA-F]{32,128})[ \t]*\r?$", re.MULTILINE
)

_WORD = re.compile(r"[^\s\"'`<>()\[\]{}/\\*:,;=|]+")
_CHECKSUM = re.compile(r"\b[0-9a-fA-F]{32,128}\b")


class _Line(NamedTuple):
    """A checksum in the text."""

    start: int
    end: int
    name: str | None
    """The file's name in the text. ``None``: the checksum is all that the text holds."""
    kind: str | None
    """The kind of checksum, as the line names it."""


def with_checksums(
    text: str, path: str, names: Collection[str], new_values: NewValues
) -> tuple[str, list[str]]:
    """Correct the checksums of these packages in the text.

    Returns the new text, and the packages that it names without their right checksum in a format
    that is not simple. Those cannot be corrected.
    """
    names = frozenset(names)
    pieces: list[str] = []
    position = 0
    known: set[str] = set()
    unsure: set[str] = set()
    for line in _lines(text):
        owner = _owner(line, path, names)
        if owner is None:
            continue

        old = text[line.start : line.end]
        file = os.path.basename(path).removeprefix(stem_of(owner))
        kind = kind_of(old, file, line.kind)
        if kind is None:
            unsure.add(owner)
            continue

        known.add(owner)
        if value := _new_value(owner, old, kind, new_values):
            pieces += text[position : line.start], value
            position = line.end

    new = "".join([*pieces, text[position:]])
    others = (names - known) | unsure
    return new, _left(text, path, others, new_values) if others else []


def _left(text: str, path: str, names: Collection[str], new_values: NewValues) -> list[str]:
    """The packages that the text names without their right checksum."""
    words = _Words(text)
    named = [name for name in sorted(names) if words.speak_of(name, path)]
    return [name for name in named if not words.hold_checksum_of(name, new_values)]


def speaks_of(text: str, path: str, name: str) -> bool:
    """Does the file seem to hold a checksum of this package?"""
    is_of_it = any(_owner(line, path, [name]) for line in _lines(text))
    return is_of_it or _Words(text).speak_of(name, path)


def _lines(text: str) -> Iterator[_Line]:
    if alone := _ALONE.fullmatch(text):
        yield _Line(*alone.span(1), None, None)
        return

    found = [_Line(*match.span(1), match[2], None) for match in _LINE.finditer(text)]
    found += [_Line(*match.span(3), match[2], match[1]) for match in _BSD.finditer(text)]
    yield from sorted(found)


def _owner(line: _Line, path: str, names: Collection[str]) -> str | None:
    """The package that a line is about."""
    if line.name is None:
        return _owner_of_all(os.path.basename(path), os.path.dirname(path), names)

    folder, name = os.path.split(os.path.normpath(line.name))
    own = os.path.dirname(os.path.abspath(path))
    is_here = folder in ("", os.path.basename(own), own)
    return name if is_here and name in names else None


def _owner_of_all(file: str, folder: str, names: Collection[str]) -> str | None:
    """The package of a file that holds only a checksum: the one that the file is named after."""
    for name in names:
        stem = stem_of(name)
        if file.startswith(tuple(name + each for each in "._-")):
            return name
        if stem != name and file.startswith(f"{stem}."):
            both = (os.path.join(folder, stem + ending) for ending in ENDINGS)
            return name if sum(map(os.path.lexists, both)) <= 1 else None
    return None


class _Words:
    """The words of a text in any format. It is searched once: it may name thousands of packages."""

    def __init__(self, text: str) -> None:
        self._names = set(_WORD.findall(text))
        self._checksums = {word.lower() for word in _CHECKSUM.findall(text)}
        self._kinds = sorted(
            {LENGTHS[len(word)] for word in self._checksums if len(word) in LENGTHS}
        )

    def speak_of(self, name: str, path: str) -> bool:
        """Does the text name the package, or is the file named after it?"""
        return name in self._names or (
            bool(self._names) and os.path.basename(path).startswith(f"{name}.")
        )

    def hold_checksum_of(self, name: str, new_values: NewValues) -> bool:
        """Does the text hold the checksum that the package has now?

        Also true if ``new_values`` has no checksum to compare with: then nothing is known to be
        wrong.
        """
        new = [(new_values(name, {kind: ""}, "") or {}).get(kind) for kind in self._kinds]
        values = {value for value in new if isinstance(value, str)}
        return not values or not values.isdisjoint(self._checksums)


def _new_value(name: str, old: str, kind: str, new_values: NewValues) -> str | None:
    """The checksum to write, in the case of the old one. ``None``: the old one stays."""
    new = (new_values(name, {kind: old.lower()}, "") or {}).get(kind)
    if not isinstance(new, str) or new == old.lower():
        return None
    return new.upper() if old.isupper() else new


def not_simple(path: str, names: Collection[str]) -> str:
    """The warning for a file that names packages in a way that cannot be corrected."""
    what = ", ".join(map(shown_name, sorted(names)[:3])) + (" and more" if len(names) > 3 else "")
    remedy = "run the indexer again" if os.path.basename(path) == PAGE else "make it again"
    return f"holds an old checksum of {what}; {remedy}."
