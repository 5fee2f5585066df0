"""The form of a Sigstore bundle. Whether it holds is not known here.

Source: https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_bundle.proto, as JSON.
A field that is not known is refused, and so is base64 that has more than one reading: the library
that verifies takes both.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType, field

Number: TypeAlias = Annotated[str, Meta(pattern=r"\A(?:0|[1-9][0-9]{0,18})\Z")]
"""A number of 64 bits, which is a text in JSON."""


class _Form(Struct, rename="camel", forbid_unknown_fields=True, omit_defaults=True):
    """An object of a bundle. Its fields are in the order in which clients write them.

    Bytes are base64 in JSON.
    """


class Signature(_Form):
    sig: bytes
    keyid: str | None = None


class Envelope(_Form):
    payload: bytes
    payload_type: str
    signatures: list[Signature]


class LogId(_Form):
    key_id: bytes


class KindVersion(_Form):
    kind: str
    version: str


class InclusionPromise(_Form):
    signed_entry_timestamp: bytes


class Checkpoint(_Form):
    envelope: str


class InclusionProof(_Form):
    log_index: Number
    root_hash: bytes
    tree_size: Number
    hashes: list[bytes]
    checkpoint: Checkpoint | None = None


class LogEntry(_Form, kw_only=True):
    log_index: Number
    log_id: LogId
    kind_version: KindVersion
    integrated_time: Number | None = None
    inclusion_promise: InclusionPromise | None = None
    inclusion_proof: InclusionProof | None = None
    canonicalized_body: bytes


class RawCertificate(_Form):
    raw_bytes: bytes


class CertificateChain(_Form):
    certificates: list[RawCertificate]


class SignedTimestamp(_Form):
    signed_timestamp: bytes


class Timestamps(_Form):
    rfc3161_timestamps: list[SignedTimestamp] | UnsetType = UNSET


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
        return (data and data.rfc3161_timestamps) or []


class Bundle(_Form):
    media_type: str
    verification_material: Material
    dsse_envelope: Envelope | None = None
    message_signature: dict[str, Any] | None = None


def as_bundle(document: Any) -> Bundle:
    """Raises ``msgspec.ValidationError``, which says where the form is another one."""
    bundle = msgspec.convert(document, Bundle)
    # Of several texts that are read as the same bytes, one is written.
    _require_as_written(msgspec.to_builtins(bundle), document, "$")
    return bundle


def _require_as_written(again: Any, document: Any, where: str) -> None:
    """``again``: what of the document is not as if it were left out."""
    if again == document:
        return

    if isinstance(again, dict):
        for key, value in again.items():
            _require_as_written(value, document[key], f"{where}.{key}")
    elif isinstance(again, list):
        for number, (value, written) in enumerate(zip(again, document, strict=True)):
            _require_as_written(value, written, f"{where}[{number}]")
    else:
        raise msgspec.ValidationError(f"Expected base64 in its one form - at `{where}`")
