"""Files that hold checksums of packages, such as ``x-1-0.conda.sha256`` and ``SHA256SUMS``.

A file is corrected where its format is simple: a checksum alone, or lines as ``sha256sum``,
``md5sum`` and their BSD sisters write them. Others can only be named.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from conda_provenance.packages.index_records import NewValues
from conda_provenance.packages.neighbours import Neighbours
from conda_provenance.packages.refusals import shown_name

PAGE = "index.html"
"""conda-index's list of a folder, which holds the checksums of packages and of indexes."""

MAX_SIZE = 64 << 20
"""Bytes of a file that is read."""

_LENGTHS = {32: "md5", 40: "sha1", 56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}
"""Characters of a checksum, and what it is unless its file says otherwise."""

_KIND = r"(md5|sha-?1|sha-?224|sha-?256|sha-?384|sha-?512|b2|blake2b)"
_BESIDE = re.compile(rf"\.{_KIND}(sums?)?(\.txt)?", re.IGNORECASE)
"""What follows the name of a package."""

_OF_A_FOLDER = re.compile(
    rf"{_KIND}[-_]?(sums?)?(\.txt)?|shasums?[0-9]*(\.txt)?|(check|hash)(sums?|es)?(\.txt|\.{_KIND})?"
    rf"|(?-i:{re.escape(PAGE)})",
    re.IGNORECASE,
)

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
    """The file as it is named there. ``None``: the checksum stands alone."""
    kind: str | None
    """What the line calls it."""


def is_checksum_file(path: str) -> bool:
    """Is the file no index, but one of those that are known here?"""
    name = os.path.basename(path)
    return bool(_OF_A_FOLDER.fullmatch(name) or _kind_of_file(name))


def checksum_files(
    folder: str, names: Collection[str], neighbours: Neighbours | None = None
) -> dict[str, set[str]]:
    """The files in a folder that may hold checksums of these packages, and of which of them."""
    neighbours = neighbours or Neighbours(folder)
    found: dict[str, set[str]] = {}
    for match in neighbours.like(_OF_A_FOLDER):
        found[os.path.join(folder, match[0])] = set(names)
    for package in names:
        for name, ending in neighbours.of(package):
            if _BESIDE.fullmatch(ending):
                found.setdefault(os.path.join(folder, name), set()).add(package)
    return found


def with_checksums(
    text: str, path: str, names: Collection[str], new_values: NewValues
) -> tuple[str, list[str]]:
    """The text with the checksums of these packages corrected, and the packages that it names
    besides, in a way that is not simple and that holds no right checksum.
    """
    names = frozenset(names)
    pieces: list[str] = []
    position = 0
    known: set[str] = set()
    for line in _lines(text):
        owner = _owner(line, path, names)
        if owner is None:
            continue

        known.add(owner)
        old = text[line.start : line.end]
        if value := _new_value(owner, old, _kind(line, path, old), new_values):
            pieces += text[position : line.start], value
            position = line.end

    new = "".join([*pieces, text[position:]])
    return new, _left(text, path, names - known, new_values) if names - known else []


def _left(text: str, path: str, names: Collection[str], new_values: NewValues) -> list[str]:
    """The packages that the text names without their right checksum."""
    words = _Words(text)
    named = [name for name in sorted(names) if words.speak_of(name, path)]
    return [name for name in named if not words.hold_checksum_of(name, new_values)]


def speaks_of(text: str, path: str, name: str) -> bool:
    """Does the file hold a checksum of this package, as far as can be seen?"""
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
        # A file that is named after the stem may be about either kind of package.
        of_this = [name for name in names if os.path.basename(path).startswith(f"{name}.")]
        candidates = of_this or list(names)
        return candidates[0] if len(candidates) == 1 and _is_only(candidates[0], path) else None

    folder, name = os.path.split(os.path.normpath(line.name))
    own = os.path.dirname(os.path.abspath(path))
    is_here = folder in ("", os.path.basename(own), own)
    return name if is_here and name in names else None


def _is_only(package: str, path: str) -> bool:
    """Is a file without a name in it about this package alone?"""
    if os.path.basename(path).startswith(f"{package}."):
        return True

    folder, stem = os.path.dirname(path), package.removesuffix(".conda").removesuffix(".tar.bz2")
    both = (os.path.join(folder, stem + ending) for ending in (".conda", ".tar.bz2"))
    return sum(map(os.path.lexists, both)) <= 1


class _Words:
    """A text that is not simple, looked through once: some name thousands of packages."""

    def __init__(self, text: str) -> None:
        self._names = set(_WORD.findall(text))
        self._checksums = {word.lower() for word in _CHECKSUM.findall(text)}
        self._kinds = sorted(
            {_LENGTHS[len(word)] for word in self._checksums if len(word) in _LENGTHS}
        )

    def speak_of(self, name: str, path: str) -> bool:
        """Is the package named, or the file after it?"""
        return name in self._names or (
            bool(self._names) and os.path.basename(path).startswith(f"{name}.")
        )

    def hold_checksum_of(self, name: str, new_values: NewValues) -> bool:
        """Is the checksum of the package, as it is now, among the words?

        Where nothing is asked for, nothing is wrong.
        """
        new = [(new_values(name, {kind: ""}, "") or {}).get(kind) for kind in self._kinds]
        values = {value for value in new if isinstance(value, str)}
        return not values or not values.isdisjoint(self._checksums)


def _kind(line: _Line, path: str, value: str) -> str | None:
    """Which checksum it is. ``None``: one that is not known."""
    kind = _LENGTHS.get(len(value))
    said = line.kind or _kind_of_file(os.path.basename(path)) or ""
    if said.lower().startswith(("b2", "blake")):
        return "blake2b" if kind == "sha512" else None
    return kind


def _kind_of_file(name: str) -> str | None:
    match = re.search(rf"(?:^|\.){_KIND}[-_]?(?:sums?)?(?:\.txt)?$", name, re.IGNORECASE)
    return match[1] if match else None


def _new_value(name: str, old: str, kind: str | None, new_values: NewValues) -> str | None:
    """The checksum to write, in the letters of the old one. ``None``: the old one stays."""
    new = (new_values(name, {kind: old.lower()}, "") or {}).get(kind) if kind else None
    if not isinstance(new, str) or new == old.lower():
        return None
    return new.upper() if old.isupper() else new


def not_simple(path: str, names: Collection[str]) -> str:
    """What is said of a file that names packages in a way that cannot be corrected."""
    what = ", ".join(map(shown_name, sorted(names)[:3])) + (" and more" if len(names) > 3 else "")
    remedy = "run the indexer again" if os.path.basename(path) == PAGE else "make it again"
    return f"holds an old checksum of {what}; {remedy}."
