"""Finds the Python packages of an environment that pip, or another tool, put there beside conda.

conda's own Python packages hold the same metadata folders. They are told apart by their INSTALLER
file, and by the lists of files in conda's records.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from glob import escape as escape_glob
from glob import glob
from typing import NamedTuple

from conda_provenance.sources.artifact import NotConda
from conda_provenance.sources.environments.disk import read_small
from conda_provenance.sources.environments.records import MAX_RECORD

_SITES = ("lib/python3*/site-packages", "lib/python2*/site-packages", "Lib/site-packages")
_FOLDERS = (".dist-info", ".egg-info", ".egg")
_METADATA = ("METADATA", "PKG-INFO", "EGG-INFO/PKG-INFO")
_MAX_PACKAGES = 20_000
_MAX_METADATA = 4 << 20
_MAX_INSTALLER = 1 << 10
_HEAD = 4096
"""Bytes of the metadata in which name and version are looked for. They stand at its beginning."""

_MAX_TEXT = 200


class _Distribution(NamedTuple):
    folder: str
    """The name of its metadata folder, or file."""
    path: str
    name: str
    version: str


def not_condas(prefix: str, record_paths: Iterable[str]) -> list[NotConda]:
    """The Python packages that no record of conda's lists, sorted. Records are read if need be."""
    suspects = [each for each in _distributions(prefix) if not _is_condas(each.path)]
    if not suspects:
        return []

    endings = {os.path.splitext(each.folder)[1].encode() for each in suspects}
    condas = _listed_by_records(record_paths, endings)
    others = [each for each in suspects if each.folder.encode() not in condas]
    return sorted(NotConda(each.name, each.version, each.path, "pip") for each in others)


def normal_name(name: str) -> str:
    """The name of a Python package in the one form that all spellings share (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _distributions(prefix: str) -> Iterator[_Distribution]:
    seen: set[str] = set()
    found = 0
    for pattern in _SITES:
        for site in sorted(glob(f"{escape_glob(prefix)}/{pattern}")):
            real = os.path.realpath(site)
            if real in seen:
                continue  # a disk where upper and lower case are the same
            seen.add(real)
            for folder in _names(site):
                distribution = _distribution(folder, os.path.join(site, folder))
                if distribution is not None and found < _MAX_PACKAGES:
                    found += 1
                    yield distribution


def _names(site: str) -> list[str]:
    try:
        return sorted(name for name in os.listdir(site) if name.endswith(_FOLDERS))
    except OSError:
        return []


def _distribution(folder: str, path: str) -> _Distribution | None:
    """The package of a metadata folder. ``None``: pip left it half removed."""
    for place in (*(os.path.join(path, name) for name in _METADATA), path):
        try:
            head = read_small(place, _MAX_METADATA).data[:_HEAD]
        except (OSError, ValueError):
            continue

        name, _, version = folder.rpartition(".")[0].partition("-")
        return _Distribution(
            folder,
            path,
            _header(head, "Name") or name,
            _header(head, "Version") or version.partition("-")[0],
        )
    return None


def _header(head: bytes, key: str) -> str | None:
    match = re.search(rf"^{key}:[ \t]*(\S[^\r\n]*)".encode(), head, re.MULTILINE)
    return match[1].decode("utf-8", "replace").strip()[:_MAX_TEXT] if match else None


def _is_condas(path: str) -> bool:
    """Does it say that conda put it there? conda's builders write that into most packages."""
    try:
        return read_small(os.path.join(path, "INSTALLER"), _MAX_INSTALLER).data.strip() == b"conda"
    except (OSError, ValueError):
        return False


def _listed_by_records(record_paths: Iterable[str], endings: set[bytes]) -> set[bytes]:
    """The names of all metadata folders in the records' lists of files.

    The bytes are searched: parsing all lists would take ten times as long.
    """
    found: set[bytes] = set()
    for path in record_paths:
        try:
            data = read_small(path, MAX_RECORD).data
        except (OSError, ValueError):
            continue

        for ending in endings:
            found.update(_names_in(data, ending))
    return found


def _names_in(data: bytes, ending: bytes) -> Iterator[bytes]:
    """The parts of paths that end like this."""
    position = data.find(ending)
    while position >= 0:
        end = position + len(ending)
        start = max(data.rfind(b"/", 0, position), data.rfind(b'"', 0, position)) + 1
        yield data[start:end]
        position = data.find(ending, end)
