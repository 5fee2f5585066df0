"""Decides what each TARGET is: a file, a folder, an address, a name. It fetches nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import NamedTuple

from conda_provenance.errors import UsageError
from conda_provenance.packages.file_names import ENDINGS
from conda_provenance.sources.files import is_extracted, shown
from conda_provenance.sources.request import Request

WEB_SCHEMES = ("http", "https", "oci")
"""Schemes of addresses that are fetched. ``file`` is a path."""

_SCHEME = r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+):/"
"""How an address begins. A letter alone is a drive of Windows, as in ``C:\\x``."""

_NUMBERED_HOST = r"(?<=[/@])\[[0-9A-Fa-f:.%]*\]"
"""A host such as ``[::1]``, whose colons are no ``CHANNEL::SPEC``."""

_NAME = r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?:==?[A-Za-z0-9_.!+-]+){0,2}"
"""``NAME``, ``NAME=VERSION`` or ``NAME=VERSION=BUILD`` of an installed package."""

_ENVIRONMENT = "conda-meta"
"""The folder that makes a folder an environment."""

TAKEN = (
    "give a package file or folder, an address, CHANNEL::SPEC, the name of an installed package, "
    "an environment (-n, -p), a --channel or a --lockfile"
)


class Kind:
    """What a TARGET can be. Each is said in words, as an error may say it."""

    PACKAGE = "a package file or an extracted package"
    FOLDER = "a folder of packages"
    ADDRESS = "a package's address"
    SPEC = "CHANNEL::SPEC"
    INSTALLED = "the names of installed packages"
    ENVIRONMENT = "an environment"
    CHANNEL = "a channel"
    LOCKFILE = "a lockfile"
    NOTHING = "nothing that is known"


_WHOLE = {Kind.FOLDER, Kind.ENVIRONMENT, Kind.CHANNEL, Kind.LOCKFILE}


class Target(NamedTuple):
    """One thing to look for."""

    kind: str
    """One of :class:`Kind`."""
    text: str
    """As it was given. Of an environment that was given by its name, its folder."""
    names: tuple[str, ...] = ()
    """Of installed packages, if an environment is known in which they may be."""

    @property
    def is_whole(self) -> bool:
        """Does it stand for many packages that the user has not named one by one?"""
        return self.kind in _WHOLE


def targets_of(request: Request, environ: Mapping[str, str]) -> tuple[Target, ...]:
    """What is to be looked for. Paths are looked at, but nothing is read or fetched.

    Raises :class:`~conda_provenance.errors.UsageError` if the request makes no sense.
    """
    in_environment = bool(request.environment or request.prefix)
    targets = [Target(_kind(text, in_environment), text) for text in request.targets]
    names = tuple(target.text for target in targets if target.kind is Kind.INSTALLED)
    _require_sense(request, targets, names)

    if names and (in_environment or environ.get("CONDA_PREFIX")):
        targets = _with_names_together(targets, names, _environment(request, environ))
    elif in_environment:
        targets.append(Target(Kind.ENVIRONMENT, _environment(request, environ)))

    targets += [Target(Kind.CHANNEL, channel) for channel in request.channels]
    targets += [Target(Kind.LOCKFILE, lockfile) for lockfile in request.lockfiles]
    if targets or request.targets:
        return tuple(targets)

    if not environ.get("CONDA_PREFIX"):
        raise UsageError(f"Nothing is given, and no environment is active: {TAKEN}.")
    return (Target(Kind.ENVIRONMENT, _environment(request, environ)),)


def _with_names_together(
    targets: list[Target], names: tuple[str, ...], prefix: str
) -> list[Target]:
    """The targets, with all names in the place of the first: the environment is read once."""
    first = [target.kind for target in targets].index(Kind.INSTALLED)
    others = [target for target in targets if target.kind is not Kind.INSTALLED]
    others.insert(first, Target(Kind.INSTALLED, prefix, names))
    return others


def _kind(text: str, in_environment: bool) -> str:
    """What ``text`` is. If an environment is given, a plain word names a package in it."""
    scheme = scheme_of(text)
    if scheme not in ("", "file"):
        return Kind.SPEC if _is_spec(text) else Kind.ADDRESS

    if in_environment and _is_name(text):
        return Kind.INSTALLED

    path = path_of(text)
    if os.path.isdir(path):
        return _kind_of_folder(path)

    if os.path.lexists(path):
        return Kind.PACKAGE

    if _is_spec(text):
        return Kind.SPEC

    return Kind.INSTALLED if _is_name(text) else Kind.NOTHING


def _kind_of_folder(path: str) -> str:
    # An extracted package may have lost its metadata. Then it is said to be broken.
    if is_extracted(path) or os.path.isdir(os.path.join(path, "info")):
        return Kind.PACKAGE

    is_environment = os.path.isdir(os.path.join(path, _ENVIRONMENT))
    return Kind.ENVIRONMENT if is_environment else Kind.FOLDER


def _is_name(text: str) -> bool:
    return re.fullmatch(_NAME, text) is not None and not text.endswith(ENDINGS)


def _is_spec(text: str) -> bool:
    return "::" in re.sub(_NUMBERED_HOST, "", text)


def scheme_of(text: str) -> str:
    """The scheme of an address, in lower case. A path has none."""
    # The expressions here are not compiled for a plain path: that takes longer than all the rest.
    match = re.match(_SCHEME, text) if ":/" in text else None
    return match["scheme"].lower() if match else ""


def path_of(text: str) -> str:
    """The path that is meant: the text as it is, unless it is a ``file:`` address."""
    if scheme_of(text) != "file":
        return text

    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    try:
        parts = urlsplit(text)
    except ValueError:  # Half of a numbered host.
        return text

    host = f"//{parts.netloc}" if parts.netloc not in ("", "localhost") else ""
    return url2pathname(host + parts.path)


def _environment(request: Request, environ: Mapping[str, str]) -> str:
    """The folder of the environment that is meant."""
    from conda_provenance.sources.environments import find_prefix

    return find_prefix(request.environment, request.prefix, environ)


def _require_sense(request: Request, targets: list[Target], names: tuple[str, ...]) -> None:
    if names and (request.channels or request.lockfiles):
        flag = "--channel" if request.channels else "--lockfile"
        remedy = (
            "CHANNEL::SPEC finds a package in a channel" if request.channels else "leave it out"
        )
        raise UsageError(
            f"{shown(names[0])} is the name of an installed package, which {flag} does not go "
            f"with: {remedy}."
        )

    has_spec = any(target.kind is Kind.SPEC for target in targets)
    if request.every and not has_spec:
        raise UsageError("--all means nothing without CHANNEL::SPEC: give both or neither.")

    if request.subdirs and not (has_spec or request.channels):
        raise UsageError("--subdir means nothing without --channel or CHANNEL::SPEC.")
