"""Shows what the workers of a Dask cluster say of packages. Nothing that they say is believed."""

from __future__ import annotations

from collections.abc import Mapping

from conda_provenance.cli.package_report import PackageReport
from conda_provenance.survey.reading import Reading
from conda_provenance.survey.rows import RowError, reading_of_row
from conda_provenance.verify.cluster import Answered, malformed
from conda_provenance.verify.rows import Row, row_of
from conda_provenance.verify.saved import checked_row
from conda_provenance.verify.verdict import verdict_of_unreadable
from conda_provenance.verify.verifier import Verified


def row_of_answer(answered: Answered) -> Row:
    """The row of a package that a worker has verified."""
    if answered.why_not:
        return _failed(answered, answered.why_not)

    try:
        reading = reading_of_row(answered.reading, answered.artifact)
        checks = answered.checks if isinstance(answered.checks, Mapping) else {}
        return checked_row({**checks, **_identity(answered, reading)})
    except (RowError, ValueError):
        return _failed(answered, malformed(answered.artifact))


def _identity(answered: Answered, reading: Reading) -> Mapping[str, object]:
    if reading.package is None:
        why = reading.error or ""
        return PackageReport.of_failure(
            answered.artifact.location, why, answered.artifact
        ).to_json()

    return PackageReport.of(reading.package, answered.artifact).to_json()


def _failed(answered: Answered, why: str) -> Row:
    report = PackageReport.of_failure(answered.artifact.location, why, answered.artifact)
    verified = Verified(answered.artifact, verdict_of_unreadable(why), error=why)
    return row_of(report.to_json(), verified)
