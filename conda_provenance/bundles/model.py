"""The form of a Sigstore bundle. Whether it holds is not known here.

Source: https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_bundle.proto, as JSON.
A field that is not known is refused, and so is base64 that has more than one reading: the library
that verifies takes both.
"""

from __future__ import annotations

import binascii
import re
from typing import Any

import msgspec
from msgspec import Struct, field

_DIGITS = re.compile(r"0|[1-9][0-9]*")


class Number:
    """A number of 64 bits, which is a text in JSON."""

    __slots__ = ("value",)

    def __init__(self, text: object) -> None:
        if not isinstance(text, str) or len(text) > 19 or not _DIGITS.fullmatch(text):
            raise ValueError("Expected a number as text")
        self.value = int(text)


class Base64:
    """Bytes, which are base64 in JSON."""

    __slots__ = ("data",)

    def __init__(self, text: object) -> None:
        if not isinstance(text, str):
            raise ValueError("Expected base64")
        try:
            self.data = binascii.a2b_base64(text)  # Refuses what is not ASCII.
        except ValueError:
            raise ValueError("Expected base64") from None

        # Of several texts that are read as the same bytes, one is right.
        if binascii.b2a_base64(self.data, newline=False) != text.encode():
            raise ValueError("Expected base64")


class _Form(Struct, rename="camel", forbid_unknown_fields=True):
    """An object of a bundle."""


class Signature(_Form):
    sig: Base64
    keyid: str | None = None


class Envelope(_Form):
    payload: Base64
    payload_type: str
    signatures: list[Signature]


class LogId(_Form):
    key_id: Base64


class KindVersion(_Form):
    kind: str
    version: str


class InclusionPromise(_Form):
    signed_entry_timestamp: Base64


class Checkpoint(_Form):
    envelope: str


class InclusionProof(_Form):
    log_index: Number
    root_hash: Base64
    tree_size: Number
    hashes: list[Base64]
    checkpoint: Checkpoint | None = None


class LogEntry(_Form):
    log_index: Number
    log_id: LogId
    kind_version: KindVersion
    canonicalized_body: Base64
    integrated_time: Number | None = None
    inclusion_promise: InclusionPromise | None = None
    inclusion_proof: InclusionProof | None = None


class RawCertificate(_Form):
    raw_bytes: Base64


class CertificateChain(_Form):
    certificates: list[RawCertificate]


class SignedTimestamp(_Form):
    signed_timestamp: Base64


class Timestamps(_Form):
    rfc3161_timestamps: list[SignedTimestamp] = field(default_factory=list)


class Material(_Form):
    certificate: RawCertificate | None = None
    x509_certificate_chain: CertificateChain | None = field(
        name="x509CertificateChain", default=None
    )
    public_key: dict[str, Any] | None = None
    tlog_entries: list[LogEntry] = field(default_factory=list)
    timestamp_verification_data: Timestamps | None = None

    @property
    def timestamps(self) -> list[SignedTimestamp]:
        data = self.timestamp_verification_data
        return data.rfc3161_timestamps if data else []


class Bundle(_Form):
    media_type: str
    verification_material: Material
    dsse_envelope: Envelope | None = None
    message_signature: dict[str, Any] | None = None


def as_bundle(document: Any) -> Bundle:
    """Raises ``msgspec.ValidationError``, which says where the form is another one."""
    return msgspec.convert(document, Bundle, dec_hook=_decoded)


def _decoded(kind: type, value: object) -> Any:
    return kind(value)
