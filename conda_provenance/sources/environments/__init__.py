"""Installed packages: the environments of conda, mamba, micromamba, rattler and pixi.

Everything is loaded when it is first used: the check of an installation needs only half of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from conda_provenance.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from conda_provenance.sources.environments.configuration import Configuration as Configuration
    from conda_provenance.sources.environments.contents import RecordContents as RecordContents
    from conda_provenance.sources.environments.contents import RemoteReader as RemoteReader
    from conda_provenance.sources.environments.listing import artifact_of as artifact_of
    from conda_provenance.sources.environments.listing import installed as installed
    from conda_provenance.sources.environments.look_up import claim_of_record as claim_of_record
    from conda_provenance.sources.environments.look_up import files_of_record as files_of_record
    from conda_provenance.sources.environments.prefixes import find_prefix as find_prefix
    from conda_provenance.sources.environments.records import Record as Record
    from conda_provenance.sources.environments.records import read_records as read_records
    from conda_provenance.sources.environments.records import record_files as record_files

_HOMES = {
    "Configuration": "configuration",
    "Record": "records",
    "RecordContents": "contents",
    "RemoteReader": "contents",
    "artifact_of": "listing",
    "claim_of_record": "look_up",
    "files_of_record": "look_up",
    "find_prefix": "prefixes",
    "installed": "listing",
    "read_records": "records",
    "record_files": "records",
}
"""The module that each name is loaded from."""

__all__ = [
    "Configuration",
    "Record",
    "RecordContents",
    "RemoteReader",
    "artifact_of",
    "claim_of_record",
    "files_of_record",
    "find_prefix",
    "installed",
    "read_records",
    "record_files",
]

__getattr__ = lazy_exports(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted(__all__)
