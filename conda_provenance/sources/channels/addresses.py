"""Where a channel is: a name, an address or a folder becomes the places of its subdirs.

What is in them is not known here. Nothing is fetched.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any, NamedTuple

from conda_provenance.credentials import without_credentials
from conda_provenance.errors import UsageError
from conda_provenance.sources.kinds import path_of
from conda_provenance.subdirs import SUBDIR
from conda_provenance.text import redact_location, show

_SUBDIR = re.compile(SUBDIR)
_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+)://")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.+-]*)*")
_TOKEN = re.compile(r"/t/[^/?#:]+")
_WEB = ("http", "https")

_ALIAS = "https://conda.anaconda.org"
"""The server of all channels that are given by name, unless conda is configured otherwise."""

_DEFAULTS = ("main", "r")
_DEFAULTS_HOST = "https://repo.anaconda.com/pkgs"

_PLATFORMS = {"linux": "linux", "darwin": "osx", "win32": "win"}
_MACHINES = {"x86_64": "64", "amd64": "64", "arm64": "arm64", "aarch64": "aarch64", "i686": "32"}
_ARM = {"osx": "arm64", "win": "arm64"}


class Subdir(NamedTuple):
    """A folder of a channel: the packages for one platform, or for all."""

    name: str
    address: str
    """An address with the credentials that fetching needs, or a path. No slash at its end."""
    shown: str
    """The same without credentials, or the path as it was given."""
    channel: str
    """The address of the channel, or its folder, without credentials."""
    is_local: bool


def find_subdirs(channel: str, subdirs: Sequence[str] = ()) -> list[Subdir]:
    """The subdirs of a channel, which need not be there. Of a multichannel those of each channel.

    ``channel`` is a name as conda knows it, an address or a folder. It may end in a subdir.
    ``subdirs``: those that are asked for. None: this platform's own and ``noarch``.
    Raises :class:`UsageError` if it can be no channel.
    """
    text = channel.strip()
    base, own = _split_subdir(text)
    if own and subdirs and own not in subdirs:
        raise UsageError(
            f"The channel {show(clean_channel(text))} is the subdir {own} already: leave --subdir "
            "out."
        )

    wanted = (own,) if own else _checked(subdirs) or (this_subdir(), "noarch")
    if _path(base) or _SCHEME.match(base):
        return _at_place(base, wanted)
    if not _NAME.fullmatch(base):
        raise UsageError(
            f"{show(clean_channel(text)) or 'An empty text'} is no channel: give a name such as "
            "conda-forge, an address, or a folder as ./folder."
        )
    return [
        subdir
        for address in _addresses_of_name(base, wanted)
        for subdir in _at_place(address, wanted)
    ]


def same_channel(one: str, other: str) -> bool:
    """Do two texts, such as ``conda-forge`` and its address, mean the same channel?

    Credentials and subdirs do not count.
    """
    return one == other or bool(_identity(one) & _identity(other))


def this_subdir() -> str:
    """The subdir of the packages for this machine."""
    if given := os.environ.get("CONDA_SUBDIR"):
        return given

    import platform as machine

    platform = _PLATFORMS.get(sys.platform, sys.platform)
    name = machine.machine().lower()
    if name in ("arm64", "aarch64"):
        return f"{platform}-{_ARM.get(platform, 'aarch64')}"
    return f"{platform}-{_MACHINES.get(name, name)}"


def _identity(text: str) -> set[str]:
    try:
        return {subdir.channel.lower() for subdir in find_subdirs(text)}
    except UsageError:
        return set()


def _split_subdir(text: str) -> tuple[str, str | None]:
    base, _, last = text.rstrip("/").rpartition("/")
    return (base, last) if base and _SUBDIR.fullmatch(last) else (text, None)


def _checked(subdirs: Sequence[str]) -> tuple[str, ...]:
    for subdir in subdirs:
        if not _SUBDIR.fullmatch(subdir):
            raise UsageError(
                f"{show(subdir) or 'An empty text'} is no subdir: they are called linux-64, "
                "osx-arm64, win-64, noarch and so on."
            )
    return tuple(dict.fromkeys(subdirs))


def _path(text: str) -> str | None:
    """The folder that is meant, if the text is a path or a ``file:`` address.

    A word without a slash at its beginning is a channel's name, as it is for conda.
    """
    if text.lower().startswith("file:"):
        return path_of(text)

    begins_path = text.startswith(("/", "./", "../", "~", "\\", ".\\", "..\\")) or text in (
        ".",
        "..",
    )
    is_drive = re.match(r"[A-Za-z]:[\\/]", text) is not None
    return os.path.expanduser(text) if begins_path or is_drive else None


def _at_place(base: str, wanted: Sequence[str]) -> list[Subdir]:
    """The subdirs at an address or a path. conda's names may stand for a folder as well."""
    if path := _path(base):
        return [_local(each, path) for each in wanted]

    found = _SCHEME.match(base)
    return _at_address(base, found["scheme"].lower() if found else "", wanted)


def _local(subdir: str, path: str) -> Subdir:
    # The path goes on as it was given: its location is to be recognised by who gave it.
    folder = path.rstrip("/" + os.sep) or path
    place = os.path.join(folder, subdir)
    return Subdir(subdir, os.path.abspath(place), place, folder, True)


def _at_address(address: str, scheme: str, wanted: Sequence[str]) -> list[Subdir]:
    if scheme == "oci":
        raise UsageError(
            f"{show(clean_channel(address))} is a mirror in a registry, whose index cannot be "
            "read: give its packages by their addresses, oci://HOST/CHANNEL/SUBDIR/NAME-VERSION-BUILD"
            ".conda."
        )
    if scheme not in _WEB:
        raise UsageError(
            f"{show(clean_channel(address))} is no channel that can be read: its address must "
            "begin with https://, http:// or file://."
        )
    if "?" in address or "#" in address:
        raise UsageError(
            f"{show(clean_channel(address))} is no channel: its address must have no query and no "
            "fragment, because names of files are put at its end."
        )

    base = address.rstrip("/")
    shown = clean_channel(base)
    return [Subdir(each, f"{base}/{each}", f"{shown}/{each}", shown, False) for each in wanted]


def _addresses_of_name(name: str, wanted: Sequence[str]) -> list[str]:
    """The addresses of the channels that are meant by a name, with credentials."""
    if "conda.base.context" in sys.modules or find_spec("conda") is not None:
        return _addresses_by_conda(name, wanted[0])

    if name != "defaults":
        return [f"{_ALIAS}/{name}"]
    parts = (*_DEFAULTS, "msys2") if any(each.startswith("win-") for each in wanted) else _DEFAULTS
    return [f"{_DEFAULTS_HOST}/{part}" for part in parts]


def _addresses_by_conda(name: str, subdir: str) -> list[str]:
    """The same as conda is configured: aliases, custom channels and multichannels."""
    from conda.exceptions import CondaError
    from conda.models.channel import Channel

    _let_conda_read_its_files()
    try:
        channels: Any = Channel(name).channels
        urls = [
            url for each in channels for url in each.urls(with_credentials=True, subdirs=(subdir,))
        ]
    except CondaError as error:
        raise UsageError(f"conda knows no channel {show(name)}: {show(str(error))}.") from error

    if not urls:
        raise UsageError(f"conda is configured so that the channel {show(name)} is empty.")
    return [url.removesuffix(f"/{subdir}") for url in urls]


def _let_conda_read_its_files() -> None:
    """Outside its own commands, conda has not read the user's .condarc yet.

    Within one it has, and must not again: it would forget that command's options.
    """
    if "conda.cli.main" in sys.modules:
        return

    from pathlib import Path

    from conda.base.context import context, reset_context

    if not any(isinstance(source, Path) for source in context.raw_data):
        reset_context()


def clean_channel(address: str) -> str:
    """A channel's address without login, token, query and fragment; a path or name as it is."""
    scheme = _SCHEME.match(address)
    if scheme is None or scheme["scheme"].lower() == "file":
        return redact_location(without_credentials(address))

    bare = address.partition("#")[0].partition("?")[0]
    # Elsewhere "/t/x" at the end may be a repository. In a channel it is a token, as for conda.
    return redact_location(without_credentials(_TOKEN.sub("", bare, count=1)))
