"""Finds the package that a record means on this disk, and reads what it says.

The places are tried in this order: the folder into which it was extracted, folders of its name in
other package caches, its package file. Where package caches are is not known here, and no network
is used.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from conda_provenance.errors import PackageError
from conda_provenance.packages import PackageClaim
from conda_provenance.packages.file_names import ENDINGS
from conda_provenance.sources.environments.disk import shown
from conda_provenance.sources.environments.folders import (
    Doubt,
    Missing,
    claim_in_folder,
    everything_in_folder,
    files_in_folder,
)
from conda_provenance.sources.environments.records import Record
from conda_provenance.text import escape

if TYPE_CHECKING:
    from conda_provenance.packages.contents import PackageContents

T = TypeVar("T")

_MAX_PLACES = 200
"""Places that are looked at. A machine has a handful of package caches."""

_MAX_NAMED = 6
"""Places that an error names."""

_MAX_NAME = 255


class Place(NamedTuple):
    """Where a record's package may be."""

    path: str
    is_archive: bool


class Looked(NamedTuple):
    """A place that did not count."""

    path: str
    why: str
    is_missing: bool


def claim_of_record(
    record: Record,
    caches: Iterable[str] = (),
    *,
    thorough: bool = False,
    archives: bool = True,
    remedy: str = "",
) -> PackageClaim:
    """What the package of a record says about its origin. Nothing but local files is read.

    ``caches`` are package caches, in the order in which they are tried. They are asked for only if
    the record's own folder does not count. Unless ``archives``, no package file is read: that takes
    its checksum. ``thorough``: search the other metadata for credentials, too.

    Raises :class:`~conda_provenance.errors.PackageError`. Its sentence says where the package was
    looked for and why that did not count, and ends with the ``remedy``.
    """

    def read(place: Place) -> PackageClaim:
        if not place.is_archive:
            return claim_in_folder(record, place.path, thorough=thorough)

        from conda_provenance.sources.environments.archives import claim_in_archive  # rarely needed

        return claim_in_archive(record, place.path, thorough=thorough)

    return _first(record, caches, archives, remedy, read)


def files_of_record(
    record: Record,
    caches: Iterable[str],
    names: Collection[str],
    *,
    archives: bool = True,
    remedy: str = "",
) -> dict[str, bytes]:
    """Those of its metadata files ``names`` that there are. Raises the same."""

    def read(place: Place) -> dict[str, bytes]:
        if not place.is_archive:
            return files_in_folder(record, place.path, names)

        from conda_provenance.sources.environments.archives import files_in_archive

        return files_in_archive(record, place.path, names)

    return _first(record, caches, archives, remedy, read)


def everything_of_record(
    record: Record, caches: Iterable[str], *, whole: bool = False, remedy: str = ""
) -> PackageContents:
    """All of it that can be held against a commit. Raises the same.

    ``whole``: its package file is tried first, because a folder has no digest.
    """

    def read(place: Place) -> PackageContents:
        if not place.is_archive:
            return everything_in_folder(record, place.path, whole=whole)

        from conda_provenance.sources.environments.archives import everything_in_archive

        return everything_in_archive(record, place.path, whole=whole)

    return _first(record, caches, True, remedy, read, archives_first=whole)


def _first(
    record: Record,
    caches: Iterable[str],
    archives: bool,
    remedy: str,
    read: Callable[[Place], T],
    *,
    archives_first: bool = False,
) -> T:
    """What ``read`` returns for the first place that counts."""
    looked: list[Looked] = []
    places: Iterable[Place] = islice(_places(record, caches, archives), _MAX_PLACES)
    if archives_first:
        places = sorted(places, key=lambda place: not place.is_archive)
    for place in places:
        try:
            return read(place)
        except Doubt as doubt:
            looked.append(Looked(place.path, str(doubt), isinstance(doubt, Missing)))

    raise PackageError(_sentence(record, looked, remedy))


def _places(record: Record, caches: Iterable[str], archives: bool) -> Iterator[Place]:
    seen: set[str] = set()

    def new(path: str | None) -> bool:
        # A relative path would lead to wherever we were started.
        is_new = path is not None and path not in seen and os.path.isabs(path) and "\0" not in path
        seen.add(path or "")
        return is_new

    for folder in (record.extracted, record.linked_from):
        if folder is not None and new(folder):
            yield Place(folder, False)

    known = [os.path.dirname(path) for path in (record.extracted, record.archive) if path]
    folders = list(dict.fromkeys((*known, *caches)))
    for path in _joined(folders, _folder_names(record)):
        if new(path):
            yield Place(path, False)

    if not archives:
        return
    own_files = (record.archive, _local_file(record.url))
    for file in (*own_files, *_joined(folders, _file_names(record))):
        if file is not None and new(file):
            yield Place(file, True)


def _joined(folders: list[str], names: list[str]) -> list[str]:
    return [os.path.join(folder, name) for folder in folders for name in names if _is_plain(name)]


def _folder_names(record: Record) -> list[str]:
    """What the folder of an extracted package may be called in a cache."""
    names = [record.full_name]
    if record.extracted:
        names.append(os.path.basename(record.extracted))
    if record.url:
        from hashlib import sha256  # OpenSSL takes a while to load.

        # rattler can be told to keep the packages of different addresses apart.
        digest = sha256(record.url.encode("utf-8", "replace")).hexdigest()
        names.append(f"{record.full_name}-{digest}")
    return list(dict.fromkeys(names))


def _file_names(record: Record) -> list[str]:
    if record.file_name.endswith(ENDINGS):
        return [record.file_name]
    return [record.full_name + ending for ending in ENDINGS]


def _is_plain(name: str) -> bool:
    """Is it the name of a file, and no way to another folder?"""
    return not set(name) & set("/\\\0") and name not in ("", ".", "..")


def _local_file(url: str | None) -> str | None:
    """The path that a ``file://`` address names."""
    if url is None or not url.lower().startswith("file:"):
        return None

    from urllib.parse import unquote, urlsplit

    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    path = unquote(parts.path)
    if os.name == "nt":
        path = path.lstrip("/")
    return path if parts.netloc in ("", "localhost") else None


def _sentence(record: Record, looked: list[Looked], remedy: str) -> str:
    name = escape(record.full_name, _MAX_NAME)
    doubtful = [f"{shown(each.path)} {each.why}" for each in looked if not each.is_missing]
    folders = (os.path.dirname(each.path) for each in looked if each.is_missing)

    parts = _bounded(doubtful)
    if missing := list(map(shown, dict.fromkeys(folders))):
        parts.append(f"nothing {'else ' if parts else ''}of it is in {_listed(_bounded(missing))}")
    why = "; ".join(parts) or "its record names no place, and no package cache is known"
    return f"{name} cannot be read: {why}{remedy}."


def _bounded(items: list[str]) -> list[str]:
    more = len(items) - _MAX_NAMED
    return items if more <= 0 else [*items[:_MAX_NAMED], f"{more} more places"]


def _listed(items: list[str]) -> str:
    *first, last = items
    return f"{', '.join(first)} or {last}" if first else last
