"""Channels: from a name, an address or a folder to the packages that their indexes list.

Everything is loaded when it is first used: to show a channel's name, no index is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from conda_provenance.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from conda_provenance.sources.channels.addresses import clean_channel as clean_channel
    from conda_provenance.sources.channels.addresses import same_channel as same_channel
    from conda_provenance.sources.channels.artifacts import Channels as Channels
    from conda_provenance.sources.channels.artifacts import ContentsOf as ContentsOf
    from conda_provenance.sources.channels.artifacts import LocalRecord as LocalRecord
    from conda_provenance.sources.channels.artifacts import records_of_folder as records_of_folder

_HOMES = {
    "Channels": "artifacts",
    "ContentsOf": "artifacts",
    "LocalRecord": "artifacts",
    "clean_channel": "addresses",
    "records_of_folder": "artifacts",
    "same_channel": "addresses",
}
"""The module that each name is loaded from."""

__all__ = [
    "Channels",
    "ContentsOf",
    "LocalRecord",
    "clean_channel",
    "records_of_folder",
    "same_channel",
]

__getattr__ = lazy_exports(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted(__all__)
