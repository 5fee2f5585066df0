"""Reads what a package says about itself. The payload is never read, and nothing is believed."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from conda_provenance.claim import Claim, Problem
from conda_provenance.packages.about import ABOUT, MAX_SIZE, parse_about
from conda_provenance.packages.blob import Blob, ReadAhead, open_file_blob
from conda_provenance.packages.metadata import (
    find_info,
    open_info,
    open_tar,
    read_files,
)
from conda_provenance.packages.refusals import PathLike, Refusal, refusals
from conda_provenance.text import redact_location

INDEX = "info/index.json"
"""Where a package says its name, version and build."""

_ENDINGS = (".conda", ".tar.bz2")
_FULL_NAME = re.compile(r"[^-].*-[0-9][^-]*-[^-]+")
"""What the folder of an extracted package is called: ``name-version-build``."""


@dataclass(frozen=True, slots=True)
class PackageClaim:
    """What a package says about its origin, and which package that is.

    All of it is a stranger's text, which is not escaped yet.
    """

    package: str
    """The name of its file or folder."""
    location: str
    """The path as it was given. Of a remote file the address, without credentials."""
    read_from: str
    """``file`` or ``folder``, or what the caller of :func:`read_package_blob` says."""
    claim: Claim
    sha256: str | None = None
    """Of the whole file, as hex, where it was asked for. A folder has none."""


def read_claim(path: PathLike) -> Claim:
    """What the package says about its origin, and what is wrong with that.

    Empty if it says nothing. A file that has the name of another package than the one in it is a
    problem too.

    ``path`` is a ``.conda`` or ``.tar.bz2`` file, or the folder of an extracted package.
    Raises :class:`~conda_provenance.errors.PackageError` if it cannot be read.
    """
    return read_package(path).claim


def read_package(path: PathLike, *, with_sha256: bool = False) -> PackageClaim:
    """The same, with what else there is to say about the package.

    ``with_sha256`` reads the whole file for its checksum.
    """
    location = os.fspath(path)
    with refusals(path, "read"):
        if os.path.isdir(path):
            name = os.path.basename(os.path.abspath(location))
            files = _folder_files(location, (INDEX,))
            claim = _claim(files, name if _FULL_NAME.fullmatch(name) else None)
            return PackageClaim(name, location, "folder", claim)

        name = os.path.basename(location)
        with open_file_blob(path) as blob:
            files = _blob_files(blob, name, (INDEX,))
            claim = _claim(files, package_name(name))
            sha256 = _sha256(blob) if with_sha256 else None
            return PackageClaim(name, location, "file", claim, sha256)


def read_package_blob(
    blob: Blob,
    name: str,
    *,
    location: str,
    read_from: str = "remote",
    with_sha256: bool = False,
) -> PackageClaim:
    """The same for a package file that is not on this disk. ``name`` is its file's name.

    A ``.conda`` is read in two requests: the end of its zip, and the info member.
    """
    location = redact_location(location)
    with refusals(location, "read"):
        claim = _claim(_blob_files(blob, name, (INDEX,)), package_name(name))
        sha256 = _sha256(blob) if with_sha256 else None
        return PackageClaim(name, location, read_from, claim, sha256)


def read_about(path: PathLike) -> dict[str, Any]:
    """The ``info/about.json`` of a package. Takes and raises the same as :func:`read_claim`.

    Of a ``.conda`` the info member is read, of a ``.tar.bz2`` what stands before about.json.
    """
    with refusals(path, "read"):
        if os.path.isdir(path):
            return parse_about(_folder_files(os.fspath(path), ())[ABOUT])

        with open_file_blob(path) as blob:
            return parse_about(_blob_files(blob, os.fspath(path), ())[ABOUT])


def read_info_files(path: PathLike, names: Collection[str]) -> dict[str, bytes]:
    """Those of ``names``, such as ``info/recipe/recipe.yaml``, that a package file holds.

    A file of more than a megabyte is left out. Raises the same as :func:`read_claim`.
    """
    with refusals(path, "read"), open_file_blob(path) as blob:
        files = _blob_files(blob, os.fspath(path), names)
        return {name: files[name] for name in names if name in files}


def claim_of(about: Mapping[str, Any], index: bytes | None, name: str | None) -> Claim:
    """The claim in about.json. ``name`` is what the file's name says the package is, if anything.

    ``index`` is the package's index.json.
    """
    return Claim.from_extra(about.get("extra"), *_name_problems(index, name))


def _claim(files: Mapping[str, bytes], name: str | None) -> Claim:
    return claim_of(parse_about(files[ABOUT]), files.get(INDEX), name)


def _blob_files(blob: Blob, name: str, optional: Collection[str]) -> dict[str, bytes]:
    ahead = ReadAhead(blob)
    if info := find_info(ahead, name):
        stream = open_info(ahead, info)
        return read_files(stream, ABOUT, MAX_SIZE, optional=optional, to_end=True)

    stream = open_tar(ahead, whole=False)
    return read_files(stream, ABOUT, MAX_SIZE, optional=optional, to_end=False)


def _folder_files(folder: str, optional: Collection[str]) -> dict[str, bytes]:
    files = {ABOUT: _read_file(folder, ABOUT)}
    for name in optional:
        try:
            files[name] = _read_file(folder, name)
        except (Refusal, OSError):
            continue
    return files


def _read_file(folder: str, name: str) -> bytes:
    try:
        with open_file_blob(os.path.join(folder, *name.split("/"))) as blob:
            data = blob.read(0, MAX_SIZE + 1)
    except FileNotFoundError:
        raise Refusal(f"it has no {name}") from None

    if len(data) > MAX_SIZE:
        raise Refusal(f"its {name} is larger than {MAX_SIZE >> 20} MiB")
    return data


def _name_problems(index: bytes | None, name: str | None) -> list[Problem]:
    if index is None or name is None:
        return []

    try:
        record = json.loads(index.decode())
    except (ValueError, RecursionError):
        return []  # Then there is no other name to compare.

    if not isinstance(record, dict):
        return []
    parts = [record.get(key) for key in ("name", "version", "build")]
    texts = [part for part in parts if isinstance(part, str)]
    differs = len(texts) == len(parts) and "-".join(texts) != name
    return [Problem.of("name-differs")] if differs else []


def package_name(path: PathLike) -> str | None:
    """``name-version-build``, by the name of a package file. ``None``: it is not named like one."""
    name = os.path.basename(path)
    for ending in _ENDINGS:
        if name.endswith(ending):
            return name.removesuffix(ending)
    return None


def _sha256(blob: Blob) -> str:
    from conda_provenance.packages.files.digests import Digests  # OpenSSL takes a while to load.

    return Digests(blob)["sha256"]
