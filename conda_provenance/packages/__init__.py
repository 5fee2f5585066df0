"""Package files: what they say of themselves, a stamp in them, and the index beside them. Knows no git, CI, conda or builder."""

from __future__ import annotations

from conda_provenance.packages.files.digests import Digests
from conda_provenance.packages.index import update_index_entry, withdraw_package
from conda_provenance.packages.read import read_about, read_claim
from conda_provenance.packages.refusals import refusals
from conda_provenance.packages.signatures import vouchers
from conda_provenance.packages.stamp import check_stamp, stamp_package

__all__ = [
    "Digests",
    "check_stamp",
    "read_about",
    "read_claim",
    "refusals",
    "stamp_package",
    "update_index_entry",
    "vouchers",
    "withdraw_package",
]
