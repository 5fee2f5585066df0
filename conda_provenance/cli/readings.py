"""Reads what was asked for, and makes a report of each package."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from itertools import groupby
from typing import Protocol, TypeAlias

from conda_provenance.cli.package_report import PackageReport
from conda_provenance.errors import ProvenanceError
from conda_provenance.packages import PackageClaim
from conda_provenance.sources.artifact import Artifact, Found, NotConda, Unreadable
from conda_provenance.sources.kinds import Kind, Target, targets_of
from conda_provenance.sources.request import Request
from conda_provenance.sources.targets import Finder, open_web

Report: TypeAlias = PackageReport | NotConda


class Progress(Protocol):
    """Is told how it goes on."""

    def advance(self) -> None:
        """One more package is read."""

    def tick(self) -> None:
        """Nothing has happened for a while."""

    def expect(self, more: int) -> None:
        """So many more are known to come."""


class Readings:
    """The packages that a request asks for. Nothing is read before it is iterated.

    Raises :class:`~conda_provenance.errors.UsageError` if the request makes no sense.
    """

    def __init__(
        self,
        request: Request,
        environ: Mapping[str, str],
        *,
        with_sha256: bool = False,
        progress: Progress | None = None,
    ) -> None:
        self.targets = targets_of(request, environ)
        self._progress = progress
        self._finder = Finder(
            request,
            lambda: open_web(request),
            environ,
            with_sha256=with_sha256,
            expect=progress.expect if progress else None,
        )

    def __iter__(self) -> Iterator[tuple[bool, Report]]:
        """Each package in its order, and whether it is one of a whole, which nobody has named."""
        for is_whole, targets in groupby(self.targets, key=lambda target: target.is_whole):
            for report in self.of(targets, is_whole=is_whole):
                yield is_whole, report

    def of(self, targets: Iterable[Target], *, is_whole: bool) -> Iterator[Report]:
        """The packages at these targets. Those that are named are read thoroughly."""
        targets = list(targets)
        found = self._finder.all(targets)
        if all(target.kind is Kind.PACKAGE for target in targets):
            # To import what reads many at once takes longer than to read a few files.
            for each in found:
                yield _read(each, thorough=not is_whole)
            return

        from conda_provenance.survey import survey

        survey_of_found = survey(
            found,
            thorough=not is_whole,
            progress=self._progress,
            hang_up=self._finder.close,
        )
        with closing(survey_of_found) as readings:
            for reading in readings:
                yield _report(reading.found, reading.package, reading.error)

    def close(self) -> None:
        """Close the connections, if there are any."""
        self._finder.close()


def _read(found: Found, *, thorough: bool) -> Report:
    if not isinstance(found, Artifact):
        return _report(found, None, None)

    try:
        return _report(found, found.contents.claim(thorough=thorough), None)
    except ProvenanceError as error:
        return _report(found, None, str(error))


def _report(found: Found, package: PackageClaim | None, error: str | None) -> Report:
    if isinstance(found, NotConda):
        return found

    if isinstance(found, Unreadable):
        return PackageReport.of_failure(found.location, found.why, found)

    if package is None:
        return PackageReport.of_failure(found.location, error or "", found)
    return PackageReport.of(package, found)
