"""Package files: what they say about themselves, a stamp in them, and the indexes beside them.

git, CI systems, conda and the builders are not known here. Everything is loaded when it is first
used: reading a package needs a third of the modules that stamping needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from conda_provenance.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from conda_provenance.packages.blob import Blob as Blob
    from conda_provenance.packages.blob import BytesBlob as BytesBlob
    from conda_provenance.packages.blob import open_file_blob as open_file_blob
    from conda_provenance.packages.extracted import claim_from_files as claim_from_files
    from conda_provenance.packages.files.digests import sha256_of as sha256_of
    from conda_provenance.packages.files.release import expect_exit as expect_exit
    from conda_provenance.packages.indexes.correction import (
        update_index_entry as update_index_entry,
    )
    from conda_provenance.packages.indexes.correction import withdraw_package as withdraw_package
    from conda_provenance.packages.indexes.folder import FolderIndexes as FolderIndexes
    from conda_provenance.packages.indexes.folder import corrected_once as corrected_once
    from conda_provenance.packages.indexes.folder import same_folders as same_folders
    from conda_provenance.packages.info_layer import read_info_layer as read_info_layer
    from conda_provenance.packages.info_layer import (
        read_info_layer_files as read_info_layer_files,
    )
    from conda_provenance.packages.lines import package_line as package_line
    from conda_provenance.packages.read import PackageClaim as PackageClaim
    from conda_provenance.packages.read import read_about as read_about
    from conda_provenance.packages.read import read_claim as read_claim
    from conda_provenance.packages.read import read_digested as read_digested
    from conda_provenance.packages.read import read_info_blob as read_info_blob
    from conda_provenance.packages.read import read_info_files as read_info_files
    from conda_provenance.packages.read import read_package as read_package
    from conda_provenance.packages.read import read_package_blob as read_package_blob
    from conda_provenance.packages.refusals import refusals as refusals
    from conda_provenance.packages.stamp import StampResult as StampResult
    from conda_provenance.packages.stamp import stamp_built_package as stamp_built_package
    from conda_provenance.packages.stamp import stamp_package as stamp_package

_HOMES = {
    "Blob": "blob",
    "BytesBlob": "blob",
    "FolderIndexes": "indexes.folder",
    "PackageClaim": "read",
    "StampResult": "stamp",
    "claim_from_files": "extracted",
    "corrected_once": "indexes.folder",
    "expect_exit": "files.release",
    "open_file_blob": "blob",
    "package_line": "lines",
    "read_about": "read",
    "read_claim": "read",
    "read_digested": "read",
    "read_info_blob": "read",
    "read_info_files": "read",
    "read_info_layer": "info_layer",
    "read_info_layer_files": "info_layer",
    "read_package": "read",
    "read_package_blob": "read",
    "refusals": "refusals",
    "same_folders": "indexes.folder",
    "sha256_of": "files.digests",
    "stamp_built_package": "stamp",
    "stamp_package": "stamp",
    "update_index_entry": "indexes.correction",
    "withdraw_package": "indexes.correction",
}
"""The module that each name is loaded from."""

__all__ = [
    "Blob",
    "BytesBlob",
    "FolderIndexes",
    "PackageClaim",
    "StampResult",
    "claim_from_files",
    "corrected_once",
    "expect_exit",
    "open_file_blob",
    "package_line",
    "read_about",
    "read_claim",
    "read_digested",
    "read_info_blob",
    "read_info_files",
    "read_info_layer",
    "read_info_layer_files",
    "read_package",
    "read_package_blob",
    "refusals",
    "same_folders",
    "sha256_of",
    "stamp_built_package",
    "stamp_package",
    "update_index_entry",
    "withdraw_package",
]

__getattr__ = lazy_exports(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted(__all__)
