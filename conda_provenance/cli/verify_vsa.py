"""Writes the verdict on each package into a folder, as a statement that others' tools read.

Which verdict gives which statement is not known here.
"""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from conda_provenance.attest.uris import Resource, parse_uri, parse_verifier_id
from conda_provenance.attest.vsa import (
    Issuer,
    NoSummary,
    Summary,
    digest_uri,
    ready_policy_uri,
    summary_of,
)
from conda_provenance.cli.output import Output
from conda_provenance.cli.report_files import Form, write_forms
from conda_provenance.errors import UsageError
from conda_provenance.policy import Policy
from conda_provenance.policy.loading import looks_like_path
from conda_provenance.sources import NotConda
from conda_provenance.text import escape, redact_location
from conda_provenance.verify.verifier import Verified

STATEMENT = ".vsa.statement.json"
"""The ending of a statement that is not signed. ``stamp`` does not take it for a signature."""

_MAX_NOTES = 20


def open_summaries(arguments: Namespace, policy: Policy, output: Output) -> Summaries:
    """What the options ask for. Makes the folder.

    Raises :class:`~conda_provenance.errors.UsageError`.
    """
    issuer = Issuer(
        parse_verifier_id(arguments.verifier_id),
        _policy_uri(arguments.policy_uri, policy),
        policy.digest,
        Resource.parse(arguments.resource_uri),
    )
    try:
        os.makedirs(arguments.vsa, exist_ok=True)
    except OSError as error:
        shown = escape(redact_location(arguments.vsa), 300)
        why = error.strerror or type(error).__name__
        raise UsageError(f"The folder {shown} (--vsa) cannot be made: {why}.") from None
    return Summaries(arguments.vsa, issuer, output)


class Summaries:
    """The VSAs of one run. Each file is written whole, or not at all."""

    def __init__(self, folder: str, issuer: Issuer, output: Output) -> None:
        self._folder = folder
        self._issuer = issuer
        self._output = output
        self._places: dict[str, bytes] = {}
        self._notes = 0
        self._faults: list[str] = []

    @property
    def channel(self) -> str | None:
        """The channel for which the VSAs are, if it can be told."""
        return self._issuer.resource.channel

    def add(self, verified: Verified) -> Mapping[str, Any]:
        """Write the VSA of a package, if there is one. Returns what is said of it as JSON."""
        try:
            summary = summary_of(verified, self._issuer)
            path = self._path(summary)
            self._write(path, summary)
        except NoSummary as error:
            self._say_none(verified, str(error))
            return {"file": None, "result": None, "why_not": f"No VSA: {error}."}
        return {"file": redact_location(path), "result": summary.result, "why_not": None}

    def end(self) -> list[str]:
        """Say how many more packages have no VSA. Returns what went wrong: sentences."""
        if self._notes > _MAX_NOTES:
            self._output.note(f"{self._notes - _MAX_NOTES} more packages have no VSA.")
        return self._faults

    def _path(self, summary: Summary) -> str:
        known = self._places.setdefault(summary.place, summary.statement)
        if known != summary.statement:
            raise NoSummary("another package of this run has the same address")
        return os.path.join(self._folder, *f"{summary.place}{STATEMENT}".split("/"))

    def _write(self, path: str, summary: Summary) -> None:
        text = summary.statement.decode()
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            write_forms([Form("--vsa", path, lambda file: print(text, file=file))])
        except OSError as error:
            shown = escape(redact_location(path), 500)
            why = error.strerror or type(error).__name__
            self._faults.append(f"The VSA {shown} cannot be written: {why}.")
            raise NoSummary("its file cannot be written") from None

    def _say_none(self, verified: Verified, why: str) -> None:
        self._notes += 1
        if self._notes <= _MAX_NOTES:
            location = "" if isinstance(verified.found, NotConda) else verified.found.location
            self._output.note(f"{escape(redact_location(location), 300)}: no VSA: {why}.")


def _policy_uri(given: str | None, policy: Policy) -> str:
    """What stands for the policy. The path of a file is nobody else's business."""
    if given is not None:
        return parse_uri("--policy-uri", given, "https://example.com/policies/packages.toml")

    if looks_like_path(policy.location):
        return digest_uri(policy.digest)
    return ready_policy_uri(policy.location)
