"""Shows packages as they are verified: one at length, several as lines, or all as JSON."""

from __future__ import annotations

from typing import Any, Protocol

from conda_provenance.cli.output import Output
from conda_provenance.cli.verify_text import Lines, print_package
from conda_provenance.sources import NotConda
from conda_provenance.text import escape, redact_addresses, redact_location
from conda_provenance.verify.rows import Row, Tally


class ShownChecks(Protocol):
    """What was shown of the packages that were verified."""

    tally: Tally

    def add(self, row: Row) -> None:
        """Show a package."""

    def add_other(self, other: NotConda) -> None:
        """Count a package that is none of conda's."""

    def end(self, error: str | None = None) -> None:
        """Print what stands after the packages. ``error``: why they are not all."""


def shown_by(output: Output) -> ShownChecks:
    """What shows the packages in the form that was asked for."""
    return ChecksAsJson(output) if output.json else ChecksAsText(output)


class ChecksAsJson:
    """One object, whose entries are printed as they come."""

    def __init__(self, output: Output) -> None:
        self.tally = Tally()
        self.rest: dict[str, Any] = {"targets": None, "shard": None, "missing": None}
        """What else there is to say of all packages together."""
        self._output = output
        self._packages = output.object_with("packages")

    def add(self, row: Row) -> None:
        """Print its entry."""
        self.tally.add(row)
        self._packages.add(row)
        if row["error"] is not None:
            self._output.error(row["error"])

    def add_other(self, other: NotConda) -> None:  # noqa: ARG002
        """Count it."""
        self.tally.not_conda += 1

    def end(self, error: str | None = None) -> None:
        """Print the rest of the object."""
        failure = {} if error is None else {"error": escape(redact_addresses(error))}
        self._packages.end(**self.rest, summary=self.tally.to_json(), **failure)


class ChecksAsText:
    """All of one package, or of each with ``--verbose``; else a line for each, the worst first."""

    def __init__(self, output: Output) -> None:
        self.tally = Tally()
        self._output = output
        self._first: Row | None = None
        self._lines: Lines | None = None
        self._others: list[str] = []

    def add(self, row: Row) -> None:
        """Print it, or keep it until it is known whether there is another."""
        self.tally.add(row)
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

    def add_other(self, other: NotConda) -> None:
        """Count it."""
        self.tally.not_conda += 1
        self._others.append(redact_location(f"{other.name} {other.version}".strip()))

    def end(self, error: str | None = None) -> None:  # noqa: ARG002
        """Print what was kept, and how many packages there were."""
        if self._lines is not None:
            self._lines.flush()
        elif self._first is not None and not self._output.verbose:
            self._print(self._first)

        if self.tally.total != 1 or self._others:
            from conda_provenance.cli.verify_text import print_summary

            print_summary(self.tally, self._output)

    def _print(self, row: Row) -> None:
        if row["error"] is None:
            print_package(row, self._output)
