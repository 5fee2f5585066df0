"""A Sigstore instance of our own: an authority, two logs and the root that names them.

It makes bundles with any repository, commit and run in the certificate, in 2 ms and without a
network. It is a stand-in: the public authority, log and time stamps are not exercised by it.

:meth:`Instance.bundle` makes a whole bundle. Its parts are methods too, so that a test can put a
forged one together. ``sigstore_server.py`` serves the same to the real client.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import rfc8785
from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

Json = dict[str, Any]

PAYLOAD_TYPE = "application/vnd.in-toto+json"
BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
FULCIO = "1.3.6.1.4.1.57264.1"
"""The extensions of a certificate are FULCIO.N."""
SCT_LIST = "1.3.6.1.4.1.11129.2.4.2"


def text64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def sign(key: ec.EllipticCurvePrivateKey, data: bytes) -> bytes:
    return key.sign(data, ec.ECDSA(hashes.SHA256()))


def public_der(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


class Instance:
    """An authority and its logs. Another instance is another root."""

    def __init__(self, url: str = "http://127.0.0.1:1") -> None:
        self.url = url
        self.host = url.split("//")[1]
        self.name = x509.Name.from_rfc4514_string("CN=sigstore,O=sigstore.test")
        now = datetime.now(timezone.utc).replace(microsecond=0)
        self.start = now - timedelta(days=1)
        """Since when its keys are valid: a day ago."""
        self.ca_key = new_key()
        self.ct_key = new_key()
        self.log_key = new_key()
        self.ca = self._ca_certificate()

    def bundle(
        self,
        statement: bytes,
        san: str,
        extensions: Mapping[int, str | bytes],
        at: datetime | None = None,
        *,
        payload_type: str = PAYLOAD_TYPE,
    ) -> Json:
        """A bundle as sigstore-python writes it, by a key made for it.

        ``san``: who signs, as :meth:`certificate` takes it. ``at``: when; now if not given.
        """
        at = at or datetime.now(timezone.utc)
        key = new_key()
        certificate = self.certificate(key.public_key(), san, extensions, at)
        envelope = signed_envelope(key, statement, payload_type)
        entry = self.log_entry(dsse_body(envelope, certificate), at)
        return whole(certificate, envelope, entry)

    def certificate(
        self,
        public_key: ec.EllipticCurvePublicKey,
        san: str,
        extensions: Mapping[int, str | bytes],
        at: datetime,
        *,
        valid_for: timedelta = timedelta(minutes=10),
        with_sct: bool = True,
        purpose: x509.ObjectIdentifier = x509.ExtendedKeyUsageOID.CODE_SIGNING,
    ) -> x509.Certificate:
        """A certificate that is valid from ``at``.

        ``san``: a workflow's address, or an e-mail address.
        ``extensions``: the texts by their numbers. Bytes are written as they are.
        """
        builder = (
            x509.CertificateBuilder()
            .issuer_name(self.name)
            .subject_name(x509.Name([]))
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(at - timedelta(seconds=5))
            .not_valid_after(at + valid_for)
            .add_extension(_key_usage(digital_signature=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.ca_key.public_key()),
                critical=False,
            )
            .add_extension(x509.SubjectAlternativeName([_general_name(san)]), critical=True)
        )
        for number, value in extensions.items():
            extension = x509.UnrecognizedExtension(
                x509.ObjectIdentifier(f"{FULCIO}.{number}"), _extension_value(number, value)
            )
            builder = builder.add_extension(extension, critical=False)
        if with_sct:
            without = builder.sign(self.ca_key, hashes.SHA256())
            builder = builder.add_extension(self._sct_list(without, at), critical=False)
        return builder.sign(self.ca_key, hashes.SHA256())

    def log_entry(
        self,
        body: bytes,
        at: datetime,
        *,
        kind: str = "dsse",
        version: str = "0.0.1",
    ) -> Json:
        """What Rekor v1 says of an entry, in the form of a bundle. The log has this one alone."""
        root = sha256(b"\0" + body)
        log_id = sha256(public_der(self.log_key))
        seconds = int(at.timestamp())
        promised = {
            "body": text64(body),
            "integratedTime": seconds,
            "logID": log_id.hex(),
            "logIndex": 0,
        }
        promise = sign(self.log_key, rfc8785.dumps(promised))
        return {
            "logIndex": "0",
            "logId": {"keyId": text64(log_id)},
            "kindVersion": {"kind": kind, "version": version},
            "integratedTime": str(seconds),
            "inclusionPromise": {"signedEntryTimestamp": text64(promise)},
            "inclusionProof": {
                "logIndex": "0",
                "rootHash": text64(root),
                "treeSize": "1",
                "hashes": [],
                "checkpoint": {"envelope": self._checkpoint(root, log_id)},
            },
            "canonicalizedBody": text64(body),
        }

    def trusted_root(self) -> Json:
        """The root that trusts this instance alone, as a ``trusted_root.json`` has it."""
        authority = {
            "subject": {"organization": "sigstore.test", "commonName": "sigstore"},
            "uri": self.url,
            "validFor": self._valid(),
            "certChain": {
                "certificates": [{"rawBytes": text64(self.ca.public_bytes(Encoding.DER))}]
            },
        }
        return {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [self._log(self.log_key)],
            "ctlogs": [self._log(self.ct_key)],
            "certificateAuthorities": [authority],
            "timestampAuthorities": [],
        }

    def trust_config(self) -> Json:
        """The larger file: the root, and the services to sign with."""
        service = {
            "url": self.url,
            "majorApiVersion": 1,
            "validFor": self._valid(),
            "operator": "sigstore.test",
        }
        signing_config = {
            "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
            "caUrls": [service],
            "oidcUrls": [service],
            "rekorTlogUrls": [service],
            "rekorTlogConfig": {"selector": "ANY"},
            "tsaUrls": [],
            "tsaConfig": {"selector": "ANY"},
        }
        return {
            "mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
            "trustedRoot": self.trusted_root(),
            "signingConfig": signing_config,
        }

    def root_bytes(self) -> bytes:
        return json.dumps(self.trusted_root()).encode()

    def _ca_certificate(self) -> x509.Certificate:
        public_key = self.ca_key.public_key()
        return (
            x509.CertificateBuilder()
            .issuer_name(self.name)
            .subject_name(self.name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.start)
            .not_valid_after(self.start + timedelta(days=3650))
            .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
            .add_extension(_key_usage(key_cert_sign=True, crl_sign=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
            .sign(self.ca_key, hashes.SHA256())
        )

    def _sct_list(self, certificate: x509.Certificate, at: datetime) -> x509.UnrecognizedExtension:
        """What the certificate log says of a certificate: RFC 6962, sections 3.2 and 3.3."""
        milliseconds = int(at.timestamp() * 1000)
        tbs = certificate.tbs_certificate_bytes
        issuer = sha256(public_der(self.ca_key))
        signed = (
            struct.pack("!BBQH", 0, 0, milliseconds, 1)
            + issuer
            + len(tbs).to_bytes(3, "big")
            + tbs
            + b"\0\0"
        )
        timestamp = (
            b"\0"
            + sha256(public_der(self.ct_key))
            + struct.pack("!QH", milliseconds, 0)
            + b"\4\3"
            + _with_length(sign(self.ct_key, signed))
        )
        value = asn1.encode_der(_with_length(_with_length(timestamp)))
        return x509.UnrecognizedExtension(x509.ObjectIdentifier(SCT_LIST), value)

    def _checkpoint(self, root: bytes, log_id: bytes) -> str:
        # @sigstore/verify wants the log's host as the name.
        note = f"{self.host} - 1\n1\n{text64(root)}\n"
        signature = text64(log_id[:4] + sign(self.log_key, note.encode()))
        return f"{note}\n\u2014 {self.host} {signature}\n"

    def _log(self, key: ec.EllipticCurvePrivateKey) -> Json:
        return {
            "baseUrl": self.url,
            "hashAlgorithm": "SHA2_256",
            "logId": {"keyId": text64(sha256(public_der(key)))},
            "publicKey": {
                "rawBytes": text64(public_der(key)),
                "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                "validFor": self._valid(),
            },
        }

    def _valid(self) -> Json:
        return {"start": self.start.strftime("%Y-%m-%dT%H:%M:%SZ")}


def signed_envelope(
    key: ec.EllipticCurvePrivateKey, payload: bytes, payload_type: str = PAYLOAD_TYPE
) -> Json:
    """A DSSE envelope: https://github.com/secure-systems-lab/dsse/blob/v1.0.0/envelope.md."""
    kind = payload_type.encode()
    signed = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    return {
        "payload": text64(payload),
        "payloadType": payload_type,
        "signatures": [{"sig": text64(sign(key, signed))}],
    }


def dsse_body(envelope: Json, certificate: x509.Certificate) -> bytes:
    """What Rekor v1 keeps of an envelope."""
    payload = base64.b64decode(envelope["payload"])
    verifier = text64(certificate.public_bytes(Encoding.PEM))
    signatures = [
        {"signature": each["sig"], "verifier": verifier} for each in envelope["signatures"]
    ]
    spec = {
        "envelopeHash": {"algorithm": "sha256", "value": sha256(rfc8785.dumps(envelope)).hex()},
        "payloadHash": {"algorithm": "sha256", "value": sha256(payload).hex()},
        "signatures": signatures,
    }
    return rfc8785.dumps({"apiVersion": "0.0.1", "kind": "dsse", "spec": spec})


def whole(certificate: x509.Certificate, envelope: Json, entry: Json) -> Json:
    """The bundle of these parts."""
    return {
        "mediaType": BUNDLE_TYPE,
        "verificationMaterial": {
            "certificate": {"rawBytes": text64(certificate.public_bytes(Encoding.DER))},
            "tlogEntries": [entry],
            "timestampVerificationData": {"rfc3161Timestamps": []},
        },
        "dsseEnvelope": envelope,
    }


def _general_name(san: str) -> x509.GeneralName:
    is_address = "://" in san
    return x509.UniformResourceIdentifier(san) if is_address else x509.RFC822Name(san)


def _extension_value(number: int, value: str | bytes) -> bytes:
    """1 to 6 are bare texts, the later ones DER."""
    if isinstance(value, bytes):
        return value
    return value.encode() if number <= 6 else asn1.encode_der(value)


def _with_length(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


def _key_usage(**used: bool) -> x509.KeyUsage:
    unused = dict.fromkeys(
        (
            "digital_signature",
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    return x509.KeyUsage(**{**unused, **used})
