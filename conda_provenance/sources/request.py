"""``Request``: which packages a user asked for, as one value that every command understands."""

from __future__ import annotations

from typing import NamedTuple

MAX_DOWNLOAD = 256 << 20
"""Bytes that are read of one package where its server cannot send a part of it."""


class Request(NamedTuple):
    """What was asked for. Nothing of it has been looked for yet.

    A named tuple: a plain file is shown in the time that it takes to define a dataclass this large.
    """

    targets: tuple[str, ...] = ()
    """Paths, addresses, ``CHANNEL::SPEC`` and names of installed packages, as they were typed."""
    environment: str | None = None
    """``-n``: the name of an environment."""
    prefix: str | None = None
    """``-p``: the folder of an environment."""
    channels: tuple[str, ...] = ()
    subdirs: tuple[str, ...] = ()
    """Of the channels. None given: those of this platform, which are its own and ``noarch``."""
    newest: bool = False
    """Of each name in a channel, take the newest build only."""
    since: str | None = None
    """Take what is not older than this date: ``YYYY-MM-DD``."""
    match: tuple[str, ...] = ()
    """Take what any of these specs matches."""
    every: bool = False
    """``--all``: every build that a ``CHANNEL::SPEC`` matches, not the newest alone."""
    lockfiles: tuple[str, ...] = ()
    lock_environment: str | None = None
    platform: str | None = None
    """Of lockfiles. None given: all that is locked."""
    remote: bool = False
    """Fetch what is not on this disk. Addresses and channels are always fetched."""
    offline: bool = False
    """Fetch nothing at all."""
    check: bool = False
    """Download whole packages, and compare their checksums with the index."""
    max_download: int = MAX_DOWNLOAD
    full_download: bool = True
    """Read a whole package where its server cannot send a part of it."""
