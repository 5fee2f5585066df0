"""Reads a package file in a package cache, if its bytes are those that a record means."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from conda_provenance.errors import PackageError
from conda_provenance.packages import (
    Blob,
    PackageClaim,
    open_file_blob,
    read_info_blob,
    read_package_blob,
)
from conda_provenance.packages.refusals import Refusal, refusals
from conda_provenance.sources.environments.disk import reason
from conda_provenance.sources.environments.folders import Doubt, Missing
from conda_provenance.sources.environments.records import Record

if TYPE_CHECKING:
    from conda_provenance.packages.contents import PackageContents

T = TypeVar("T")


def claim_in_archive(record: Record, path: str, *, thorough: bool = False) -> PackageClaim:
    """What the package file says. Raises :class:`Doubt` if the file does not count.

    The whole file is read for its checksum.
    """

    def read(blob: Blob, sha256: str) -> PackageClaim:
        name = os.path.basename(path)
        claim = read_package_blob(blob, name, location=path, read_from="archive", thorough=thorough)
        return _of_record(claim, record, path, sha256)

    return _read(record, path, read)


def everything_in_archive(record: Record, path: str, *, whole: bool = False) -> PackageContents:
    """All that can be held against a commit. Raises the same."""
    from conda_provenance.packages.read_contents import read_contents_blob

    def read(blob: Blob, sha256: str) -> PackageContents:
        name = os.path.basename(path)
        contents = read_contents_blob(blob, name, location=path, read_from="archive", whole=whole)
        return contents._replace(package=_of_record(contents.package, record, path, sha256))

    return _read(record, path, read)


def _of_record(claim: PackageClaim, record: Record, path: str, sha256: str) -> PackageClaim:
    return replace(
        claim,
        package=record.file_name,
        location=record.location,
        place=path,
        sha256=sha256,
        sha256_from="file",
    )


def files_in_archive(record: Record, path: str, names: Collection[str]) -> dict[str, bytes]:
    """Those of the metadata files ``names`` that it holds. Raises the same."""

    def read(blob: Blob, _sha256: str) -> dict[str, bytes]:
        return read_info_blob(blob, os.path.basename(path), names)

    return _read(record, path, read)


def _read(record: Record, path: str, read: Callable[[Blob, str], T]) -> T:
    from conda_provenance.packages.files.digests import Digests  # OpenSSL takes a while to load.

    try:
        blob = open_file_blob(path)
    except FileNotFoundError:
        raise Missing from None
    except Refusal:
        raise Doubt("is no regular file") from None
    except (OSError, ValueError) as error:
        raise Doubt(reason(error)) from None

    with blob:
        if record.size is not None and blob.size != record.size:
            raise Doubt("is another file of this name: its size differs")

        kind, own = ("sha256", record.sha256) if record.sha256 else ("md5", record.md5)
        if own is None:
            raise Doubt("may be another package's: the record has no checksum to compare")

        try:
            with refusals(path, "read"):
                digests = Digests(blob)
                digests.need(dict.fromkeys((kind, "sha256")))
                if digests[kind] != own:
                    raise Doubt(f"is another file of this name: its {kind} differs")
                return read(blob, digests["sha256"])
        except PackageError as error:
            why = str(error).rpartition("cannot be read: ")[2].rstrip(".")
            raise Doubt(f"cannot be used: {why}") from None
