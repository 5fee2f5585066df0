"""The verdict on a package as a SLSA Verification Summary Attestation (VSA), version 1.

It says who verified which file by which policy, and no more: no SLSA level is claimed. A verdict
that is neither "verified" nor "refuted" gives none, since a VSA knows no third result. How a
verdict comes about is not known here, nor who signs.

Source: https://slsa.dev/spec/v1.0/verification_summary. Only fields of that first version are
written, since strict readers refuse later ones.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, NamedTuple

from conda_provenance.attest.statement import statement_bytes
from conda_provenance.attest.uris import Resource
from conda_provenance.bundles.statement_types import VSA_TYPE
from conda_provenance.errors import ProvenanceError
from conda_provenance.policy.expectations import Expectations
from conda_provenance.sources import Artifact
from conda_provenance.verify.grounds import ATTESTED
from conda_provenance.verify.outcome import Result
from conda_provenance.verify.verdict import Standing
from conda_provenance.verify.verifier import Verified

PASSED, FAILED = "PASSED", "FAILED"

_RESULTS = {Standing.VERIFIED: PASSED, Standing.REFUTED: FAILED}
_LEVELS = {PASSED: ["SLSA_BUILD_LEVEL_UNEVALUATED"], FAILED: ["FAILED"]}

_WHY_NONE = {
    Standing.CONSISTENT: "it is consistent, which is less than verified",
    Standing.SILENT: "it claims nothing about where it comes from",
    Standing.UNAVAILABLE: "what the policy requires could not be checked",
}

_MAX_BUNDLES = 1000
_SHA256 = re.compile(r"[0-9a-f]{64}")


class NoSummary(ProvenanceError):
    """There is no VSA of a package. The message is the second half of a sentence."""


class CommonFields(NamedTuple):
    """What all VSAs of a run say: who verified, by which policy, what is fetched from where."""

    verifier_id: str
    policy_uri: str
    policy_sha256: str
    resource: Resource


class Summary(NamedTuple):
    """A VSA."""

    place: str
    """The file's name; with a channel, with its subdir before it: ``noarch/hello-1.0-0.conda``."""
    result: str
    """:data:`PASSED` or :data:`FAILED`."""
    sha256: str
    """Of the package."""
    statement: bytes
    """Not signed."""


def summary_of(verified: Verified, common: CommonFields) -> Summary:
    """The VSA of a package that was verified. Raises :class:`NoSummary`."""
    result = _result(verified)
    found, subject = verified.found, verified.subject
    if subject is None or not isinstance(found, Artifact):
        raise NoSummary("it could not be read")

    sha256 = subject.computed_sha256
    if sha256 is None:
        raise NoSummary("its digest was not computed from its bytes; --check reads whole files")

    _require_policy(verified.expected, common, result)
    if verified.evidence is not None and not verified.evidence.is_believed:
        raise NoSummary(
            "the answers are from a file that anybody may have written; --evidence-digest says "
            "which one is to be believed"
        )

    try:
        uri, place = common.resource.place_of(found.file_name, _subdir(verified))
    except ValueError as error:
        raise NoSummary(str(error)) from None

    predicate = {
        "verifier": {"id": common.verifier_id},
        "timeVerified": _time(verified.answered_at),
        "resourceUri": uri,
        "policy": {"uri": common.policy_uri, "digest": {"sha256": common.policy_sha256}},
        **_inputs(verified.results.get(ATTESTED)),
        "verificationResult": result,
        "verifiedLevels": _LEVELS[result],
    }
    statement = statement_bytes(found.file_name, sha256, VSA_TYPE, predicate)
    return Summary(place, result, sha256, statement)


def _result(verified: Verified) -> str:
    if verified.error is not None:
        raise NoSummary("it could not be read")

    standing = verified.verdict.outcome
    if standing in _RESULTS:
        return _RESULTS[standing]

    accepted = ", though the policy accepts that" if verified.verdict.is_accepted else ""
    raise NoSummary(f"{_WHY_NONE[standing]}{accepted}")


def _require_policy(expected: Expectations, common: CommonFields, result: str) -> None:
    """Raise :class:`NoSummary` unless the policy alone decided, as it always will."""
    if not expected.policy_digest:
        raise NoSummary("no rule of the policy is about it")

    is_changed = bool(expected.sha or expected.only or expected.skip)
    if is_changed or expected.policy_digest != common.policy_sha256:
        raise NoSummary("something beside the policy decided")

    if expected.exception and result == PASSED:
        raise NoSummary("an exception of the policy counts for it, which ends, and a VSA does not")


def _subdir(verified: Verified) -> str | None:
    """For which platform the package is: by its place, or else by what it says."""
    assert verified.subject is not None
    assert isinstance(verified.found, Artifact)
    said = verified.found.subdir or verified.subject.record.get("subdir")
    return said if isinstance(said, str) else None


def _inputs(attested: Result | None) -> Mapping[str, Any]:
    """All bundles that the check of signed statements looked at, or nothing.

    There is no list with some of them: a reader takes a list for whole. Where a bundle lies is left
    out: the address may let its reader in.
    """
    facts = {} if attested is None else attested.facts
    bundles = facts.get("bundles")
    if not isinstance(bundles, list | tuple) or not 0 < len(bundles) <= _MAX_BUNDLES:
        return {}

    if facts.get("found", len(bundles)) != len(bundles):  # Not all of them were looked at.
        return {}

    inputs: dict[str, Mapping[str, Any]] = {}
    for each in bundles:
        sha256 = each.get("sha256") if isinstance(each, Mapping) else None
        if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
            return {}
        inputs.setdefault(sha256, {"digest": {"sha256": sha256}})
    return {"inputAttestations": list(inputs.values())}


def _time(seconds: float | None) -> str:
    """As ``2026-01-31T12:00:00Z``."""
    if seconds is None:
        raise NoSummary("when the answers were got is not known")

    try:
        moment = datetime.fromtimestamp(int(seconds), timezone.utc)
    except (ValueError, OverflowError, OSError):
        raise NoSummary("when the answers were got is not known") from None
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
