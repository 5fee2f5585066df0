"""Reads an installed package: from this disk, or where that is allowed from its channel."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from conda_provenance.errors import PackageError, UnavailableError
from conda_provenance.packages import PackageClaim
from conda_provenance.packages.file_names import ENDINGS
from conda_provenance.sources.artifact import Contents
from conda_provenance.sources.environments.look_up import (
    claim_of_record,
    everything_of_record,
    files_of_record,
)
from conda_provenance.sources.environments.records import Record, without_login
from conda_provenance.text import escape

if TYPE_CHECKING:
    from conda_provenance.packages.contents import PackageContents

T = TypeVar("T")

RemoteReader: TypeAlias = Callable[[str, Record], Contents]
"""Makes the contents of a package from its address, and its record with size and checksums."""

_MAX_SENTENCE = 3000
_REMOTE = ("http://", "https://", "oci://", "s3://", "gcs://")


class RecordContents:
    """Reads the package of a record. Nothing is read before a method is called."""

    __slots__ = ("_caches", "_reader", "record")

    def __init__(
        self, record: Record, caches: Iterable[str] = (), reader: RemoteReader | None = None
    ) -> None:
        """``reader``: reads from the channel what is not on this disk. ``None``: that is not done.

        ``caches`` are package caches. They are asked for once something is not in its own place.
        """
        self.record = record
        self._caches = caches
        self._reader = reader

    @property
    def is_remote(self) -> bool:
        """May a method have to wait for a server?"""
        return self._reader is not None and not os.path.isdir(self.record.extracted or "")

    def claim(self, *, thorough: bool = False) -> PackageClaim:
        """What the package says, and where that was read."""

        def local(remedy: str) -> PackageClaim:
            return claim_of_record(self.record, self._caches, thorough=thorough, remedy=remedy)

        def remote(contents: Contents) -> PackageClaim:
            return self._installed(contents.claim(thorough=thorough))

        return self._read(local, remote)

    def files(self, names: Collection[str]) -> dict[str, bytes]:
        """Those of its metadata files that there are."""

        def local(remedy: str) -> dict[str, bytes]:
            return files_of_record(self.record, self._caches, names, remedy=remedy)

        return self._read(local, lambda contents: contents.files(names))

    def beside(self, _name: str, _limit: int) -> bytes | None:
        """There is no folder with other files."""
        return None

    def names_beside(self, _names: Sequence[str]) -> list[str]:
        """None: there is no such folder."""
        return []

    def everything(self, *, whole: bool = False) -> PackageContents:
        """All that can be held against a commit."""

        def local(remedy: str) -> PackageContents:
            return everything_of_record(self.record, self._caches, whole=whole, remedy=remedy)

        def remote(contents: Contents) -> PackageContents:
            found = contents.everything(whole=whole)
            return found._replace(package=self._installed(found.package))

        return self._read(local, remote)

    def _installed(self, claim: PackageClaim) -> PackageClaim:
        """The claim in the package's file, as that of the installed package."""
        return replace(
            claim,
            package=self.record.file_name,
            location=self.record.location,
            place=claim.place or claim.location,
        )

    def _read(self, local: Callable[[str], T], remote: Callable[[Contents], T]) -> T:
        if self._reader is None:
            return local(_remedy(self.record))

        try:
            return local("")
        except PackageError as error:
            nowhere = str(error)

        address = address_of(self.record)
        if address is None:
            raise PackageError(_both(nowhere, "Its record names no address of a package file."))

        try:
            return remote(self._reader(address, self.record))
        except (PackageError, UnavailableError) as error:
            kind = UnavailableError if isinstance(error, UnavailableError) else PackageError
            raise kind(_both(nowhere, str(error))) from error


def _both(nowhere: str, further: str) -> str:
    return escape(f"{nowhere} {further}", _MAX_SENTENCE)


def _remedy(record: Record) -> str:
    return "" if address_of(record) is None else "; --remote reads it from its channel"


def address_of(record: Record) -> str | None:
    """The address of a record's file, without any credentials: the caller's session has those.

    ``None``: it is known to be on no server.
    """
    if not record.file_name.endswith(ENDINGS):
        return None

    channel = (record.channel or "").rstrip("/")
    if not channel.lower().startswith(_REMOTE):
        channel = without_login(record.url or "").rpartition("/")[0]
    elif record.subdir and channel.rpartition("/")[2] != record.subdir:
        channel = f"{channel}/{record.subdir}"

    is_whole = channel.lower().startswith(_REMOTE) and "***" not in channel
    return f"{channel}/{_quoted(record.file_name)}" if is_whole else None


def _quoted(file_name: str) -> str:
    from urllib.parse import quote

    return quote(file_name, safe="!+~=", errors="replace")
