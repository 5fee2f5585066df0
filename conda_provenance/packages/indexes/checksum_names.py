"""Names of files that hold checksums of packages. Their contents are not known here."""

from __future__ import annotations

import os
import re
from collections.abc import Collection

from conda_provenance.packages.neighbours import Neighbours

PAGE = "index.html"
"""conda-index's list of a folder, which holds the checksums of packages and of indexes."""

LENGTHS = {32: "md5", 40: "sha1", 56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}
"""Characters of a checksum, and what it is unless its file says otherwise."""

_SUM = r"(md5|sha[0-9]{0,3}|b[23]|blake[23]?[bs]?|check|ck|hash|digest)(sums?|es|s)?([0-9]{3})?"
"""A word in the names of such files."""

_OTHER_KIND = re.compile(r"(?<![a-z])(sha-?3(?![0-9])|b3|blake(3|2s)|ripemd|sm3|xxh)")
"""Kinds that are not computed, and can be as long as one that is."""

_BLAKE2B = re.compile(r"(?<![a-z])(b2|blake)")
_SHA2 = re.compile(r"sha-?2-")

_TEXT = r"\.(txt|json|ya?ml|csv|li?st)"
_OF_A_FOLDER = re.compile(
    rf"(.*[._-])?{_SUM}({_TEXT})?|{_SUM}[._-].*{_TEXT}|(?-i:{re.escape(PAGE)})", re.IGNORECASE
)
_FIRST_WORD = re.compile(_SUM, re.IGNORECASE)
_FURTHER_WORD = re.compile(rf"{_SUM}|[0-9]+", re.IGNORECASE)
_LAST_WORDS = re.compile(rf"{_TEXT}\Z", re.IGNORECASE)
"""The words that may follow a package's name in a file that is its checksum, and nothing else."""

_METADATA = re.compile(r"[._-](json|ya?ml|txt|metadata)", re.IGNORECASE)
"""What follows a package's name in a file that may hold its checksum among other things."""

_PACKAGE = re.compile(r"\.(conda|tar\.bz2)(?=[._-])")


def kind_of(value: str, file: str, line: str | None = None) -> str | None:
    """The kind of a checksum. ``None``: unknown.

    ``file``: the name of its file, without the package's name. ``line``: what its line calls it.
    """
    by_length = LENGTHS.get(len(value))
    words = (line or file).lower()
    if _OTHER_KIND.search(words):
        return None
    if _BLAKE2B.search(words):
        return "blake2b" if by_length == "sha512" else None
    if line and _SHA2.sub("sha", words).replace("-", "") != by_length:
        return None
    return by_length


def is_checksum_file(path: str) -> bool:
    """Does the file hold checksums, by its name? An index does not count."""
    name = os.path.basename(path)
    if package := _PACKAGE.search(name):
        ending = name[package.end() :]
        return bool(_METADATA.fullmatch(ending)) or _is_checksum_ending(ending)
    return bool(_OF_A_FOLDER.fullmatch(name))


def checksum_files(
    folder: str, names: Collection[str], neighbours: Neighbours | None = None
) -> dict[str, set[str]]:
    """The files in a folder that may hold checksums, each with the packages that it may list."""
    neighbours = neighbours or Neighbours(folder)
    found: dict[str, set[str]] = {}
    for match in neighbours.like(_OF_A_FOLDER):
        found[os.path.join(folder, match[0])] = set(names)

    for package in names:
        for name, ending in neighbours.of(package):
            is_metadata = name.startswith(package) and _METADATA.fullmatch(ending)
            if is_metadata or _is_checksum_ending(ending):
                found.setdefault(os.path.join(folder, name), set()).add(package)
    return found


def _is_checksum_ending(ending: str) -> bool:
    """Is this the end of a name such as ``x-1-0.conda.sha256``, with the package's name removed?

    Each word is matched alone. One expression for all of them would take exponential time, because
    a word such as ``sha256`` can be matched in two ways.
    """
    last = _LAST_WORDS.search(ending)
    before, *words = re.split("[._-]", ending[: last.start()] if last else ending)
    if before or not words or not _FIRST_WORD.fullmatch(words[0]):
        return False

    return all(map(_FURTHER_WORD.fullmatch, words[1:]))
