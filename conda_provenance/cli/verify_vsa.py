"""Writes the verdict on each package into a folder, as a statement that others' tools read.

Which verdict gives which statement is not known here.
"""

from __future__ import annotations

import errno
import os
import stat
from argparse import Namespace
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from functools import partial
from typing import Any

from conda_provenance.attest.signing import (
    Signer,
    open_signer,
    require_sigstore,
    require_trust_config,
)
from conda_provenance.attest.uris import (
    Resource,
    digest_uri,
    parse_uri,
    parse_verifier_id,
    ready_policy_uri,
)
from conda_provenance.attest.vsa import (
    FAILED,
    PASSED,
    CommonFields,
    NoSummary,
    Summary,
    summary_of,
)
from conda_provenance.cli.output import Output
from conda_provenance.cli.report_files import Form, write_forms
from conda_provenance.errors import ProvenanceError, UsageError
from conda_provenance.policy import Policy
from conda_provenance.policy.loading import looks_like_path
from conda_provenance.text import escape, redact_location
from conda_provenance.verify.verifier import Verified

STATEMENT = ".vsa.statement.json"
"""The ending of a statement that is not signed. ``stamp`` does not take it for a signature."""

BUNDLE = ".vsa.sigstore.json"
"""The ending of a signed one, which vouches for the package's bytes."""

_MAX_NOTES = 20


def open_summaries(arguments: Namespace, policy: Policy, output: Output) -> Summaries:
    """What the options ask for. Makes the folder.

    Raises :class:`~conda_provenance.errors.UsageError`, and
    :class:`~conda_provenance.errors.UnavailableError` if nothing can be signed.
    """
    common = CommonFields(
        parse_verifier_id(arguments.verifier_id),
        _policy_uri(arguments.policy_uri, policy),
        policy.digest,
        Resource.parse(arguments.resource_uri),
    )
    if arguments.sign:  # Verifying may take an hour, so this is asked before.
        require_sigstore()
        if arguments.trust_config is not None:
            require_trust_config(arguments.trust_config)

    try:
        os.makedirs(arguments.vsa, exist_ok=True)
    except OSError as error:
        shown = escape(redact_location(arguments.vsa), 300)
        why = error.strerror or type(error).__name__
        raise UsageError(f"The folder {shown} (--vsa) cannot be made: {why}.") from None
    signer = partial(open_signer, arguments.trust_config, os.environ, output.note)
    return Summaries(arguments.vsa, common, output, signer if arguments.sign else None)


class Summaries:
    """The VSAs of one run. Each file is written whole, or not at all."""

    def __init__(
        self,
        folder: str,
        common: CommonFields,
        output: Output,
        open_signer: Callable[[], AbstractContextManager[Signer]] | None = None,
    ) -> None:
        self._folder = folder
        self._common = common
        self._output = output
        self._open_signer = open_signer
        self._digests: dict[str, str] = {}
        """Of the packages, by their places. Case does not count in all file systems."""
        self._written: dict[str, Summary] = {}
        self._refuted: set[str] = set()
        """Files of packages that were refuted somewhere in this run."""
        self._notes = 0
        self._faults: list[str] = []

    @property
    def channel(self) -> str | None:
        """The channel for which the VSAs are, if it can be told."""
        return self._common.resource.channel

    def add(self, verified: Verified) -> Mapping[str, Any]:
        """Write the VSA of a package, if there is one. Returns what is said of it as JSON."""
        try:
            summary = summary_of(verified, self._common)
            path = self._path(summary)
        except NoSummary as error:
            return self._none(verified, str(error))

        if summary.result == FAILED:
            self._refuted.add(path)
            self._written.pop(path, None)
        try:
            self._write(path, summary.statement.decode())
        except ProvenanceError as error:
            self._faults.append(str(error))
            if path in self._refuted:
                _remove_earlier(path)
            return self._none(verified, "its file cannot be written")
        self._written[path] = summary
        return {"file": redact_location(path), "result": summary.result, "why_not": None}

    def end(self) -> list[str]:
        """Sign what was written, if that is asked for. Returns what went wrong: sentences."""
        if self._notes > _MAX_NOTES:
            self._output.note(f"{self._notes - _MAX_NOTES} more packages have no VSA.")
        results = [each.result for each in self._written.values()]
        shown = escape(redact_location(self._folder), 300)
        counted = ", ".join(f"{results.count(each)} {each}" for each in (PASSED, FAILED))
        self._output.note(f"VSAs in {shown}: {counted}.")
        if self._open_signer is not None and self._written:
            self._sign(self._open_signer)
        return self._faults

    def _sign(self, open_signer: Callable[[], AbstractContextManager[Signer]]) -> None:
        """All at once and at the end: an identity lasts for some minutes only."""
        signed = 0
        try:
            with open_signer() as signer:
                for path, summary in self._written.items():
                    bundle = signer.sign(summary.statement)
                    self._write(path.removesuffix(STATEMENT) + BUNDLE, bundle)
                    signed += 1
                self._output.note(f"Signed by {signer.certificate.signer}: {signed}.")
        except ProvenanceError as error:
            left = len(self._written) - signed
            self._faults.append(f"{left} of the VSAs are written, but not signed: {error}")

    def _path(self, summary: Summary) -> str:
        known = self._digests.setdefault(summary.place.lower(), summary.sha256)
        if known != summary.sha256:
            raise NoSummary("another package of this run has the same address")

        path = os.path.join(self._folder, *f"{summary.place}{STATEMENT}".split("/"))
        if path in self._refuted and summary.result != FAILED:
            raise NoSummary("the same file was refuted elsewhere in this run")
        return path

    def _write(self, path: str, text: str) -> None:
        """An earlier VSA is replaced. A link is not followed: it may lead to anybody's file."""
        try:
            if os.path.lexists(path) and not stat.S_ISREG(os.lstat(path).st_mode):
                raise OSError(errno.EEXIST, "something that is no plain file has its name")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            write_forms([Form("--vsa", path, lambda file: print(text, file=file))])
        except OSError as error:
            shown = escape(redact_location(path), 500)
            why = error.strerror or type(error).__name__
            raise ProvenanceError(f"The VSA {shown} cannot be written: {why}.") from None

    def _none(self, verified: Verified, why: str) -> Mapping[str, Any]:
        self._notes += 1
        if self._notes <= _MAX_NOTES:
            location = escape(redact_location(verified.found.location), 300)
            self._output.note(f"{location}: no VSA: {why}.")
        return {"file": None, "result": None, "why_not": f"No VSA: {why}."}


def _remove_earlier(path: str) -> None:
    """An earlier VSA must not pass for what this run found. What is no plain file stays."""
    with suppress(OSError):
        if stat.S_ISREG(os.lstat(path).st_mode):
            os.unlink(path)


def _policy_uri(given: str | None, policy: Policy) -> str:
    """What stands for the policy. The path of a file is nobody else's business."""
    if given is not None:
        return parse_uri("--policy-uri", given, "https://example.com/policies/packages.toml")

    if looks_like_path(policy.location):
        return digest_uri(policy.digest)
    return ready_policy_uri(policy.location)
