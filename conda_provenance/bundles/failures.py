"""Why a bundle does not hold, in one sentence. What sigstore-python says quotes strangers."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from conda_provenance.bundles.signed import BundleError, UncheckableError

if TYPE_CHECKING:
    from sigstore.models import Bundle as SigstoreBundle

    from conda_provenance.bundles.model import Bundle

_NO_TIME = "No trusted log or time stamp says when it was signed."

_SENTENCES = (
    ("failed to verify SCT", "No trusted log of certificates vouches for its certificate."),
    (
        "failed to build timestamp certificate chain",
        "No trusted authority made its certificate; --trust-root names that of a private one.",
    ),
    ("invalid log entry", "Its proof that a trusted log has it does not hold."),
    ("no Timestamp Authorities", "Its time stamp is not of a trusted authority."),
    ("not enough sources", _NO_TIME),
    ("bundle must contain an inclusion promise", _NO_TIME),
    ("DSSE: invalid signature", "Its signature is not of what it signs."),
    ("log entry payload hash", "Its entry in the log is about something else."),
    ("log entry signatures", "Its entry in the log is of another signature."),
    ("transparency log entry is inconsistent", "Its entry in the log is of another signature."),
    ("invalid DSSE log entry", "Its entry in the log cannot be read."),
    ("Key usage", "Its certificate is not one to sign with."),
    ("Extended usage", "Its certificate is not one to sign with."),
    ("invalid signing cert", "Its certificate was not valid when it was signed."),
)
"""By how the library's message begins."""

_OTHER = "It is malformed, and cannot be verified."


def failure(
    error: BaseException, bundle: Bundle, signed: SigstoreBundle | None
) -> BundleError | UncheckableError:
    """``signed``: the bundle as the library reads it, if it does."""
    if signed is not None:
        curve = _other_key(signed)
        if curve:
            return UncheckableError(
                f"It is signed with a key of the kind {curve}, which cannot be checked."
            )
        if _was_expired(bundle, signed):
            return BundleError("Its certificate was not valid when it was signed.")

    if signed is None and isinstance(error, ValueError):
        return BundleError("Its certificate or what the log says of it cannot be read.")

    message = str(error)
    for beginning, sentence in _SENTENCES:
        if message.startswith(beginning):
            return BundleError(sentence)
    return BundleError(_OTHER)


def _other_key(signed: SigstoreBundle) -> str | None:
    """The kind of a key that the library does not check: it takes each for P-256."""
    from cryptography.hazmat.primitives.asymmetric import ec

    try:
        key = signed.signing_certificate.public_key()
    except Exception:  # A key that cannot be read.
        return None
    if isinstance(key, ec.EllipticCurvePublicKey):
        return None if isinstance(key.curve, ec.SECP256R1) else key.curve.name
    return type(key).__name__.removeprefix("_").removesuffix("PublicKey")


def _was_expired(bundle: Bundle, signed: SigstoreBundle) -> bool:
    """Does the log name a time at which the certificate was not valid?"""
    entry = bundle.verification_material.tlog_entries[0]
    time = entry.integrated_time
    if time is None or entry.inclusion_promise is None:
        return False
    try:
        at = datetime.fromtimestamp(int(time), timezone.utc)
    except (OverflowError, ValueError, OSError):
        return False
    certificate = signed.signing_certificate
    return not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc
