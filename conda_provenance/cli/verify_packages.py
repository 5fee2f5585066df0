"""Finds the packages that are to be verified, and makes a row of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from conda_provenance.cli.package_report import PackageReport
from conda_provenance.sources import Artifact, Found, NotConda, Unreadable
from conda_provenance.sources.kinds import Kind, Target
from conda_provenance.sources.targets import Finder
from conda_provenance.survey.shards import Shard
from conda_provenance.text import escape, redact_location
from conda_provenance.verify.remembered import Remembered
from conda_provenance.verify.rows import row_of
from conda_provenance.verify.verifier import Verified, Wanted

_FILES = (Kind.PACKAGE, Kind.FOLDER)
"""What is on this disk, so that hashing it costs little."""


def wanted_of(
    finder: Finder,
    targets: Iterable[Target],
    *,
    check: bool,
    shard: Shard | None,
    remembered: Remembered | None = None,
) -> Iterator[Wanted]:
    """Everything that is found at the targets. Files are read whole, the rest with ``check``.

    What is remembered is left out.
    """
    ways = groupby(targets, key=lambda target: (target.kind in _FILES, target.is_whole))
    for (is_file, is_many), group in ways:
        found = finder.all(group)
        for each in shard.of(found) if shard else found:
            if remembered is not None and remembered.leaves_out(each):
                continue

            is_named_pip = isinstance(each, NotConda) and not is_many
            yield Wanted(_no_package(each) if is_named_pip else each, is_whole=is_file or check)


def _no_package(found: Found) -> Unreadable:
    """What somebody has named, and is none of conda's packages: it is not verified."""
    assert isinstance(found, NotConda)
    shown = escape(redact_location(found.name), 300)
    why = f"{shown} is no conda package ({found.kind}): nothing of it can be verified."
    return Unreadable(found.name, found.location, why)


def row(verified: Verified) -> dict[str, Any]:
    """The JSON of a package that was verified, or could not be read."""
    return row_of(_identity(verified), verified)


def _identity(verified: Verified) -> Mapping[str, Any]:
    found = verified.found
    assert not isinstance(found, NotConda)
    if verified.subject is not None and isinstance(found, Artifact):
        return PackageReport.of(verified.subject.package, found).to_json()

    assert isinstance(found, Artifact | Unreadable)
    return PackageReport.of_failure(found.location, verified.error or "", found).to_json()
