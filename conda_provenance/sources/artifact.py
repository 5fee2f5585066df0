"""``Artifact``: a package somewhere, and how to read it. All sources give the same.

Where packages are found is not known here, nor what is done with what they say.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

from conda_provenance.packages import PackageClaim

if TYPE_CHECKING:
    from conda_provenance.packages.contents import PackageContents


class Contents(Protocol):
    """Reads one package, wherever it is. Nothing is read before a method is called."""

    def claim(self, *, thorough: bool = False) -> PackageClaim:
        """What the package says about its origin, and where that was read.

        ``thorough``: search all of its metadata for credentials. Otherwise only what has to be read
        for about.json is searched.
        Raises :class:`~conda_provenance.errors.PackageError` if it cannot be read.
        """

    def files(self, names: Collection[str]) -> dict[str, bytes]:
        """Those of the metadata files ``names``, such as ``info/index.json``, that there are.

        Raises the same.
        """

    def beside(self, name: str, limit: int) -> bytes | None:
        """A file in the same folder. ``None``: there is none, or there is no such folder.

        ``name`` is no path. Raises :class:`~conda_provenance.errors.UnavailableError` if it cannot
        be read, or has more than ``limit`` bytes.
        """

    def names_beside(self, names: Sequence[str]) -> list[str]:
        """Those of ``names`` that may be in the same folder, whatever they are."""

    def everything(self, *, whole: bool = False) -> PackageContents:
        """All that can be held against a commit, from one reading of the package.

        ``whole``: read the payload too, for the package's digest and for the scripts that run at
        installation. What has no file, as an extracted folder, has no digest.
        Raises the same.
        """


class Pinned(NamedTuple):
    """What a record says of a file beside the package. It is not checked."""

    sha256: str
    """As hex."""
    size: int


class Artifact(NamedTuple):
    """A package that was found. It may not have been read yet.

    All texts are a stranger's: they are not escaped. ``location`` and ``channel`` are free of
    credentials.
    """

    name: str
    """By its record, or else by its file's name."""
    version: str
    build: str
    """Empty like the version, where neither a record nor the file's name says it."""
    file_name: str
    """``name-version-build`` with its ending, or a folder's name."""
    location: str
    """Its path as it was given, or its address."""
    contents: Contents
    subdir: str | None = None
    channel: str | None = None
    """The channel's address, or its name where no more is known."""
    timestamp: int | None = None
    """When it was built, or indexed where that is known: milliseconds since 1970, UTC."""
    sha256: str | None = None
    """As its record or index says, as hex. It is not checked."""
    md5: str | None = None
    size: int | None = None
    """Bytes, as its record or index says."""
    attestations: Pinned | None = None
    """The file of bundles about it, ``PACKAGE.sigs``, if its record says that there is one."""


class Unreadable(NamedTuple):
    """Something that should be a package, or lead to one, and cannot be read."""

    name: str
    """As far as it is known: a package's name, or a file's."""
    location: str
    why: str
    """One sentence, fit to be shown."""


class NotConda(NamedTuple):
    """Not a conda package: one of pip's, a wheel in a channel, or one that is still to be built."""

    name: str
    version: str
    location: str
    kind: str
    """``pip``, ``wheel`` or ``source``."""


Found: TypeAlias = Artifact | Unreadable | NotConda
