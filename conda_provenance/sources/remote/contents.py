"""``RemoteContents``: reads one package on a server. How it was found is not known here."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

from conda_provenance.errors import PackageError
from conda_provenance.packages import (
    Blob,
    PackageClaim,
    read_info_blob,
    read_package_blob,
)
from conda_provenance.packages.blob import FileBlob
from conda_provenance.packages.refusals import refusals, shown_path
from conda_provenance.sources.remote.addresses import clean_address
from conda_provenance.sources.remote.download import Listed, download
from conda_provenance.sources.remote.opening import (
    NO_PARTS,
    RENAMED,
    SHORT,
    Limits,
    open_remote,
    open_whole,
)
from conda_provenance.sources.remote.plan import plan_for
from conda_provenance.sources.remote.ranged import RenamedError, ReplacedError, ShortError
from conda_provenance.text import as_clause
from conda_provenance.web import NoPartError, Web, WebError

if TYPE_CHECKING:
    from conda_provenance.packages.contents import PackageContents

T = TypeVar("T")

_TRIES = 2
"""A file that is replaced while it is read is read once more."""


class RemoteContents:
    """A package file at an ``http`` address. It is asked for when it is read."""

    is_remote = True
    """Reading it may take as long as a server likes."""

    def __init__(
        self,
        web: Web,
        url: str,
        file_name: str,
        listed: Listed,
        limits: Limits,
        *,
        check: bool = False,
    ) -> None:
        """``check``: fetch it whole, and compare its checksum with what is listed."""
        self._web = web
        self._url = url
        self._name = file_name
        self.listed = listed
        self._limits = limits
        self._check = check
        self.location = clean_address(url)

    def claim(self, *, thorough: bool = False) -> PackageClaim:
        """What the package says.

        Raises :class:`~conda_provenance.web.WebError` if its server cannot be asked.
        """
        with said_of(self.location):
            if self._check:
                return self._checked_claim(thorough)
            return self._listed(*self._read(lambda blob: self._claim_in(blob, thorough)))

    def files(self, names: Collection[str]) -> dict[str, bytes]:
        """Those of its metadata files that there are. Raises the same."""
        with said_of(self.location), refusals(self.location, "read"):
            return self._read(lambda blob: read_info_blob(blob, self._name, names))

    def beside(self, name: str, limit: int) -> bytes | None:
        """A file of the same channel. It is asked for as the package is."""
        if "?" in self._url or "#" in self._url:
            return None  # What lets us in there is for the package alone.

        folder = self._url.rpartition("/")[0]
        try:
            return self._web.fetch(f"{folder}/{quote(name, safe='')}", limit=limit)
        except WebError as error:
            if error.kind == "missing":
                return None
            raise

    def names_beside(self, names: Sequence[str]) -> list[str]:
        """A server tells of none before it is asked for it."""
        return list(names)

    def everything(self, *, whole: bool = False) -> PackageContents:
        """All that can be held against a commit. ``whole``: the file is fetched for that."""
        from conda_provenance.packages.read_contents import read_contents_blob

        def read(blob: Blob) -> PackageContents:
            return read_contents_blob(blob, self._name, location=self.location, whole=whole)

        with said_of(self.location):
            if whole or self._check:
                contents, sha256 = self._downloaded(read)
                package = replace(contents.package, sha256=sha256, sha256_from="file")
            else:
                contents, size = self._read(lambda blob: (read(blob), blob.size))
                package = self._listed(contents.package, size)
        return contents._replace(package=package)

    def _read(self, read: Callable[[Blob], T]) -> T:
        """What ``read`` makes of the parts of the file, or else of the whole."""
        plan = plan_for(self._name, self.listed.timestamp)
        place = (self._web, self._url, plan, self.listed.size, self._limits)
        replaced = ReplacedError()
        for _ in range(_TRIES):
            try:
                with open_remote(*place) as blob:
                    return read(blob)
            except ReplacedError as error:
                replaced = error
            except ShortError:
                return self._read_whole(read, SHORT)
            except NoPartError:
                return self._read_whole(read, NO_PARTS)

        if isinstance(replaced, RenamedError):
            return self._read_whole(read, RENAMED)
        raise PackageError(
            f"{shown_path(self.location)} cannot be read: it is being replaced; try again."
        )

    def _read_whole(self, read: Callable[[Blob], T], fault: str) -> T:
        """The same of the whole file. One answer fits together, whatever the next one would say."""
        plan = plan_for(self._name, self.listed.timestamp)
        with open_whole(self._web, self._url, plan, self.listed.size, self._limits, fault) as blob:
            return read(blob)

    def _claim_in(self, blob: Blob, thorough: bool) -> tuple[PackageClaim, int]:
        package = read_package_blob(blob, self._name, location=self.location, thorough=thorough)
        return package, blob.size

    def _listed(self, package: PackageClaim, size: int) -> PackageClaim:
        """The claim in a file of this size, with the digest that is listed."""
        listed = self.listed
        # Of a file of another size the record says nothing.
        is_listed = listed.sha256 and listed.size in (None, size)
        if not is_listed:
            return package
        return replace(package, sha256=listed.sha256, sha256_from=listed.sha256_from)

    def _checked_claim(self, thorough: bool) -> PackageClaim:
        """The claim in a file that was fetched whole, and is the one that is listed."""
        (package, _), sha256 = self._downloaded(lambda blob: self._claim_in(blob, thorough))
        return replace(package, sha256=sha256, sha256_from="file")

    def _downloaded(self, read: Callable[[Blob], T]) -> tuple[T, str]:
        """What ``read`` makes of the whole file, and its sha256. It is the one that is listed."""
        with tempfile.TemporaryFile() as file:
            sha256 = download(
                self._web,
                self._url,
                file,
                self.listed,
                location=self.location,
                limit=self._limits.max_download,
            )
            with FileBlob(file) as blob:
                return read(blob), sha256


@contextmanager
def said_of(location: str) -> Iterator[None]:
    """Say which package cannot be read, where a server cannot be asked or our own disk is full."""
    try:
        yield
    except WebError as error:
        why = as_clause(str(error))
        raise WebError(error.kind, f"{shown_path(location)} cannot be read: {why}.") from None
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise PackageError(
            f"{shown_path(location)} cannot be read: it cannot be kept on this disk ({why})."
        ) from None
