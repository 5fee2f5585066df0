"""``RepositoryPattern``: which repositories are allowed, as in ``https://github.com/conda-forge/*``.

Pattern and address are both parsed, and their parts are compared: no text is searched for in
another. This module does not know who allows what, or what else a package claims.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from conda_provenance.errors import UsageError
from conda_provenance.remotes import MAX_LENGTH, RemoteUrl, RemoteUrlError, vendor_at
from conda_provenance.text import show_value

ANY = "*"
"""Stands for one whole segment of a path, whatever it is."""

_HOST = r"(?:[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*|\[[0-9A-Fa-f:.]+\])"
_NAME = r"(?!\.{1,2}(?:/|\Z))[@~]?[A-Za-z0-9._+-]+"
_PATH = rf"{_NAME}(?:/{_NAME})*"

_WEB = re.compile(
    rf"(?P<scheme>(?i:https?))://(?P<host>{_HOST})(?::(?P<port>[1-9][0-9]{{0,4}}))?/(?P<path>{_PATH})/?"
)
"""Only what is in it can match: no user, query, percent sign, backslash, empty segment, dot after
the host, or anything but ASCII. It does not matter what a browser would make of those."""

_SSH = re.compile(rf"(?:(?i:ssh)://git@{_HOST}(?::22)?/|git@{_HOST}:)(?P<path>{_PATH})/?")
"""An ssh address with the one user that every forge has, and the usual port."""

_CASELESS = ("github", "gitlab", "bitbucket", "forgejo", "gitea")
"""The forges that take ``Owner/Name`` and ``owner/name`` for the same. No two owners of theirs
differ in case alone, so no stranger is let in. They also have no repository without an owner."""

_NOT_ASCII = (r".*[^\x21-\x7e]", "it holds characters that are not ASCII, or a space")
_NOT_WEB = (r"(?!(?i:https?)://)", "it does not begin with https:// or http://")
_USER = (r"[^/]*//[^/]*@", "it names a user")
_QUERY = (r".*[?#]", "it has a query or a fragment")
_ESCAPED = (r".*[%\\]", "it holds a percent sign or a backslash")
_NO_HOST = (
    r"[^/]*//(?:[^/]*\.)?(?::\d*)?(?:/|\Z)",
    "it has no host, or a dot after it",
)
_NO_PATH = (r"[^/]*//[^/]*/?\Z", "it has no path")
_DOTS = (r".*/\.{1,2}(?:/|\Z)", "it has a dot as a segment")

_REFUSED = (
    *(_NOT_ASCII, _NOT_WEB, _USER, _QUERY, _ESCAPED),
    (r"[^/]*//[^/]*\*", "its host is not written out: give one pattern for each host"),
    *(_NO_HOST, _NO_PATH, _DOTS),
    (r"[^/]*//.*(?://|/\Z)", "it has an empty segment, or a slash at its end"),
    (r".*(?:[^/]\*|\*[^/])", "'*' stands for a whole segment between two slashes"),
)
"""What begins like this is no pattern, and why. The first one that fits is said."""

_UNFIT = (
    *(_NOT_ASCII, _USER, _QUERY, _ESCAPED, _NO_HOST, _NO_PATH, _DOTS),
    (r"[^/]*//.*//", "it has an empty segment"),
    _NOT_WEB,
)
"""The same for an address of a repository that may not be compared."""


@dataclass(frozen=True, slots=True)
class _Place:
    """The one form of an address in which two of them are compared."""

    scheme: str
    host: str
    port: int | None
    segments: tuple[str, ...]

    @classmethod
    @lru_cache(maxsize=1000)
    def of(cls, address: str) -> _Place | None:
        """Where a repository is, or ``None`` if that may not be compared."""
        web = _WEB.fullmatch(address)
        match = web or _SSH.fullmatch(address)
        if match is None or len(address) > MAX_LENGTH:
            return None

        # The canonical form drops every ".git". What has two may be another repository.
        if match["path"].lower().endswith(".git.git"):
            return None

        try:
            remote = RemoteUrl.parse(address)
        except RemoteUrlError:
            return None

        # The canonical form of http is https, but these two may be different servers.
        scheme = web["scheme"].lower() if web else "https"
        path = remote.path.lower() if vendor_at(remote.host) in _CASELESS else remote.path
        return cls(scheme, remote.host, remote.port, tuple(path.split("/")))


@dataclass(frozen=True, slots=True)
class RepositoryPattern:
    """The repositories of one host that somebody allows. ``str()`` gives it as it is compared.

    - Scheme, host and port must be equal. An ssh address counts as the web address it leads to.
    - The path is compared segment by segment, and both have the same number of segments. ``*`` is
      any one segment, and never crosses a slash.
    - Case does not count in a host. In a path it counts, but not at the forges that ignore it:
      github.com, gitlab.com, bitbucket.org, codeberg.org, gitea.com.
    - ``.git`` at the end of either does not count.
    """

    scheme: str
    host: str
    port: int | None
    segments: tuple[str, ...]

    def __str__(self) -> str:
        port = "" if self.port is None else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}/{'/'.join(self.segments)}"

    @classmethod
    def parse(cls, text: str) -> RepositoryPattern:
        """Read a pattern. Raises :class:`~conda_provenance.errors.UsageError` with the remedy."""
        for refused, why in _REFUSED:
            if re.match(refused, text, re.DOTALL):
                raise _wrong(text, why)

        written = text.split("/")[3:]
        # A segment that is a name stands for "*" while the rest is checked.
        place = _Place.of("/".join([*text.split("/")[:3], *(_named(each) for each in written)]))
        if place is None or len(place.segments) != len(written):
            raise _wrong(text, "it is not the address of a repository on the web")

        stars = [each == ANY for each in written]
        segments = tuple(
            ANY if star else segment for star, segment in zip(stars, place.segments, strict=True)
        )
        if len(segments) == 1 and vendor_at(place.host) in _CASELESS:
            raise _wrong(text, f"no repository of {place.host} has a path of one segment")

        return cls(place.scheme, place.host, place.port, segments)

    def matches(self, address: str) -> bool:
        """Is this the address of one of these repositories?

        ``address`` may be anything that a package claims, and is compared as it stands there.
        """
        place = _Place.of(address)
        if place is None or len(place.segments) != len(self.segments):
            return False

        if (place.scheme, place.host, place.port) != (self.scheme, self.host, self.port):
            return False

        if place.segments == self.segments:
            return True
        pairs = zip(self.segments, place.segments, strict=True)
        return all(wanted in (ANY, segment) for wanted, segment in pairs)


def why_unfit(address: str) -> str | None:
    """Why an address can match no pattern, as the rest of a sentence. ``None``: it may match one.

    The reason does not repeat the address.
    """
    if _Place.of(address) is not None:
        return None

    for refused, why in _UNFIT:
        if re.match(refused, address, re.DOTALL):
            return why
    return "it is not in a form in which two addresses can be compared"


def is_allowed(address: str, patterns: Iterable[RepositoryPattern]) -> bool:
    """Does any of the patterns match?"""
    return any(pattern.matches(address) for pattern in patterns)


def _named(segment: str) -> str:
    return "any" if segment == ANY else segment


def _wrong(text: str, why: str) -> UsageError:
    shown = show_value(text) or "''"
    return UsageError(
        f"{shown} is not a pattern of repositories, since {why}: write it like "
        "https://github.com/conda-forge/* or https://github.com/owner/name."
    )
