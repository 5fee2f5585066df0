"""The metadata of a package as a registry keeps it beside the package: a gzipped tar of ``info``.

conda-oci-mirror packs the folder from within, so its members are called ``about.json``, not
``info/about.json``. Both are read. Which package it belongs to is not known here.
"""

from __future__ import annotations

from collections.abc import Collection

from conda_provenance.packages.about import ABOUT, MAX_SIZE
from conda_provenance.packages.archive import tar
from conda_provenance.packages.archive.decompression import Stream, open_gzip
from conda_provenance.packages.blob import Blob, BlobReader
from conda_provenance.packages.leaks import Leaks
from conda_provenance.packages.metadata import INFO_LIMIT
from conda_provenance.packages.read import INDEX, PackageClaim, package_claim, package_name
from conda_provenance.packages.refusals import Refusal, refusals

_FOLDER = "info/"


def read_info_layer(blob: Blob, name: str, *, location: str, thorough: bool) -> PackageClaim:
    """What the package with this metadata says. ``name`` is its file's name.

    Raises :class:`~conda_provenance.errors.PackageError` if it cannot be read.
    """
    leaks = Leaks()
    with refusals(location, "read"):
        files = _files(blob, (), leaks if thorough else None)
        return package_claim(name, location, "remote", files, package_name(name), leaks)


def read_info_layer_files(blob: Blob, names: Collection[str], location: str) -> dict[str, bytes]:
    """Those of ``names``, such as ``info/index.json``, that there are. Raises the same."""
    with refusals(location, "read"):
        files = _files(blob, names, None)
        return {name: files[name] for name in names if name in files}


def _files(blob: Blob, names: Collection[str], leaks: Leaks | None) -> dict[str, bytes]:
    """about.json, index.json and ``names``, whether or not the folder is in their names."""
    try:
        with _open(blob) as stream:
            return tar.read_members(
                stream, (ABOUT,), MAX_SIZE, loose=(INDEX,), optional=names, search=leaks
            )
    except Refusal:
        with _open(blob) as stream:
            found = tar.read_members(
                stream,
                (ABOUT.removeprefix(_FOLDER),),
                MAX_SIZE,
                loose=(INDEX.removeprefix(_FOLDER),),
                optional=[name.removeprefix(_FOLDER) for name in names],
                search=None if leaks is None else _InFolder(leaks),
            )
    return {_FOLDER + name: data for name, data in found.items()}


def _open(blob: Blob) -> Stream:
    return open_gzip(BlobReader(blob), INFO_LIMIT)


class _InFolder:
    """Searches files by the names that they have in a package."""

    def __init__(self, leaks: Leaks) -> None:
        self._leaks = leaks

    def wants(self, path: str, size: int) -> bool:
        return self._leaks.wants(_FOLDER + path, size)

    def see(self, path: str, data: bytes) -> None:
        self._leaks.see(_FOLDER + path, data)
