"""``Incoming``: a package that conda is about to install, and what its folder in the cache says.

What is asked of a package is not known here.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from conda_provenance.claim import Claim
from conda_provenance.errors import PackageError
from conda_provenance.packages.about import ABOUT, MAX_SIZE, parse_about
from conda_provenance.packages.refusals import Refusal, refusals
from conda_provenance.sources.environments import Record, files_of_record
from conda_provenance.text import redact_location

_MAX_NOTE = 1 << 20


class Incoming(NamedTuple):
    """A package that is about to be installed."""

    record: Record
    legacy_md5: str | None = None
    """Of the ``.tar.bz2`` that a ``.conda`` was made from. conda takes either for the other."""
    original: Any = None
    """The record as conda has it, for specs to match."""

    @property
    def name(self) -> str:
        """What people call it, with its channel. A stranger's text."""
        channel = self.record.channel
        of = f" of {redact_location(channel)}" if channel else ""
        return self.record.full_name + of


def claim_of(package: Incoming, caches: Sequence[str]) -> Claim:
    """What the package says, by the folder that conda will link.

    ``caches`` are conda's, in the order in which it searches them. Raises :class:`PackageError` if
    no folder is known to be extracted from the record's own file.
    """
    data = _files_of(package, caches, (ABOUT,)).get(ABOUT)
    with refusals(package.record.full_name, "read"):
        if data is not None and len(data) > MAX_SIZE:
            raise Refusal(f"its {ABOUT} is larger than {MAX_SIZE >> 20} MiB")

        return Claim.from_extra(parse_about(data).get("extra"))


def is_extracted(package: Incoming, caches: Sequence[str]) -> bool:
    """Is the folder that conda will link known to be extracted from the record's own file?"""
    try:
        _files_of(package, caches, ())
    except PackageError:
        return False
    return True


def _files_of(
    package: Incoming, caches: Sequence[str], names: tuple[str, ...]
) -> Mapping[str, bytes]:
    for cache in caches:
        try:
            return _own_files(package, [cache], names)
        except PackageError:
            # conda takes the first folder of the same channel, whatever its checksum is.
            if _is_of_same_channel(package.record, cache):
                raise

    return _own_files(package, caches, names)  # which says in one sentence where it is not


def _own_files(
    package: Incoming, caches: Sequence[str], names: tuple[str, ...]
) -> Mapping[str, bytes]:
    record = package.record
    try:
        return files_of_record(record, caches, names, archives=False)
    except PackageError:
        if package.legacy_md5 is None:
            raise

    record = record._replace(sha256=None, md5=package.legacy_md5)
    return files_of_record(record, caches, names, archives=False)


def _is_of_same_channel(record: Record, cache: str) -> bool:
    noted = _noted_url(os.path.join(cache, record.full_name))
    return bool(record.url) and _plain_folder(noted) == _plain_folder(record.url or "")


def _noted_url(folder: str) -> str:
    """The address from which this extracted package came, as conda noted it. It may be secret."""
    try:
        with open(os.path.join(folder, "info", "repodata_record.json"), "rb") as file:
            noted = json.loads(file.read(_MAX_NOTE))
    except (OSError, ValueError, RecursionError):
        return ""
    return str(noted.get("url")) if isinstance(noted, dict) else ""


def _plain_folder(url: str) -> str:
    """The address of the folder that ``url`` is in, without a login and a channel's token."""
    without_login = re.sub(r"//[^/@]*@", "//", url)
    return re.sub(r"/t/[^/]+(?=/)", "", without_login).rpartition("/")[0]
