"""Collects the packages of an audit: finds them, leaves out what is excluded, reads the rest."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing
from typing import Any

from conda_provenance.audit.row import Row
from conda_provenance.audit.saved import IDENTITY, read_audit
from conda_provenance.audit.state import state_of
from conda_provenance.cli.audit_gate import Candidate, Excludes
from conda_provenance.cli.output import Output
from conda_provenance.cli.package_report import PackageReport
from conda_provenance.cli.target_options import request_of
from conda_provenance.errors import UsageError
from conda_provenance.packages.file_names import name_version_build
from conda_provenance.sources import Artifact, Found, NotConda, Unreadable
from conda_provenance.sources.kinds import targets_of
from conda_provenance.sources.targets import Finder, open_web
from conda_provenance.survey import Cache, Reading, survey
from conda_provenance.survey.shards import Shard


class Collected:
    """The packages of an audit."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.excluded: list[Mapping[str, Any]] = []
        self.not_conda = 0
        self.shard: str | None = None
        self.missing: str | None = None
        """A sentence that names the parts that are missing."""
        self.audited: str | None = None
        """What earlier audits were of, if they are joined."""


def collect(arguments: Namespace, output: Output, excludes: Excludes) -> Collected:
    """Find and read everything that the options ask for, or join what was read before.

    Raises :class:`~conda_provenance.errors.UsageError` if they make no sense.
    """
    _require_one_way(arguments)
    if arguments.merge:
        return _merged(arguments.merge, excludes)

    request = request_of(arguments)
    shard = Shard.parse(arguments.shard) if arguments.shard else None
    collected = Collected()
    collected.shard = str(shard) if shard else None
    with ExitStack() as open_things:
        parts = shard.count if shard else 1
        finder = Finder(
            request,
            lambda: open_web(request),
            os.environ,
            expect=lambda number: output.expect(number // parts),
        )
        open_things.callback(finder.close)
        everything = finder.all(targets_of(request, os.environ))
        ours = shard.of(everything) if shard else everything
        found = _not_excluded(ours, excludes, collected)

        uses_cache = not (arguments.no_cache or request.check)
        cache = open_things.enter_context(Cache(os.environ, output.warn)) if uses_cache else None
        open_things.enter_context(output.bar(None, what="packages", in_log=True))
        if arguments.dask:
            from conda_provenance.survey.cluster import survey_on_cluster
            from conda_provenance.survey.tasks import Way

            readings = survey_on_cluster(
                found, arguments.dask, Way.of(request), cache=cache, progress=output
            )
        else:
            readings = survey(found, cache=cache, progress=output, hang_up=finder.close)

        # A Ctrl-C loses nothing: what was read is in the cache when these are closed.
        for reading in open_things.enter_context(closing(readings)):
            if isinstance(reading.found, NotConda):
                collected.not_conda += 1
            else:
                collected.rows.append(row_of(reading, reading.found))
    return collected


def row_of(reading: Reading, found: Artifact | Unreadable) -> Row:
    """The JSON of a package that was read, or could not be."""
    if reading.package is None or not isinstance(found, Artifact):
        why = reading.error or ""
        report = PackageReport.of_failure(found.location, why, found)
    else:
        report = PackageReport.of(reading.package, found)
    return {**report.to_json(), "state": state_of(reading.package).value}


def _require_one_way(arguments: Namespace) -> None:
    given = vars(arguments)
    ways = [f"--{name}" for name in ("merge", "shard", "dask") if given[name]]
    if len(ways) > 1:
        raise UsageError(f"{ways[0]} and {ways[1]} cannot be combined: give one of them.")

    targets = ("targets", "environment", "prefix", "channels", "lockfiles")
    if arguments.merge and any(given[name] for name in targets):
        raise UsageError("--merge reads no package: give the files of earlier audits, and no more.")


def _merged(files: Iterable[str], excludes: Excludes) -> Collected:
    from conda_provenance.survey.merge import Part, merge

    saved = ((file, read_audit(file)) for file in files)
    parts = (
        Part(file, each.rows, each.excluded, each.not_conda, each.shard, each.missing, each.audited)
        for file, each in saved
    )
    merged = merge(parts)
    collected = Collected()
    collected.excluded = list(merged.excluded)
    for row in merged.rows:
        if excludes(_candidate_of_row(row)):
            collected.excluded.append({key: row[key] for key in IDENTITY})
        else:
            collected.rows.append(row)
    collected.not_conda, collected.missing = merged.not_conda, merged.missing
    collected.audited = merged.audited
    return collected


def _not_excluded(
    found: Iterable[Found], excludes: Excludes, collected: Collected
) -> Iterator[Found]:
    for each in found:
        if isinstance(each, NotConda) or not excludes(_candidate(each)):
            yield each
        else:
            collected.excluded.append(_identity(each))


def _candidate(found: Artifact | Unreadable) -> Candidate:
    if isinstance(found, Unreadable):
        return Candidate(*name_version_build(found.name), None, found.name, None)

    return Candidate(
        found.name, found.version, found.build, found.subdir, found.file_name, found.sha256
    )


def _candidate_of_row(row: Row) -> Candidate:
    name, version, build = row["name"] or "", row["version"] or "", row["build"] or ""
    return Candidate(name, version, build, row["subdir"], row["package"], row["sha256"])


def _identity(found: Artifact | Unreadable) -> Mapping[str, Any]:
    """Which package was excluded. It is not read, so no more is known."""
    report = PackageReport.of_failure(found.location, "", found).to_json()
    return {key: report[key] for key in IDENTITY}
