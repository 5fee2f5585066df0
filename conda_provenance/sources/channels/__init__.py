"""Channels: from a name, an address or a folder to the packages that their indexes list."""

from __future__ import annotations

from conda_provenance.sources.channels.addresses import clean_channel, same_channel
from conda_provenance.sources.channels.artifacts import (
    Channels,
    ContentsOf,
    LocalRecord,
    records_of_folder,
)

__all__ = [
    "Channels",
    "ContentsOf",
    "LocalRecord",
    "clean_channel",
    "records_of_folder",
    "same_channel",
]
