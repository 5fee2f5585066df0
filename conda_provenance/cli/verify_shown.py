"""Shows packages as they are verified: one at length, several as lines, or all as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from conda_provenance.cli.output import Output
from conda_provenance.cli.verify_text import Lines, print_package, print_summary
from conda_provenance.sources import NotConda
from conda_provenance.text import escape, redact_addresses
from conda_provenance.verify.remembered import Remembered
from conda_provenance.verify.rows import Row, Tally


class ShownChecks(Protocol):
    """What was shown of the packages that were verified."""

    tally: Tally
    rows: list[Row]
    """All packages, if they are to be kept."""
    faults: list[str]
    """What went wrong besides, such as evidence that could not be written."""
    remembered: Remembered | None
    """What earlier runs know, and the next run is to know."""
    rest: Mapping[str, Any]
    """What else there is to say of all packages together: keys of the JSON."""

    def add(self, row: Row) -> None:
        """Show a package."""

    def add_other(self, other: NotConda) -> None:
        """Count a package that is none of conda's."""

    def end(self, error: str | None = None) -> None:
        """Print what stands after the packages. ``error``: why they are not all."""


def shown_by(output: Output, *, keeps_rows: bool = False, is_silent: bool = False) -> ShownChecks:
    """What shows the packages in the form that was asked for.

    ``keeps_rows``: they are needed once more. ``is_silent``: something else is printed.
    """
    if output.json:
        return ChecksAsJson(output, keeps_rows=keeps_rows)
    return Kept() if is_silent else ChecksAsText(output, keeps_rows=keeps_rows)


class Kept:
    """Counts packages, and keeps them. It prints nothing."""

    def __init__(self, *, keeps_rows: bool = True) -> None:
        self.tally = Tally()
        self.rows: list[Row] = []
        self.faults: list[str] = []
        self.remembered: Remembered | None = None
        self.rest: Mapping[str, Any] = {"targets": None, "shard": None, "missing": None}
        self._keeps_rows = keeps_rows

    def add(self, row: Row) -> None:
        """Count it, and keep it if it is needed again."""
        self.tally.add(row)
        if self.remembered is not None:
            self.remembered.add(row)
        if self._keeps_rows:
            self.rows.append(row)

    def add_other(self, other: NotConda) -> None:  # noqa: ARG002
        """Count it."""
        self.tally.not_conda += 1

    def end(self, error: str | None = None) -> None:
        """Nothing."""


class ChecksAsJson(Kept):
    """One object, whose entries are printed as they come."""

    def __init__(self, output: Output, *, keeps_rows: bool = False) -> None:
        super().__init__(keeps_rows=keeps_rows)
        self._output = output
        self._packages = output.object_with("packages")

    def add(self, row: Row) -> None:
        """Print its entry."""
        super().add(row)
        self._packages.add(row)
        if row["error"] is not None:
            self._output.error(row["error"])

    def end(self, error: str | None = None) -> None:
        """Print the rest of the object."""
        failure = {} if error is None else {"error": escape(redact_addresses(error))}
        self._packages.end(**self.rest, summary=self.tally.to_json(), **failure)


class ChecksAsText(Kept):
    """All of one package, or of each with ``--verbose``; else a line for each, the worst first."""

    def __init__(self, output: Output, *, keeps_rows: bool = False) -> None:
        super().__init__(keeps_rows=keeps_rows)
        self._output = output
        self._first: Row | None = None
        self._lines: Lines | None = None

    def add(self, row: Row) -> None:
        """Print it, or keep it until it is known whether there is another."""
        super().add(row)
        if row["error"] is not None:
            self._output.error(row["error"])

        if self._output.verbose:
            self._print(row)
        elif self._lines is not None:
            self._lines.add(row)
        elif self._first is None:
            self._first = row
        else:
            self._lines = Lines(self._output)
            self._lines.add(self._first)
            self._lines.add(row)

    def end(self, error: str | None = None) -> None:  # noqa: ARG002
        """Print what was kept, and how many packages there were."""
        if self._lines is not None:
            self._lines.flush()
        elif self._first is not None and not self._output.verbose:
            self._print(self._first)

        if self.tally.total != 1 or self.tally.not_conda:
            print_summary(self.tally, self._output)

    def _print(self, row: Row) -> None:
        if row["error"] is None:
            print_package(row, self._output)
