"""Reads an extracted package in a package cache, if it is the package that a record means.

A cache's folders are named ``name-version-build`` only. A package of another channel with the same
name takes the folder's place, and records of older environments then lead to it. So a folder counts
only if it says itself that it came from the record's file.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, NamedTuple

from conda_provenance.packages import PackageClaim, claim_from_files
from conda_provenance.packages.extracted import ABOUT, INDEX, MAX_SIZE
from conda_provenance.packages.refusals import Refusal
from conda_provenance.sources.environments.disk import identity_of, read_small, reason
from conda_provenance.sources.environments.records import Record
from conda_provenance.sources.record_values import hexadecimal, whole_number

if TYPE_CHECKING:
    from conda_provenance.packages.contents import PackageContents

_REPODATA = os.path.join("info", "repodata_record.json")
"""Written by conda and mamba after extraction: what the channel's index said about the file.

It holds the channel's address with its password and token, so nothing of it is ever shown.
"""

_LOCK = ".lock"
"""Ends the name of rattler's file beside the folder: 8 bytes of revision, the archive's sha256.

rattler writes it before it fetches the archive. If that fails, the old folder stays.
"""

_LOCK_SIZE = 40

_MAX_META = 1 << 20
_MAX_OTHER = 16 << 20
"""Bytes of a metadata file that is asked for by name. Real lists of files have some megabytes."""

CHANGED = "was changed while it was read"


class Doubt(Exception):
    """Why a place does not count. The message is the second half of a sentence."""


class Missing(Doubt):
    """Nothing is there."""

    def __init__(self) -> None:
        super().__init__("is not there")


class _Proof(NamedTuple):
    """Why a folder is the record's own, and what has to stay as it is while the folder is read."""

    seen: dict[str, tuple[int, int, int] | None]
    """Which file, folder or nothing is at each path."""
    since: int = 0
    """What is meant came later than this: nanoseconds."""

    def still_stands(self) -> bool:
        return all(identity_of(path) == identity for path, identity in self.seen.items())


def claim_in_folder(record: Record, folder: str, *, thorough: bool = False) -> PackageClaim:
    """What the package in this folder says. Raises :class:`Doubt` if the folder does not count."""
    proof = _prove(record, folder)
    files = _metadata(folder, proof)
    try:
        claim = claim_from_files(
            files,
            record.full_name,
            package=record.file_name,
            location=record.location,
            read_from="cache",
            place=folder,
            sha256=record.sha256,
            thorough=thorough,
        )
    except (Refusal, ValueError, RecursionError) as error:
        why = str(error) if isinstance(error, Refusal) else f"its {ABOUT} cannot be parsed"
        raise Doubt(f"cannot be used: {why}") from None

    # Somebody may be deleting the folder: then about.json may have gone first.
    if not proof.still_stands():
        raise Doubt(CHANGED)
    return claim


def files_in_folder(record: Record, folder: str, names: Collection[str]) -> dict[str, bytes]:
    """Those of the metadata files ``names`` that are there. Raises the same."""
    proof = _prove(record, folder)
    files: dict[str, bytes] = {}
    for name in names:
        if is_metadata(name) and (data := _file(folder, name, _MAX_OTHER, proof)) is not None:
            files[name] = data

    if not proof.still_stands():
        raise Doubt(CHANGED)
    return files


def everything_in_folder(record: Record, folder: str, *, whole: bool = False) -> PackageContents:
    """All that can be held against a commit. Raises the same."""
    from conda_provenance.packages.folder_contents import read_folder_contents

    proof = _prove(record, folder)
    try:
        contents = read_folder_contents(
            folder,
            package=record.file_name,
            location=record.location,
            read_from="cache",
            full_name=record.full_name,
            whole=whole,
            sha256=record.sha256,
            place=folder,
        )
    except (Refusal, OSError, ValueError, RecursionError) as error:
        why = str(error) if isinstance(error, Refusal) else "its metadata cannot be read"
        raise Doubt(f"cannot be used: {why}") from None

    if not proof.still_stands():
        raise Doubt(CHANGED)
    return contents


def is_metadata(name: str) -> bool:
    """May a file of this name be read? Nothing outside the package's ``info`` folder may."""
    parts = name.split("/")
    return parts[0] == "info" and len(parts) > 1 and not re.search(r"[\\:\0]", name) and (
        not {"", ".", ".."} & set(parts)
    )  # fmt: skip


def _metadata(folder: str, proof: _Proof) -> dict[str, bytes]:
    about = _file(folder, ABOUT, MAX_SIZE, proof)
    index = _file(folder, INDEX, MAX_SIZE, proof)
    if about is None and index is None:
        raise Doubt(f"has no {ABOUT} and no {INDEX}")

    files = {} if about is None else {ABOUT: about}
    return files if index is None else {**files, INDEX: index}


def _file(folder: str, name: str, limit: int, proof: _Proof) -> bytes | None:
    """A file of the package. ``None``: it has none. A link could lead to any file of the user."""
    try:
        found = read_small(f"{folder}/{name}", limit, follow=False)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise Doubt(f"cannot be used: its {name} {reason(error)}") from None

    if found.arrived < proof.since:
        raise Doubt("was there before its lock file was written, so it may be another package's")
    return found.data


def _prove(record: Record, folder: str) -> _Proof:
    """The files that say that this folder is the record's own. Raises :class:`Doubt`."""
    info = os.path.join(folder, "info")
    proof = _Proof({info: identity_of(info)})
    path = os.path.join(folder, _REPODATA)
    try:
        found = read_small(path, _MAX_META, follow=False)
    except FileNotFoundError:
        proof.seen[path] = None
        return _prove_by_lock(record, folder, proof)
    except NotADirectoryError:
        raise Doubt("is a file, and not a folder") from None
    except (OSError, ValueError) as error:
        raise Doubt(f"cannot be used: its info/repodata_record.json {reason(error)}") from None

    try:
        given = json.loads(found.data)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise Doubt("may be another package's: its info/repodata_record.json is damaged")

    _compare(record, given)
    proof.seen[path] = found.identity
    # rattler writes no such file. In its caches it came with a package, and can say anything.
    return _with_lock(record, folder, proof) or proof


def _prove_by_lock(record: Record, folder: str, proof: _Proof) -> _Proof:
    if not os.path.isdir(folder):
        raise Doubt("is a file, and not a folder") if os.path.exists(folder) else Missing

    if locked := _with_lock(record, folder, proof):
        return locked
    raise Doubt("does not say which file it was extracted from, so it may be another package's")


def _with_lock(record: Record, folder: str, proof: _Proof) -> _Proof | None:
    """The proof, with that of rattler's file. ``None``: there is none that says anything."""
    path = folder.rstrip("/\\") + _LOCK
    try:
        found = read_small(path, _MAX_META)
    except (OSError, ValueError):
        return None
    if len(found.data) != _LOCK_SIZE:
        return None

    _compare(record, {"sha256": found.data[8:].hex()})
    return _Proof({**proof.seen, path: found.identity}, since=found.identity[2])


def _compare(record: Record, given: dict[str, Any]) -> None:
    """Does the folder's own record mean the same file? Raises :class:`Doubt` if not.

    conda makes a new record where it finds none, such as while another conda is still extracting
    the package. That one has the archive's MD5 only.
    """
    pairs: list[tuple[object, object, str]]
    sha256, md5 = hexadecimal(given.get("sha256"), 64), hexadecimal(given.get("md5"), 32)
    if record.sha256 and (sha256 or not (record.md5 and md5)):
        pairs = [(record.sha256, sha256, "sha256")]
    elif record.md5:
        pairs = [(record.md5, md5, "md5")]
    else:
        pairs = [
            (record.size, whole_number(given.get("size")), "size"),
            (_plain_url(record.url), _plain_url(given.get("url")), "address"),
        ]

    for own, other, what in pairs:
        if own is None or other is None:
            raise Doubt(f"may be another package's: there is no {what} to compare")
        if own != other:
            raise Doubt(f"holds another package of this name: its {what} differs")


def _plain_url(url: object) -> tuple[str, str] | None:
    """The host and path of an address, without what is a login or a token in it."""
    if not isinstance(url, str):
        return None

    from urllib.parse import urlsplit  # Nearly every record has a checksum.

    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    host = parts.netloc.rpartition("@")[2].lower()
    return host, re.sub(r"\A/t/[^/]+(?=/)", "", parts.path)
