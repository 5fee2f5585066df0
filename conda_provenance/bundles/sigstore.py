"""``SigstoreVerifier``: verifies bundles with sigstore-python, without a network.

Who may sign is not known here: a bundle holds, whoever signed it with a trusted certificate.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from conda_provenance.bundles import kinds
from conda_provenance.bundles.certificate_facts import facts_of
from conda_provenance.bundles.failures import failure
from conda_provenance.bundles.payload import read_statement
from conda_provenance.bundles.signed import BundleError, SignedStatement
from conda_provenance.bundles.statement_types import PAYLOAD_TYPE
from conda_provenance.bundles.trust import root_in, verifier_of

if TYPE_CHECKING:
    from sigstore.models import Bundle as SigstoreBundle
    from sigstore.verify import Verifier

    from conda_provenance.bundles.model import Bundle


class SigstoreVerifier:
    """Verifies bundles against one root of trust. Threads may share it.

    ``trust_root``: the bytes of a ``trusted_root.json`` or of a client's trust configuration. If
    ``None``, that of the public Sigstore, as the installed sigstore-python brings it.

    Raises :class:`~conda_provenance.errors.UsageError` for a root that cannot be used.
    """

    def __init__(self, trust_root: bytes | None = None) -> None:
        self._root = None if trust_root is None else root_in(trust_root)

    def verify(self, data: bytes) -> SignedStatement:
        """See :class:`~conda_provenance.bundles.signed.BundleVerifier`."""
        bundle = kinds.read_bundle(data)
        signed, payload = self._verified(data, bundle)
        statement = read_statement(payload)
        certificate = facts_of(signed.signing_certificate)
        return SignedStatement(statement, certificate, _signed_at(bundle, signed))

    @cached_property
    def _library(self) -> tuple[Verifier, type[SigstoreBundle]]:
        verifier = verifier_of(self._root)
        from sigstore.models import Bundle as SigstoreBundle

        return verifier, SigstoreBundle

    def _verified(self, data: bytes, bundle: Bundle) -> tuple[SigstoreBundle, bytes]:
        """The bundle as sigstore-python reads it, and its payload."""
        verifier, form = self._library
        signed = None
        try:
            signed = form.from_json(data)
            payload_type, payload = verifier.verify_dsse(signed, _ANYBODY)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # Malformed ones raise anything, also panics of Rust's.
            raise failure(error, bundle, signed) from None

        if payload_type != PAYLOAD_TYPE or payload != _payload(bundle):
            raise BundleError("It has two readings.")
        return signed, payload


class _Anybody:
    """A policy of sigstore-python: anybody may sign."""

    def verify(self, cert: Any) -> None:
        pass


_ANYBODY = _Anybody()


def _payload(bundle: Bundle) -> bytes:
    assert bundle.dsse_envelope is not None
    return bundle.dsse_envelope.payload


def _signed_at(bundle: Bundle, signed: SigstoreBundle) -> float | None:
    """When, by what was verified: the log's promise, or the only time stamp."""
    material = bundle.verification_material
    entry = material.tlog_entries[0]
    time = int(entry.integrated_time or 0)
    if entry.inclusion_promise and time:
        return float(time)

    # Of several time stamps one must hold, and it is not known which.
    if len(material.timestamps) != 1:
        return None
    data = signed.verification_material.timestamp_verification_data
    stamps = data.rfc3161_timestamps if data else []
    return float(stamps[0].tst_info.gen_time.timestamp()) if stamps else None
