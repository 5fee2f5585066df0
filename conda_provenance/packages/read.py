"""Reads what a package says about itself. The payload is never read, and nothing is believed."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conda_provenance.claim import Claim, Problem
from conda_provenance.packages.about import ABOUT, MAX_SIZE, parse_about
from conda_provenance.packages.blob import Blob, open_file_blob, prefetching
from conda_provenance.packages.file_names import ENDINGS, stem_of
from conda_provenance.packages.leaks import MAX_FILE, Leaks
from conda_provenance.packages.metadata import (
    find_info,
    open_info,
    open_tar,
    read_files,
)
from conda_provenance.packages.refusals import ChangedMeanwhile, PathLike, Refusal, refusals
from conda_provenance.text import redact_location

INDEX = "info/index.json"
"""Where a package says its name, version and build."""

_MAX_FOLDERS = 200
"""Folders of an extracted package's recipe that are searched."""

_SEARCHED = ("info/recipe/", "info/test/", "info/tests/")

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
    has_about: bool = True
    """Is there an ``info/about.json``, which is where provenance stands?"""
    place: str | None = None
    """Where it was read, if that is another place than ``location``: a path or an address."""
    conda_build_version: str | None = None
    """By which conda-build it was made, as about.json says. Other builders say nothing."""
    sha256_from: str | None = None
    """Where ``sha256`` is from: ``file`` (computed from its bytes), ``record`` or ``index``."""


def read_claim(path: PathLike) -> Claim:
    """What the package says about its origin, and what is wrong with that.

    Empty if it says nothing. A file that has the name of another package than the one in it is a
    problem too.

    ``path`` is a ``.conda`` or ``.tar.bz2`` file, or the folder of an extracted package.
    Raises :class:`~conda_provenance.errors.PackageError` if it cannot be read.
    """
    return read_package(path).claim


def read_package(
    path: PathLike, *, with_sha256: bool = False, thorough: bool = True
) -> PackageClaim:
    """The same, with what else there is to say about the package.

    ``with_sha256`` reads the whole file for its checksum. Unless it is ``thorough``, of a folder
    about.json is read alone, and of a file what stands before it: the other metadata is not
    searched for credentials.
    """
    location = os.fspath(path)
    with refusals(path, "read"):
        if os.path.isdir(path):
            name = os.path.basename(os.path.abspath(location))
            leaks = Leaks()
            files = _folder_files(location)
            if thorough:
                search_folder(location, leaks)
            return package_claim(name, location, "folder", files, folder_name(name), leaks)

        with open_file_blob(path) as blob:
            return _read_blob(
                blob, os.path.basename(location), location, "file", with_sha256, thorough
            )


def read_package_blob(
    blob: Blob,
    name: str,
    *,
    location: str,
    read_from: str = "remote",
    with_sha256: bool = False,
    thorough: bool = True,
) -> PackageClaim:
    """The same for a package file that is not on this disk. ``name`` is its file's name.

    A ``.conda`` is read in two requests: the end of its zip, and the info member.
    """
    location = redact_location(location)
    with refusals(location, "read"):
        return _read_blob(blob, name, location, read_from, with_sha256, thorough)


def read_about(path: PathLike) -> dict[str, Any]:
    """The ``info/about.json`` of a package, or ``{}`` if it has none (CEP 34: it is optional).

    Takes and raises the same as :func:`read_claim`. Of a ``.conda`` the info member is read, of a
    ``.tar.bz2`` what stands before about.json.
    """
    with refusals(path, "read"):
        if os.path.isdir(path):
            return parse_about(_folder_files(os.fspath(path)).get(ABOUT))

        with open_file_blob(path) as blob:
            return parse_about(_blob_files(blob, os.fspath(path), (ABOUT,)).get(ABOUT))


def read_info_files(path: PathLike, names: Collection[str]) -> dict[str, bytes]:
    """Those of ``names``, such as ``info/recipe/recipe.yaml``, that a package file holds.

    A file of more than a megabyte is left out. Raises the same as :func:`read_claim`.
    """
    with refusals(path, "read"), open_file_blob(path) as blob:
        return read_info_blob(blob, os.path.basename(path), names)


def read_info_blob(blob: Blob, name: str, names: Collection[str]) -> dict[str, bytes]:
    """The same for a file that is open, or is not on this disk. ``name`` is its file's name.

    Raises what its caller turns into an error by
    :func:`~conda_provenance.packages.refusals.refusals`.
    """
    files = _blob_files(blob, name, tuple(names), further=names)
    return {each: files[each] for each in names if each in files}


def read_digested(path: PathLike, names: Collection[str]) -> tuple[PackageClaim, dict[str, bytes]]:
    """What a package file says, and those of ``names`` that it holds, with the file's digest.

    The digest is that of the bytes that were read: a file that is changed meanwhile is refused. A
    metadata file of more than four megabytes is left out. Raises the same as :func:`read_claim`.
    """
    location = os.fspath(path)
    name = os.path.basename(location)
    with refusals(path, "read"), open_file_blob(path) as blob:
        files = _blob_files(blob, name, (ABOUT, INDEX, *names), further=names, limit=MAX_FILE)
        sha256 = _sha256(blob)
        if not blob.is_unchanged():
            raise ChangedMeanwhile

    package = package_claim(name, location, "file", files, package_name(name), Leaks(), sha256)
    return package, files


def claim_of(
    about: Mapping[str, Any], index: bytes | None, name: str | None, leaks: Leaks
) -> Claim:
    """The claim in about.json. ``name`` is what the file's name says the package is, if anything.

    ``index`` is the package's index.json. ``leaks`` has seen the other files.
    """
    leaks.see_about(about)
    further = (*leaks.problems(), *_name_problems(index, name))
    return Claim.from_extra(about.get("extra"), *further)


def _read_blob(
    blob: Blob, name: str, location: str, read_from: str, with_sha256: bool, thorough: bool
) -> PackageClaim:
    leaks = Leaks()
    if thorough:
        files = _blob_files(blob, name, leaks=leaks)
    else:
        files = _blob_files(blob, name, (ABOUT,), stops=True)

    sha256 = _sha256(blob) if with_sha256 else None
    return package_claim(name, location, read_from, files, package_name(name), leaks, sha256)


def package_claim(
    package: str,
    location: str,
    read_from: str,
    files: Mapping[str, bytes],
    full_name: str | None,
    leaks: Leaks,
    sha256: str | None = None,
    *,
    sha256_from: str = "file",
    place: str | None = None,
) -> PackageClaim:
    """The claim in ``files``. ``full_name`` is what the file's name says that the package is."""
    about = parse_about(files.get(ABOUT))
    version = about.get("conda_build_version")
    return PackageClaim(
        package,
        location,
        read_from,
        claim_of(about, files.get(INDEX), full_name, leaks),
        sha256,
        has_about=ABOUT in files,
        place=place,
        conda_build_version=version if isinstance(version, str) else None,
        sha256_from=sha256_from if sha256 else None,
    )


def _blob_files(
    blob: Blob,
    name: str,
    until: Sequence[str] = (ABOUT, INDEX),
    leaks: Leaks | None = None,
    further: Collection[str] = (),
    stops: bool = False,
    limit: int = MAX_SIZE,
) -> dict[str, bytes]:
    """about.json, index.json and ``further``, where they are there.

    A ``.tar.bz2`` is read ``until`` these are found, and so is a ``.conda`` that ``stops`` there.
    """
    ahead = prefetching(blob)
    if info := find_info(ahead, name):
        stream = open_info(ahead, info)
        until = until if stops else ()
    else:
        stream = open_tar(ahead, whole=False)

    return read_files(
        stream,
        (ABOUT,),
        limit,
        loose=(INDEX,),
        optional=further,
        until=until,
        search=leaks,
    )


def _folder_files(folder: str) -> dict[str, bytes]:
    """about.json and index.json, where they are there."""
    files: dict[str, bytes] = {}
    if os.path.lexists(os.path.join(folder, ABOUT)):
        files[ABOUT] = _read_file(folder, ABOUT)
    elif not os.path.lexists(os.path.join(folder, INDEX)):
        raise Refusal(f"it has no {ABOUT} and no {INDEX}")

    with contextlib.suppress(Refusal, OSError):
        files[INDEX] = _read_file(folder, INDEX)
    return files


def _read_file(folder: str, name: str) -> bytes:
    with open_file_blob(os.path.join(folder, *name.split("/"))) as blob:
        data = blob.read(0, MAX_SIZE + 1)

    if len(data) > MAX_SIZE:
        raise Refusal(f"its {name} is larger than {MAX_SIZE >> 20} MiB")
    return data


def search_folder(folder: str, leaks: Leaks) -> None:
    """Search the metadata files of an extracted package. Files that cannot be read are skipped."""
    waiting = ["info"]
    for _ in range(_MAX_FOLDERS):
        if not waiting:
            break

        place = waiting.pop()
        try:
            with os.scandir(os.path.join(folder, *place.split("/"))) as entries:
                for entry in entries:
                    path = f"{place}/{entry.name}"
                    if entry.is_dir(follow_symlinks=False):
                        waiting += [path] if f"{path}/".startswith(_SEARCHED) else []
                    elif entry.is_file(follow_symlinks=False):
                        _search_file(entry, path, leaks)
        except OSError:
            continue


def _search_file(entry: os.DirEntry[str], path: str, leaks: Leaks) -> None:
    with contextlib.suppress(Refusal, OSError):
        if not leaks.wants(path, entry.stat(follow_symlinks=False).st_size):
            return

        with open_file_blob(entry.path) as blob:
            leaks.see(path, blob.read(0, MAX_FILE))


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
    return stem_of(name) if name.endswith(ENDINGS) else None


def folder_name(name: str) -> str | None:
    """The same, by the name of an extracted package's folder."""
    return name if _FULL_NAME.fullmatch(name) else None


def _sha256(blob: Blob) -> str:
    from conda_provenance.packages.files.digests import Digests  # OpenSSL takes a while to load.

    return Digests(blob)["sha256"]
