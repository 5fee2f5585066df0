"""Shows packages as they are read: one as a chain, several as lines, or all as JSON."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Protocol

from conda_provenance.cli.chain import print_chain
from conda_provenance.cli.color import BOLD, DIM, YELLOW
from conda_provenance.cli.output import Output
from conda_provenance.cli.package_report import NOT_VERIFIED, PackageReport
from conda_provenance.sources.artifact import NotConda
from conda_provenance.text import escape, redact_addresses, redact_location

if TYPE_CHECKING:
    from conda_provenance.cli.package_list import PackageList


MAX_ERRORS = 20
"""Packages of which it is said, without ``-v``, why they cannot be read: it is often one reason."""


class Shown(Protocol):
    """What was shown of a command's packages, and how the rest is."""

    @property
    def is_begun(self) -> bool:
        """Is anything printed?"""

    def add(self, report: PackageReport) -> None:
        """Show a package."""

    def add_other(self, other: NotConda, *, is_named: bool) -> None:
        """Count a package that is none of conda's. Show it too, if somebody has named it."""

    def end(self, error: str | None = None) -> None:
        """Print what stands after the packages. ``error``: why they are not all."""


class ShownAsJson:
    """One object, whose entries are printed as they come: a channel may have very many."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._packages = output.object_with("packages")
        self._others: list[NotConda] = []

    @property
    def is_begun(self) -> bool:
        """Is anything printed?"""
        return self._packages.is_begun

    def add(self, report: PackageReport) -> None:
        """Print its entry."""
        self._packages.add(report.to_json())
        if report.error:
            self._output.error(report.error)

    def add_other(self, other: NotConda, *, is_named: bool) -> None:  # noqa: ARG002
        """Keep it for the end."""
        self._others.append(other)

    def end(self, error: str | None = None) -> None:
        """Print the rest of the object."""
        failure = {} if error is None else {"error": escape(redact_addresses(error))}
        self._packages.end(not_conda=[_other_to_json(other) for other in self._others], **failure)


class ShownAsText:
    """A chain if there is one package, or for each with ``--verbose``; else a line for each."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._first: PackageReport | None = None
        self._list: PackageList | None = None
        self._counts = Counter[str]()
        self._others = Counter[str]()
        self._named: list[NotConda] = []

    @property
    def is_begun(self) -> bool:
        """Is anything printed?"""
        return bool(self._counts)

    def add(self, report: PackageReport) -> None:
        """Print it, or keep it until it is known whether there is another."""
        self._counts[_state(report)] += 1
        if report.error and (self._output.verbose or self._counts["unreadable"] <= MAX_ERRORS):
            self._output.error(report.error)

        if self._output.verbose:
            self._print_chain(report)
        elif self._list is not None:
            self._list.add(report)
        elif self._first is None:
            self._first = report
        else:
            from conda_provenance.cli.package_list import PackageList

            self._list = PackageList(self._output)
            self._list.add(self._first)
            self._list.add(report)

    def add_other(self, other: NotConda, *, is_named: bool) -> None:
        """Count it, and keep one that was named for the end."""
        self._others[other.kind] += 1
        if is_named:
            self._named.append(other)

    def end(self, error: str | None = None) -> None:  # noqa: ARG002
        """Print what was kept, how many there were, and that nothing was verified."""
        if self._list is not None:
            self._list.flush()
        elif self._first is not None and not self._output.verbose:
            self._print_chain(self._first)

        more = self._counts["unreadable"] - MAX_ERRORS
        if more > 0 and not self._output.verbose:
            self._output.error(f"{more} more cannot be read: -v says why.")

        for other in self._named:
            name = redact_location(f"{other.name} {other.version}".strip())
            why = f": no provenance, it is no conda package ({other.kind})"
            self._output.line((name, BOLD), (why, YELLOW))

        if self._counts.total() != 1 or self._others:
            self._output.line(_counted(self._counts, self._others))
        if self._counts["stamped"]:
            self._output.line((NOT_VERIFIED, DIM))

    def _print_chain(self, report: PackageReport) -> None:
        if not report.error:
            print_chain(report, self._output)


def _state(report: PackageReport) -> str:
    if report.error:
        return "unreadable"

    return "stamped" if report.claim else "without"


def _counted(counts: Counter[str], others: Counter[str]) -> str:
    """How many packages there were, in words."""
    total = counts.total()
    parts = [f"{counts['stamped']} stamped", f"{counts['without']} without provenance"]
    if counts["unreadable"]:
        parts.append(f"{counts['unreadable']} unreadable")

    sentence = f"{total} package{'' if total == 1 else 's'}: {', '.join(parts)}"
    if not others:
        return sentence

    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(others.items()))
    return f"{sentence}; not conda packages: {kinds}"


def _other_to_json(other: NotConda) -> dict[str, str]:
    return {
        "name": redact_location(other.name),
        "version": redact_location(other.version),
        "location": redact_location(other.location),
        "kind": other.kind,
    }
