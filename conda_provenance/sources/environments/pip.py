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

from conda_provenance.sources.artifact import NotConda
from conda_provenance.sources.environments.disk import read_small, read_until, read_whole_or_ends
from conda_provenance.sources.environments.records import MAX_RECORD

_SITES = ("lib/python3*/site-packages", "lib/python2*/site-packages", "Lib/site-packages")
_FOLDERS = (".dist-info", ".egg-info", ".egg")
_METADATA = ("METADATA", "PKG-INFO", "EGG-INFO/PKG-INFO")
_MAX_PACKAGES = 20_000
_MAX_METADATA = 4 << 20
_MAX_INSTALLER = 1 << 10
_FILES, _PATHS = b'\n  "files": [', b'\n  "paths_data": {'
"""A record lists its files, and then all of them again with what is known of each.

Both are indented by two spaces, so nothing within a list or a text looks like this.
"""

_HEAD = 4096
"""Bytes of the metadata in which name and version are looked for. They stand at its beginning."""

_MAX_TEXT = 200
_MAX_PART = 1024
"""Bytes of a part of a path. Disks take 255 characters."""


def not_condas(prefix: str, record_paths: Iterable[str]) -> list[NotConda]:
    """The Python packages that no record of conda's lists, sorted. Records are read if need be."""
    suspects = [path for path in _metadata_folders(prefix) if not _is_condas(path)]
    if not suspects:
        return []

    endings = {os.path.splitext(path)[1].encode() for path in suspects}
    condas = _listed_by_records(record_paths, endings)
    others = (path for path in suspects if os.fsencode(os.path.basename(path)) not in condas)
    return sorted(filter(None, map(_package, others)))


def normal_name(name: str) -> str:
    """The name of a Python package in the one form that all spellings share (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _metadata_folders(prefix: str) -> list[str]:
    """The metadata folders, and files, of all Python packages."""
    found: list[str] = []
    seen: set[str] = set()
    for pattern in _SITES:
        for site in sorted(glob(f"{escape_glob(prefix)}/{pattern}")):
            real = os.path.realpath(site)
            if real not in seen:  # Upper and lower case may be the same.
                found += [os.path.join(site, name) for name in _names(site)]
            seen.add(real)
    return found[:_MAX_PACKAGES]


def _names(site: str) -> list[str]:
    try:
        return sorted(name for name in os.listdir(site) if name.endswith(_FOLDERS))
    except OSError:
        return []


def _package(path: str) -> NotConda | None:
    """The package of a metadata folder. ``None``: pip left it half removed."""
    for place in (*(os.path.join(path, name) for name in _METADATA), path):
        try:
            head, _ = read_whole_or_ends(place, _MAX_METADATA, _HEAD, 0)
        except (OSError, ValueError):
            continue

        name, _, version = os.path.basename(path).rpartition(".")[0].partition("-")
        return NotConda(
            _header(head, "Name") or name,
            _header(head, "Version") or version.partition("-")[0],
            path,
            "pip",
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
            data = read_until(path, MAX_RECORD, _PATHS)
            if _FILES not in data:  # It is written in another way.
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
        # No further back: in a record without a slash, each search would go to its beginning.
        first = max(0, position - _MAX_PART)
        start = max(data.rfind(b"/", first, position), data.rfind(b'"', first, position)) + 1
        yield data[start or first : end]
        position = data.find(ending, end)
