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
from typing import Any, NamedTuple

from conda_provenance.packages import PackageClaim, claim_from_files
from conda_provenance.packages.extracted import ABOUT, INDEX, MAX_SIZE
from conda_provenance.packages.refusals import Refusal
from conda_provenance.sources.environments.disk import identity_of, read_small, reason
from conda_provenance.sources.environments.records import Record
from conda_provenance.sources.record_values import hexadecimal, whole_number

_REPODATA = os.path.join("info", "repodata_record.json")
"""Written by conda and mamba after extraction: what the channel's index said about the file.

It holds the channel's address with its password and token, so nothing of it is ever shown.
"""

_LOCK = ".lock"
"""Ends the name of rattler's file beside the folder: 8 bytes of revision, the archive's sha256."""

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
    """The file that says whose folder it is."""

    path: str
    identity: tuple[int, int, int]

    def still_stands(self) -> bool:
        return identity_of(self.path) == self.identity


def claim_in_folder(record: Record, folder: str, *, thorough: bool = False) -> PackageClaim:
    """What the package in this folder says. Raises :class:`Doubt` if the folder does not count."""
    proof = _prove(record, folder)
    info = identity_of(os.path.join(folder, "info"))
    files = _metadata(folder)
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
    is_same = ABOUT in files or identity_of(os.path.join(folder, "info")) == info
    if not (is_same and proof.still_stands()):
        raise Doubt(CHANGED)
    return claim


def files_in_folder(record: Record, folder: str, names: Collection[str]) -> dict[str, bytes]:
    """Those of the metadata files ``names`` that are there. Raises the same."""
    proof = _prove(record, folder)
    files: dict[str, bytes] = {}
    for name in names:
        if is_metadata(name) and (data := _file(folder, name, _MAX_OTHER)) is not None:
            files[name] = data

    if not proof.still_stands():
        raise Doubt(CHANGED)
    return files


def is_metadata(name: str) -> bool:
    """May a file of this name be read? Nothing outside the package's ``info`` folder may."""
    parts = name.split("/")
    return parts[0] == "info" and len(parts) > 1 and not re.search(r"[\\:\0]", name) and (
        not {"", ".", ".."} & set(parts)
    )  # fmt: skip


def _metadata(folder: str) -> dict[str, bytes]:
    about = _file(folder, ABOUT, MAX_SIZE)
    index = _file(folder, INDEX, MAX_SIZE)
    if about is None and index is None:
        raise Doubt(f"has no {ABOUT} and no {INDEX}")

    files = {} if about is None else {ABOUT: about}
    return files if index is None else {**files, INDEX: index}


def _file(folder: str, name: str, limit: int) -> bytes | None:
    """A file of the package. ``None``: it has none. A link could lead to any file of the user."""
    try:
        return read_small(f"{folder}/{name}", limit, follow=False).data
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise Doubt(f"cannot be used: its {name} {reason(error)}") from None


def _prove(record: Record, folder: str) -> _Proof:
    """The file that says that this folder is the record's own. Raises :class:`Doubt`."""
    path = os.path.join(folder, _REPODATA)
    try:
        found = read_small(path, _MAX_META)
    except FileNotFoundError:
        return _prove_by_lock(record, folder)
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
    return _Proof(path, found.identity)


def _prove_by_lock(record: Record, folder: str) -> _Proof:
    if not os.path.isdir(folder):
        raise Doubt("is a file, and not a folder") if os.path.exists(folder) else Missing

    path = folder.rstrip("/\\") + _LOCK
    try:
        found = read_small(path, _MAX_META)
    except (OSError, ValueError):
        found = None
    if found is None or len(found.data) != _LOCK_SIZE:
        raise Doubt("does not say which file it was extracted from, so it may be another package's")

    _compare(record, {"sha256": found.data[8:].hex()})
    return _Proof(path, found.identity)


def _compare(record: Record, given: dict[str, Any]) -> None:
    """Does the folder's own record mean the same file? Raises :class:`Doubt` if not."""
    pairs: list[tuple[object, object, str]]
    if record.sha256:
        pairs = [(record.sha256, hexadecimal(given.get("sha256"), 64), "sha256")]
    elif record.md5:
        pairs = [(record.md5, hexadecimal(given.get("md5"), 32), "md5")]
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
