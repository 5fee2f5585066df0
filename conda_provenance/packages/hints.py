"""Warnings of what a stamp makes wrong outside of the package, and we cannot or may not change."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from conda_provenance.packages.blob import FileBlob
from conda_provenance.packages.file_names import stem_of
from conda_provenance.packages.files.ownership import other_names
from conda_provenance.packages.files.places import places_of
from conda_provenance.packages.neighbours import Neighbours
from conda_provenance.packages.refusals import PathLike, shown_name, shown_path

_OF_OLD_BYTES = re.compile(r"\.(zsync|torrent|metalink|meta4|sfv|par2|crc32?|etag)", re.IGNORECASE)
"""The endings of files that hold parts of a package or unusual checksums of it."""


def hints(
    package: PathLike, blob: FileBlob, neighbours: dict[str, Neighbours] | None = None
) -> Iterator[str]:
    """A sentence for each thing that becomes wrong when this package is stamped in its place.

    ``blob`` is the package as it was. ``neighbours``: the folders that are listed already.
    """
    from conda_provenance.packages.signatures import signatures_of

    known = {} if neighbours is None else neighbours
    if sentence := other_names(shown_path(package), blob.status):
        yield sentence

    old = signatures_of(package, blob, known)
    for folder, name in places_of(package):
        around = known[folder]
        old += [each for each, ending in around.of(name) if _OF_OLD_BYTES.fullmatch(ending)]
        yield from _in_a_cache(package, folder, name, around)
    for name in dict.fromkeys(old):
        yield f"{shown_name(name)} was made for the package as it was; make it again or remove it."


def _in_a_cache(package: PathLike, folder: str, name: str, neighbours: Neighbours) -> Iterator[str]:
    """A warning if the package is in a package cache, where conda uses or fetches another copy."""
    stem = stem_of(name)
    if stem != name and os.path.isdir(os.path.join(folder, stem, "info")):
        copy = shown_path(os.path.join(folder, stem))
        yield (
            f"beside {shown_path(package)} stands its extracted copy, which is not stamped and from"
            f" which environments are made; remove {copy}, so that it is extracted again."
        )
    elif "urls.txt" in neighbours:
        yield (
            f"{shown_path(package)} stands in a package cache, where conda fetches it again if its"
            " checksum is not the channel's; stamp it in its channel."
        )
