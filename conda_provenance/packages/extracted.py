"""What a package says about itself, from files that the caller has read of its extracted folder.

Whose folder that is, is not known here: see :mod:`conda_provenance.sources.environments`.
"""

from __future__ import annotations

from collections.abc import Mapping

from conda_provenance.packages.about import ABOUT, MAX_SIZE
from conda_provenance.packages.leaks import Leaks
from conda_provenance.packages.read import INDEX, PackageClaim, package_claim, search_folder

__all__ = ["ABOUT", "INDEX", "MAX_SIZE", "claim_from_files"]


def claim_from_files(
    files: Mapping[str, bytes],
    full_name: str,
    *,
    package: str,
    location: str,
    read_from: str,
    place: str | None = None,
    sha256: str | None = None,
    thorough: bool = False,
) -> PackageClaim:
    """The claim in ``files``: ``info/about.json`` and, to compare names, ``info/index.json``.

    ``full_name`` is ``name-version-build``. ``sha256`` is a record's word. If it is ``thorough``,
    the other metadata in the folder ``place`` is searched for credentials.
    Raises :class:`~conda_provenance.packages.refusals.Refusal`, and ``RecursionError``.
    """
    leaks = Leaks()
    if thorough and place is not None:
        search_folder(place, leaks)

    return package_claim(
        package,
        location,
        read_from,
        files,
        full_name,
        leaks,
        sha256,
        sha256_from="record",
        place=place,
    )
