"""``Locked``: a package in a lockfile, whatever the file's form, and the artifact that it becomes.

The forms are not known here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import unquote

from conda_provenance.credentials import without_credentials
from conda_provenance.errors import UsageError
from conda_provenance.packages.file_names import ENDINGS, name_version_build
from conda_provenance.sources.artifact import Artifact, Contents, Found, NotConda, Unreadable
from conda_provenance.sources.channels.artifacts import ContentsOf
from conda_provenance.sources.files import FileContents
from conda_provenance.sources.kinds import path_of
from conda_provenance.sources.record_values import hexadecimal
from conda_provenance.text import redact_location, show

_SUBDIR = re.compile(r"noarch|[a-z]+-[a-z0-9_]+")
_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+):/")
_VARIABLE = re.compile(r"\$(?:\w|\{)|%\w+%(?![0-9A-Fa-f]{2})|%(?![0-9A-Fa-f]{2})\w+%")
"""A variable of the environment in an address. ``%C3%BC`` is none, but a letter that is escaped."""

_LOGIN_OF_VARIABLES = re.compile(
    r"\A(?P<scheme>[a-z][a-z0-9+.-]{0,40}://)[^/@$]*\$[^/@]*@", re.IGNORECASE
)
_TOKEN_OF_VARIABLE = re.compile(r"/t/\$(?:\w+|\{\w+\})(?=/)")

_MAX_ADDRESS = 8192
"""Characters of the longest address that is one."""

_NO_ADDRESS = (
    "The lockfile gives no address of a package file for it, which would end in .conda or "
    ".tar.bz2; lock it again."
)


class Locked(NamedTuple):
    """A package that is locked."""

    kind: str
    """``conda``, ``pip`` or ``source``."""
    address: str
    """Its address, or a path. A relative one begins at ``folder``."""
    name: str = ""
    version: str = ""
    build: str = ""
    """Empty, like the name and the version, where only the file's name says it."""
    platform: str | None = None
    """For which platform it is locked."""
    environment: str | None = None
    sha256: str | None = None
    md5: str | None = None
    size: int | None = None
    timestamp: int | None = None


class Chosen(NamedTuple):
    """Which packages of a lockfile are wanted."""

    environment: str | None = None
    platform: str | None = None

    def of(self, packages: Iterable[Locked], shown: str) -> Iterator[Locked]:
        """Those that are wanted, of a file that names environments and platforms with each."""
        known = list(packages)
        environments = {each.environment for each in known if each.environment is not None}
        platforms = {each.platform for each in known if each.platform is not None}
        self.check(environments, platforms, shown)
        return self.wanted(known)

    def wanted(self, packages: Iterable[Locked]) -> Iterator[Locked]:
        """Those of the packages that are wanted."""
        return (
            each
            for each in packages
            if self.environment in (None, each.environment)
            and (self.platform is None or each.platform in (self.platform, None))
        )

    def check(self, environments: Iterable[str], platforms: Iterable[str], shown: str) -> None:
        """Raise :class:`UsageError` if the file has no such environment or platform."""
        for what, asked, names in (
            ("environment", self.environment, sorted(environments)),
            ("platform", self.platform, sorted(platforms)),
        ):
            if asked is None or asked in names:
                continue
            there = f"there is {' and '.join(map(show, names))}" if names else "it names none"
            raise UsageError(
                f"{shown} has no {what} {show(asked) or 'without a name'}: {there}; "
                f"{'give one of them, or ' if names else ''}leave --{what} out."
            )


def found_of(
    packages: Iterable[Locked], folder: str, contents: ContentsOf, *, check: bool = False
) -> Iterator[Found]:
    """Each package once, as it is found. ``folder`` is where relative paths begin."""
    seen: set[tuple[str, str, str]] = set()
    for each in packages:
        key = (each.kind, each.address, each.name)
        if key not in seen:
            seen.add(key)
            yield _found(each, folder, contents, check)


def shown_address(address: str) -> str:
    """An address without credentials, or a path as it is."""
    if not _SCHEME.match(address):
        return address
    bare = address.partition("#")[0].partition("?")[0]
    return redact_location(without_credentials(_without_variables(bare)))


def _found(locked: Locked, folder: str, contents: ContentsOf, check: bool) -> Found:
    if len(locked.address) > _MAX_ADDRESS:
        return Unreadable(locked.name, f"({len(locked.address)} characters)", _NO_ADDRESS)

    location = shown_address(locked.address)
    if locked.kind != "conda":
        return NotConda(locked.name or _last(location), locked.version, location, locked.kind)

    address = _without_variables(locked.address.partition("#")[0])
    file_name = _last(unquote(address.partition("?")[0]) if _SCHEME.match(address) else address)
    if not file_name.endswith(ENDINGS):
        return Unreadable(locked.name or _last(location), location, _NO_ADDRESS)
    if _VARIABLE.search(address) and _SCHEME.match(address):
        return Unreadable(
            locked.name or file_name,
            location,
            "Its address in the lockfile has a variable, which is not filled in: a lockfile of "
            "somebody else could send any variable anywhere; give the package's address itself.",
        )

    name, version, build = name_version_build(file_name)
    subdir, channel = _place(location)
    sha256 = hexadecimal((locked.sha256 or "").strip(), 64)
    md5 = hexadecimal((locked.md5 or "").strip(), 32)
    return Artifact(
        locked.name or name,
        locked.version or version,
        locked.build or build,
        file_name,
        location,
        _contents(
            address, folder, file_name, locked._replace(sha256=sha256, md5=md5), contents, check
        ),
        subdir=subdir,
        channel=channel,
        timestamp=locked.timestamp,
        sha256=sha256,
        md5=md5,
        size=locked.size,
    )


def _contents(
    address: str, folder: str, file_name: str, locked: Locked, contents: ContentsOf, check: bool
) -> Contents:
    scheme = _SCHEME.match(address)
    if scheme is None or scheme["scheme"].lower() == "file":
        path = path_of(address) if scheme else os.path.join(folder, address)
        return FileContents(path, sha256=locked.sha256, check=check)

    from conda_provenance.sources.remote import Listed

    listed = Listed(locked.sha256, locked.md5, locked.size, locked.timestamp, by="the lockfile")
    return contents(address, listed, file_name=file_name)


def _without_variables(address: str) -> str:
    """The address without a login or token that is a variable.

    conda-lock fills it in from the environment. We do not: whoever wrote the file chose the
    variable and the host. The credentials that conda has for that host are used.
    """
    return _TOKEN_OF_VARIABLE.sub("", _LOGIN_OF_VARIABLES.sub(r"\g<scheme>", address))


def _place(location: str) -> tuple[str | None, str | None]:
    """The subdir and the channel that an address says."""
    base, _, _ = location.rpartition("/")
    channel, _, subdir = base.rpartition("/")
    if channel and _SUBDIR.fullmatch(subdir):
        return subdir, channel
    return None, None


def _last(path: str) -> str:
    return re.split(r"[/\\]", path.rstrip("/\\"))[-1]
