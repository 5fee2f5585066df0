"""Files that the user names: ``Given``, one of bundles by its path or its address, and others."""

from __future__ import annotations

import os
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

from conda_provenance.bundles.containers import MAX_SIZE
from conda_provenance.errors import UsageError
from conda_provenance.net import origin_of
from conda_provenance.text import escape, redact_location


class Given(NamedTuple):
    """What the user named."""

    name: str
    """Fit to be shown, and the same wherever the file is."""
    data: bytes | None = None
    """``None``: it has to be asked for."""
    sha256: str = ""
    """Of the data, as lower-case hex."""
    url: str = ""
    """May hold a login, or a query that lets its bearer in: never shown, and never kept."""

    def __repr__(self) -> str:
        return f"Given(name={self.name!r})"


def given_bundle(text: str) -> Given:
    """Read a file, or note an address. Raises :class:`~conda_provenance.errors.UsageError`."""
    if not text.lower().startswith(("http://", "https://")):
        path = os.path.expanduser(text)
        return Given(escape(os.path.basename(path), 300), read_file("--bundle", path, MAX_SIZE))

    if origin_of(text) is None:
        raise UsageError(f"--bundle {_shown(text)} is no complete address of a server.")
    parts = urlsplit(text)
    place = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="")
    return Given(_shown(urlunsplit(place)), url=text)


def read_file(option: str, path: str, limit: int) -> bytes:
    """A file that an option names. Raises :class:`~conda_provenance.errors.UsageError`."""
    try:
        with open(path, "rb") as file:
            data = file.read(limit + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise UsageError(f"{option} {_shown(path)} cannot be read: {why}.") from None

    if len(data) > limit:
        raise UsageError(f"{option} {_shown(path)} is larger than {limit >> 20} MiB.")
    return data


def _shown(location: str) -> str:
    return escape(redact_location(location), 500) or repr("")
