"""``judge``: what one bundle is worth for one package. What several come to together is not known
here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from enum import Enum
from typing import Any, NamedTuple

from conda_provenance.bundles.certificate import Certificate
from conda_provenance.bundles.signed import (
    BundleError,
    SignedStatement,
    UncheckableError,
)
from conda_provenance.bundles.statement_types import BUILD_TYPES, PUBLISH_TYPE
from conda_provenance.errors import UnavailableError
from conda_provenance.policy.refs import matching_refs
from conda_provenance.text import as_clause, listed, show
from conda_provenance.verify.attested.comparing import (
    Comparison,
    Stamp,
    are_agreed,
    by_certificate,
    by_predicate,
    is_of,
)
from conda_provenance.verify.attested.places import FoundBundle
from conda_provenance.verify.attested.predicates import StatedBuild, stated_build
from conda_provenance.verify.attested.publication import why_no_publication
from conda_provenance.verify.attested.signers import names_its_repository, why_not_expected
from conda_provenance.verify.attested.triggers import doubt_of
from conda_provenance.verify.attested.verifying import Bundles
from conda_provenance.verify.check import Case

_MAX_SHOWN = 300
_MAX_ERROR = 500


class Worth(str, Enum):
    """What a bundle is worth."""

    CONTRADICTION = "contradicts"
    """An expected signer's statement of a build, which is another than the package says."""
    BUILD = "build"
    PUBLICATION = "publication"
    PULL_REQUEST = "pull-request"
    """An expected signer's statement of a build of what was not accepted yet."""
    OPEN = "open"
    """Nothing follows from it: nobody expects the signer, or it cannot be compared."""
    UNCHECKABLE = "uncheckable"
    """Its kind cannot be verified here."""
    BROKEN = "broken"
    OTHER_FILE = "other-file"

    def __str__(self) -> str:
        return self.value


class JudgedBundle(NamedTuple):
    """A bundle, and what it is worth."""

    where: str
    sha256: str
    """Of the bundle's bytes."""
    worth: Worth
    why: str = ""
    """The rest of a sentence about it."""
    signed: SignedStatement | None = None
    comparisons: tuple[Comparison, ...] = ()
    retry_at: float | None = None

    @property
    def facts(self) -> Mapping[str, Any]:
        """What is known of the bundle by itself."""
        facts = {
            "where": self.where,
            "sha256": self.sha256,
            "worth": self.worth.value,
            "why": self.why,
        }
        if self.signed is not None:
            facts |= {
                "type": self.signed.statement.predicate_type,
                "signer": self.signed.certificate.identity,
            }
        return {key: value for key, value in facts.items() if value}


class _Judgement(NamedTuple):
    worth: Worth
    why: str = ""
    comparisons: tuple[Comparison, ...] = ()


def judge(found: FoundBundle, case: Case, sha256: str, bundles: Bundles) -> JudgedBundle:
    """What a bundle is worth. It raises nothing. ``sha256``: of the package, computed by us."""
    own_sha256 = hashlib.sha256(found.data).hexdigest()
    try:
        signed = bundles.verify(found.data, own_sha256)
    except (BundleError, UncheckableError, UnavailableError) as error:
        worth = Worth.BROKEN if isinstance(error, BundleError) else Worth.UNCHECKABLE
        why = as_clause(show(str(error), _MAX_ERROR))
        retry_at = getattr(error, "retry_at", None)
        return JudgedBundle(found.where, own_sha256, worth, why, retry_at=retry_at)

    worth, why, comparisons = _judgement(signed, case, sha256)
    return JudgedBundle(found.where, own_sha256, worth, why, signed, comparisons)


def _judgement(signed: SignedStatement, case: Case, sha256: str) -> _Judgement:
    if not signed.statement.is_about(sha256):
        return _Judgement(Worth.OTHER_FILE, "it is about another file")

    stamp = Stamp.of(case.subject)
    is_packages = is_of(signed.certificate.repository, stamp)
    if why := why_not_expected(signed.certificate, case.expected, is_packages=is_packages):
        return _Judgement(Worth.OPEN, f"it is signed by {signed.certificate.signer}; {why}")

    kind = signed.statement.predicate_type
    if kind in BUILD_TYPES:
        return _build(signed, case, stamp)
    if kind == PUBLISH_TYPE:
        return _publication(signed, case, stamp)
    shown = show(kind, _MAX_SHOWN)
    why = f"it is of the kind {shown}, of neither a build nor a publication"
    return _Judgement(Worth.OPEN, why)


def _publication(signed: SignedStatement, case: Case, stamp: Stamp) -> _Judgement:
    """Who publishes may do so from another run, workflow or repository than built it."""
    if why := why_no_publication(signed.statement, case.subject):
        return _Judgement(Worth.OPEN, why)

    doubt = doubt_of(signed.certificate)
    if doubt and doubt.is_pull_request:
        return _Judgement(Worth.OPEN, doubt.why)
    return _Judgement(Worth.PUBLICATION, "", tuple(by_certificate(signed.certificate, stamp)))


def _build(signed: SignedStatement, case: Case, stamp: Stamp) -> _Judgement:
    said = stated_build(signed.statement)
    certificate = by_certificate(signed.certificate, stamp)
    predicate = by_predicate(said, stamp)
    comparisons = (*certificate, *predicate)

    # Who signs what we made of a package says nothing of where it was built. Otherwise what the
    # certificate says comes first.
    counted = predicate if said.is_derived else comparisons
    first = next((each for each in counted if each.agrees is False), None)
    if doubt := doubt_of(signed.certificate):
        # Strangers may decide what such a run signs. Only the package's own run says against it.
        is_its_run = first is None or are_agreed(certificate, "flow_run_id")
        worth = Worth.PULL_REQUEST if doubt.is_pull_request and is_its_run else Worth.OPEN
        return _Judgement(worth, doubt.why, comparisons)

    if first is not None:
        why = f"{first.key} differs: {first.sentence}"
        return _Judgement(Worth.CONTRADICTION, why, comparisons)

    why = _why_unbound(signed, said, certificate, predicate)
    why = why or _why_other_ref(signed.certificate, case.expected.refs)
    return _Judgement(Worth.OPEN if why else Worth.BUILD, why, comparisons)


def _why_unbound(
    signed: SignedStatement,
    said: StatedBuild,
    certificate: list[Comparison],
    predicate: list[Comparison],
) -> str:
    """Why it does not bind the file to the build that the package names, if it does not."""
    if not signed.statement.predicate:
        return "it says nothing of a build"

    if said.is_derived and not are_agreed(certificate, "remote_url", "sha", "flow_run_id"):
        return (
            "it was made from what the package says of itself, and its certificate does not show "
            "that the run signed it that built the package"
        )

    # What the certificate always says, the job's own word does not replace.
    is_said = names_its_repository(signed.certificate)
    compared = certificate if is_said else [*certificate, *predicate]
    if are_agreed(compared, "remote_url", "sha"):
        return ""
    missing = next(key for key in ("remote_url", "sha") if not are_agreed(compared, key))
    whys = [each.why for each in compared if each.key == missing and each.why]
    return f"{missing} cannot be held against it: {whys[0] if whys else 'it does not say it'}"


def _why_other_ref(certificate: Certificate, refs: tuple[str, ...]) -> str:
    """The commit may be on an expected branch all the same: a tag's run builds such a commit."""
    if not refs or not (certificate.ref or certificate.repository):
        return ""
    if certificate.ref is None:
        wanted = listed(refs, "or", 3)
        return f"its certificate does not say on which ref it ran, and {wanted} is expected"
    if any(matching_refs(each, [certificate.ref]) for each in refs):
        return ""
    ref, wanted = show(certificate.ref, _MAX_SHOWN), listed(refs, "or", 3)
    return f"it was signed in a run on {ref}, and {wanted} is expected"
