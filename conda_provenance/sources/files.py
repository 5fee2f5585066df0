"""Packages on this disk: files, extracted packages, and folders of both.

Who asked for them is not known here, nor what they say.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from conda_provenance.errors import PackageError
from conda_provenance.packages import PackageClaim, read_info_files, read_package
from conda_provenance.packages.file_names import ENDINGS, name_version_build
from conda_provenance.sources.artifact import Artifact, Found, Unreadable
from conda_provenance.text import escape, redact_location

if TYPE_CHECKING:
    from conda_provenance.packages.contents import PackageContents

MAX_DEPTH = 10
"""Folders below each other that are searched for packages."""

_MAX_FILE = 16 << 20
"""Bytes of a metadata file of an extracted package."""

_INDEX = "repodata"
"""How the names of all forms of an index begin."""

_METADATA = (("info", "about.json"), ("info", "index.json"))


class Listing(Protocol):
    """What an index says about a file."""

    @property
    def sha256(self) -> str | None: ...

    @property
    def md5(self) -> str | None: ...

    @property
    def size(self) -> int | None: ...

    @property
    def timestamp(self) -> int | None: ...


class FileContents:
    """A package file or an extracted package's folder on this disk."""

    __slots__ = ("_check", "_path", "_sha256", "_with_sha256")

    is_remote = False
    """Reading it waits for no server."""

    def __init__(
        self,
        path: str,
        *,
        with_sha256: bool = False,
        sha256: str | None = None,
        check: bool = False,
    ) -> None:
        """``with_sha256``: read the whole file for its checksum.

        ``sha256`` is that of the index that lists the file. ``check``: compare the two.
        """
        self._path = path
        self._with_sha256 = with_sha256
        self._sha256 = sha256
        self._check = check

    def claim(self, *, thorough: bool = False) -> PackageClaim:
        """What the package says."""
        hashes = self._with_sha256 or self._is_compared
        return self._listed(read_package(self._path, with_sha256=hashes, thorough=thorough))

    def files(self, names: Collection[str]) -> dict[str, bytes]:
        """Those of its metadata files that there are."""
        if os.path.isdir(self._path):
            return _folder_files(self._path, names)

        return read_info_files(self._path, names)

    def beside(self, name: str, limit: int) -> bytes | None:
        """A file in the same folder. Of an extracted package there is none."""
        from conda_provenance.packages.neighbours import read_beside

        return None if os.path.isdir(self._path) else read_beside(self._path, name, limit)

    def names_beside(self, names: Sequence[str]) -> list[str]:
        """Those of ``names`` that are in the same folder."""
        folder = os.path.dirname(self._path)
        return [name for name in names if os.path.lexists(os.path.join(folder, name))]

    def everything(self, *, whole: bool = False) -> PackageContents:
        """All that can be held against a commit."""
        whole = whole or self._is_compared
        contents = _everything_at(self._path, whole)
        return contents._replace(package=self._listed(contents.package))

    @property
    def _is_compared(self) -> bool:
        return self._check and self._sha256 is not None

    def _listed(self, package: PackageClaim) -> PackageClaim:
        """The claim, with what the index says where the file's digest was not computed."""
        listed = self._sha256
        if listed is None:
            return package

        if package.sha256 is None:
            from dataclasses import replace

            return replace(package, sha256=listed, sha256_from="index")

        if self._check and package.sha256 != listed:
            raise PackageError(
                f"{shown(self._path)} is not the package that the index beside it lists: its "
                "sha256 differs; run the indexer again, or fetch the package again."
            )
        return package


def package_at(path: str, *, with_sha256: bool = False) -> Artifact:
    """The package file or extracted package at ``path``, which is there."""
    name = os.path.basename(os.path.abspath(path))
    return Artifact(
        *name_version_build(name),
        file_name=name,
        location=path,
        contents=FileContents(path, with_sha256=with_sha256),
    )


def is_extracted(path: str) -> bool:
    """Is this the folder of an extracted package?"""
    return any(os.path.lexists(os.path.join(path, *parts)) for parts in _METADATA)


def packages_below(
    folder: str,
    *,
    with_sha256: bool = False,
    check: bool = False,
    listed_in: Callable[[str], Mapping[str, Listing]] | None = None,
) -> Iterator[Found]:
    """Every package in the folder and in those below it, sorted by their paths.

    An extracted package counts where its archive is not beside it, as in a package cache. Links to
    folders are not followed, and links to files only if they stay in the folder.

    ``listed_in`` says what the index in a folder lists, by file name. It is called for folders that
    have one. ``check``: compare each file's checksum with it.
    """
    search = _Search(folder, with_sha256, check, listed_in)
    yield from search.below(folder, 0)
    if search.too_deep is not None:
        why = (
            f"is more than {MAX_DEPTH} folders deep, and may not be the only one; name it by itself"
        )
        yield _unreadable(search.too_deep, why)


class _Search:
    """A search for packages in a folder."""

    def __init__(
        self,
        folder: str,
        with_sha256: bool,
        check: bool,
        listed_in: Callable[[str], Mapping[str, Listing]] | None,
    ) -> None:
        self._root = os.path.realpath(folder)
        self._with_sha256 = with_sha256
        self._check = check
        self._listed_in = listed_in
        self.too_deep: str | None = None
        """The first folder that was not searched."""

    def below(self, folder: str, depth: int) -> Iterator[Found]:
        """The packages in a folder that is so many folders below the first."""
        try:
            with os.scandir(folder) as scan:
                entries = sorted(scan, key=lambda entry: entry.name)
        except OSError as error:
            why = f"cannot be read: {error.strerror or type(error).__name__}"
            yield _unreadable(folder, why)
            return

        files = {entry.name for entry in entries if entry.name.endswith(ENDINGS)}
        has_index = bool(files) and any(entry.name.startswith(_INDEX) for entry in entries)
        listed = self._listed_in(folder) if has_index and self._listed_in else {}
        for entry in entries:
            if _is_folder(entry):
                yield from self._folder(entry, files, depth)
            elif entry.name in files:
                yield self._file(entry, folder, listed.get(entry.name))

    def _file(self, entry: os.DirEntry[str], folder: str, listing: Listing | None) -> Found:
        if entry.is_symlink() and not _stays_in(self._root, entry.path):
            return _unreadable(
                entry.path,
                "is a link that leads out of the folder, or nowhere; name the file itself",
            )

        found = package_at(entry.path, with_sha256=self._with_sha256)
        if listing is None:
            return found

        contents = FileContents(
            entry.path,
            with_sha256=self._with_sha256,
            sha256=listing.sha256,
            check=self._check,
        )
        return found._replace(
            contents=contents,
            subdir=os.path.basename(os.path.abspath(folder)),
            timestamp=listing.timestamp,
            sha256=listing.sha256,
            md5=listing.md5,
            size=listing.size,
        )

    def _folder(self, entry: os.DirEntry[str], files: set[str], depth: int) -> Iterator[Found]:
        if is_extracted(entry.path):
            if not any(entry.name + ending in files for ending in ENDINGS):
                yield package_at(entry.path, with_sha256=self._with_sha256)
        elif depth + 1 < MAX_DEPTH:
            yield from self.below(entry.path, depth + 1)
        elif self.too_deep is None:
            self.too_deep = entry.path


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _stays_in(root: str, path: str) -> bool:
    target = os.path.realpath(path)
    return os.path.lexists(target) and target.startswith(os.path.join(root, ""))


def _folder_files(folder: str, names: Collection[str]) -> dict[str, bytes]:
    from conda_provenance.packages.blob import open_file_blob
    from conda_provenance.packages.refusals import refusals

    found = {}
    with refusals(folder, "read"):
        for name in names:
            path = os.path.join(folder, *name.split("/"))
            if os.path.isfile(path):
                with open_file_blob(path) as blob:
                    found[name] = blob.read(0, _MAX_FILE)
    return found


def _everything_at(path: str, whole: bool) -> PackageContents:
    from conda_provenance.packages.read_contents import read_contents
    from conda_provenance.packages.refusals import refusals

    if not os.path.isdir(path):
        return read_contents(path, whole=whole)

    from conda_provenance.packages.folder_contents import read_folder_contents
    from conda_provenance.packages.read import folder_name

    name = os.path.basename(os.path.abspath(path))
    with refusals(path, "read"):
        return read_folder_contents(
            path,
            package=name,
            location=path,
            read_from="folder",
            full_name=folder_name(name),
            whole=whole,
        )


def shown(location: str) -> str:
    """A path or an address as it was given, fit for a sentence."""
    return escape(redact_location(location), 1500) or "An empty text"


def _unreadable(path: str, why: str) -> Unreadable:
    return Unreadable(os.path.basename(path), path, f"{shown(path)} {why}.")
