"""Remembers in a folder which packages are being replaced, until its indexes are correct again.

What the indexes are is not known here. If the process is killed before the end, the next stamp in
the folder finds the file.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from conda_provenance.packages.files.digests import MAX_CHECKSUM, Checksums

NAME = ".conda-provenance-stamp.json"

_TEMPORARY = f"{NAME}.tmp"
_VERSION = 1
_MAX_SIZE = 64 << 20
_MAX_NAME = 255
_MAX_RECORDS = 1000

Entries: TypeAlias = Mapping[str, Collection[Checksums]]
"""The packages' file names, and what the indexes may say about them from begin to end."""


@dataclass(frozen=True, slots=True)
class Journal:
    """The packages to remember, by folder. A folder without packages gets no file."""

    folders: Mapping[str, Entries]

    def write(self) -> None:
        """Write the file of each folder, each in one step."""
        for folder, entries in self.folders.items():
            if entries:
                _write(folder, entries)

    def remove(self) -> None:
        """All is done, or nothing was."""
        for folder, entries in self.folders.items():
            if entries:
                remove(folder)


def exists(folder: str) -> bool:
    """Was an earlier stamp in this folder interrupted?"""
    return os.path.lexists(os.path.join(folder, NAME))


def clean(folder: str) -> None:
    """Remove the file of a process that was killed while it wrote it. The folder must be locked."""
    with contextlib.suppress(OSError):
        os.unlink(os.path.join(folder, _TEMPORARY))


def read(folder: str) -> Entries:
    """What an earlier stamp has left.

    The file may come from strangers. So it may name files of its own folder only, and its values
    are only compared. Raises ValueError for what we do not write, and OSError.
    """
    path = os.path.join(folder, NAME)
    status = os.lstat(path)
    if not stat.S_ISREG(status.st_mode) or status.st_size > _MAX_SIZE:
        raise ValueError("no file, or a huge one")

    with open(path, encoding="utf-8") as file:
        found = json.loads(file.read(_MAX_SIZE))
    if not isinstance(found, dict) or found.get("version") != _VERSION:
        raise ValueError("another version")

    packages = found.get("packages")
    if not isinstance(packages, dict):
        raise ValueError("no packages")
    return {_name(name): _records(records) for name, records in packages.items()}


def remove(folder: str) -> None:
    """Remove the file of a folder."""
    with contextlib.suppress(OSError):
        os.unlink(os.path.join(folder, NAME))


def _write(folder: str, entries: Entries) -> None:
    packages = {name: sorted(map(list, records), key=repr) for name, records in entries.items()}
    path = os.path.join(folder, NAME)
    temporary = os.path.join(folder, _TEMPORARY)
    try:
        clean(folder)
        with open(temporary, "x", encoding="utf-8") as file:
            json.dump({"version": _VERSION, "packages": packages}, file)
            if len(packages) > 1:
                # Many packages take minutes, in which the power can fail. One takes a moment.
                file.flush()
                os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        clean(folder)
        raise


def _name(name: str) -> str:
    is_plain = (
        name not in ("", ".", "..") and not set(name) & set("/\\\0") and len(name) <= _MAX_NAME
    )
    if not is_plain or os.path.basename(name) != name:
        raise ValueError("no plain file name")
    return name


def _records(records: Any) -> list[Checksums]:
    if not isinstance(records, list) or len(records) > _MAX_RECORDS:
        raise ValueError("no records")
    return [_checksums(record) for record in records]


def _checksums(record: Any) -> Checksums:
    if not isinstance(record, list) or len(record) != len(Checksums._fields):
        raise ValueError("no record")

    sha256, md5, size = record
    for value in (sha256, md5):
        if value is not None and not (isinstance(value, str) and len(value) <= MAX_CHECKSUM):
            raise ValueError("no checksum")
    if size is not None and type(size) is not int:
        raise ValueError("no size")
    return Checksums(sha256, md5, size)
