"""Which bundles can be checked here, and why others cannot. Whether they hold is not known here.

Bundles that are genuine and cannot be checked must not count as broken. GitHub's own, for private
repositories, and npm's older ones are such.
"""

from __future__ import annotations

from typing import Any

import msgspec

from conda_provenance.bundles import strict_json
from conda_provenance.bundles.containers import MAX_SIZE
from conda_provenance.bundles.model import Bundle, Envelope, LogEntry, as_bundle
from conda_provenance.bundles.signed import BundleError, UncheckableError
from conda_provenance.bundles.statement_types import PAYLOAD_TYPE
from conda_provenance.text import show_sentence, show_value

_MEDIA_TYPES = (
    "application/vnd.dev.sigstore.bundle.v0.3+json",
    "application/vnd.dev.sigstore.bundle+json;version=0.3",
    "application/vnd.dev.sigstore.bundle+json;version=0.2",
    "application/vnd.dev.sigstore.bundle+json;version=0.1",
)

_WITH_CERTIFICATE = _MEDIA_TYPES[:2]
"""Earlier versions have a chain of certificates."""

_ENTRY_KINDS = (("dsse", "0.0.1"), ("hashedrekord", "0.0.2"))
"""Entries of a log that sigstore-python holds against a statement: Rekor's, version 1 and 2."""

_PYPI = "It is of PyPI's form (PEP 740), which is no Sigstore bundle."

_OTHER_FORMS: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"attestation_bundles"}), _PYPI),
    (frozenset({"verification_material", "envelope"}), _PYPI),
    (
        frozenset({"payload", "payloadType", "signatures"}),
        "It is a signed envelope alone, without the proofs that a Sigstore bundle has.",
    ),
    (frozenset({"base64Signature"}), "It is of cosign's older form, which is no Sigstore bundle."),
)
"""Forms of signed evidence that are no bundles, by the keys that they have."""

_MAX_SHOWN = 200


def read_bundle(data: bytes) -> Bundle:
    """The bundle in ``data``, if it is of a kind that can be checked.

    Raises :class:`BundleError` and :class:`UncheckableError`.
    """
    if len(data) > MAX_SIZE:
        raise BundleError(f"It has more than {MAX_SIZE >> 20} MiB.")

    bundle = strict_json.as_written(data, Bundle)
    if bundle is None or bundle.media_type not in _MEDIA_TYPES:
        bundle = _converted(data)

    _require_certificate(bundle)
    _require_statement(bundle)
    _require_log_entry(bundle)
    return bundle


def _converted(data: bytes) -> Bundle:
    """The bundle, in whatever way it is written. Where it is none, it is said why."""
    try:
        document = strict_json.parse(data)
    except ValueError as error:
        raise BundleError(f"It {error}.") from None

    _require_media_type(document)
    try:
        return as_bundle(document)
    except msgspec.ValidationError as error:
        reason = show_sentence(str(error), _MAX_SHOWN)
        raise BundleError(f"It is not of a bundle's form: {reason}.") from None


def _require_media_type(document: Any) -> None:
    if not isinstance(document, dict):
        raise BundleError("It is not a JSON object.")

    for keys, sentence in _OTHER_FORMS:
        if keys <= document.keys():
            raise UncheckableError(sentence)

    media_type = document.get("mediaType")
    if document.keys() >= {"_type", "predicateType"}:
        raise BundleError("It is a statement without a signature.")
    if not isinstance(media_type, str):
        raise BundleError("It does not say that it is a Sigstore bundle.")
    if media_type in _MEDIA_TYPES:
        return
    if media_type.startswith("application/vnd.dev.sigstore.bundle"):
        shown = show_value(media_type, _MAX_SHOWN)
        raise UncheckableError(f"It is of a version that is not known here ({shown}).")
    raise BundleError("It does not say that it is a Sigstore bundle.")


def _require_certificate(bundle: Bundle) -> None:
    material = bundle.verification_material
    if material.public_key is not None:
        raise UncheckableError("It is signed with a key, and no certificate says whose it is.")

    is_later = bundle.media_type in _WITH_CERTIFICATE
    chain = material.x509_certificate_chain.certificates if material.x509_certificate_chain else []
    if (material.certificate is None) == is_later or bool(chain) == is_later:
        wanted = "one certificate" if is_later else "a chain of certificates"
        raise BundleError(f"It does not have {wanted}, as its version asks for.")


def _require_statement(bundle: Bundle) -> None:
    if bundle.dsse_envelope is None and bundle.message_signature is not None:
        raise UncheckableError("It signs a file, and makes no statement about it.")
    if bundle.dsse_envelope is None or bundle.message_signature is not None:
        raise BundleError("It is not of a bundle's form: it must have one signed content.")

    _require_one_signature(bundle.dsse_envelope)
    payload_type = bundle.dsse_envelope.payload_type
    if payload_type != PAYLOAD_TYPE:
        shown = show_value(payload_type, _MAX_SHOWN)
        raise UncheckableError(f"It signs something that is no in-toto statement ({shown}).")


def _require_one_signature(envelope: Envelope) -> None:
    count = len(envelope.signatures)
    if count != 1:
        raise BundleError(f"It has {count} signatures instead of one.")


def _require_log_entry(bundle: Bundle) -> None:
    material = bundle.verification_material
    entries = material.tlog_entries
    if not entries and material.timestamps:
        raise UncheckableError(
            "It has a time stamp and no entry of a public log, as bundles of GitHub's own "
            "authority do."
        )
    if not entries:
        raise BundleError(
            "It has no entry of a log and no time stamp: nothing says when it was made."
        )
    if len(entries) > 1:
        raise UncheckableError(f"It has {len(entries)} entries of logs, and one can be checked.")

    _require_entry(entries[0], is_first=bundle.media_type.endswith("version=0.1"))


def _require_entry(entry: LogEntry, *, is_first: bool) -> None:
    """``is_first``: the bundle is of the first version, which asked for no proof."""
    kind = entry.kind_version.kind, entry.kind_version.version
    if kind not in _ENTRY_KINDS:
        shown = show_value(" ".join(kind), _MAX_SHOWN)
        raise UncheckableError(
            f"Its entry in the log is of the kind {shown}, which cannot be checked."
        )

    if entry.inclusion_proof is None or entry.inclusion_proof.checkpoint is None:
        sentence = "It does not prove that the log has its entry"
        if is_first and entry.inclusion_promise is not None:
            raise UncheckableError(f"{sentence}, as bundles of the first version did not.")
        raise BundleError(f"{sentence}.")
