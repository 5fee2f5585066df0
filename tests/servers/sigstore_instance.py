"""A Sigstore instance of our own: an authority, two logs and the root that names them.

It makes bundles with any repository, commit and run in the certificate. The public authority, log
and time stamps are not exercised by it.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from datetime import datetime, timedelta, timezone

import rfc8785
from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

b64, sha, sized = (
    lambda d: base64.b64encode(d).decode(),
    lambda d: hashlib.sha256(d).digest(),
    lambda d: len(d).to_bytes(2, "big") + d,
)


def sign(key, data):
    return key.sign(data, ec.ECDSA(hashes.SHA256()))


def spki(key):
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def usage(**on):
    names = (
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement "
        "key_cert_sign crl_sign encipher_only decipher_only"
    )
    return x509.KeyUsage(**(dict.fromkeys(names.split(), False) | on))


class Instance:
    def __init__(self, url="http://127.0.0.1:1"):
        self.url, self.host, self.name = (
            url,
            url.split("//")[1],
            x509.Name.from_rfc4514_string("CN=sigstore,O=sigstore.test"),
        )
        self.ca, self.ct, self.rekor = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
        self.start = datetime.now(timezone.utc).replace(microsecond=0) - timedelta(days=1)
        self.root = (
            x509.CertificateBuilder(
                self.name,
                self.name,
                self.ca.public_key(),
                x509.random_serial_number(),
                self.start,
                self.start + timedelta(3650),
            )
            .add_extension(x509.BasicConstraints(True, 1), True)
            .add_extension(usage(key_cert_sign=True, crl_sign=True), True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.ca.public_key()), False)
            .sign(self.ca, hashes.SHA256())
        )

    def certificate(self, public_key, san, extensions, at):  # extensions: {N: text}
        builder = (
            x509.CertificateBuilder(
                self.name,
                x509.Name([]),
                public_key,
                x509.random_serial_number(),
                at - timedelta(seconds=5),
                at + timedelta(minutes=10),
            )
            .add_extension(usage(digital_signature=True), True)
            .add_extension(x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.CODE_SIGNING]), False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.ca.public_key()), False
            )
            .add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(san)]), True)
        )
        for n, text in extensions.items():
            oid, value = (
                x509.ObjectIdentifier(f"1.3.6.1.4.1.57264.1.{n}"),
                text.encode() if n <= 6 else asn1.encode_der(text),
            )
            builder = builder.add_extension(x509.UnrecognizedExtension(oid, value), False)
        tbs, ms = (
            builder.sign(self.ca, hashes.SHA256()).tbs_certificate_bytes,
            int(at.timestamp() * 1000),
        )  # RFC 6962, 3.2
        signature = sign(
            self.ct,
            struct.pack("!BBQH", 0, 0, ms, 1)
            + sha(spki(self.ca))
            + len(tbs).to_bytes(3, "big")
            + tbs
            + b"\0\0",
        )
        sct = b"\0" + sha(spki(self.ct)) + struct.pack("!QH", ms, 0) + b"\4\3" + sized(signature)
        sct_list = x509.UnrecognizedExtension(
            x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2"), asn1.encode_der(sized(sized(sct)))
        )
        return builder.add_extension(sct_list, False).sign(self.ca, hashes.SHA256())

    def bundle(self, statement, san, extensions, at=None):
        at, key, kind = (
            at or datetime.now(timezone.utc),
            ec.generate_private_key(ec.SECP256R1()),
            b"application/vnd.in-toto+json",
        )
        cert, payload = self.certificate(key.public_key(), san, extensions, at), b64(statement)
        sig = b64(sign(key, b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(statement), statement)))
        envelope = {"payload": payload, "payloadType": kind.decode(), "signatures": [{"sig": sig}]}
        body = rfc8785.dumps(
            {
                "apiVersion": "0.0.1",
                "kind": "dsse",
                "spec": {  # what Rekor v1 logs, in a log of one
                    "envelopeHash": {
                        "algorithm": "sha256",
                        "value": sha(rfc8785.dumps(envelope)).hex(),
                    },
                    "payloadHash": {"algorithm": "sha256", "value": sha(statement).hex()},
                    "signatures": [
                        {"signature": sig, "verifier": b64(cert.public_bytes(Encoding.PEM))}
                    ],
                },
            }
        )
        root, log_id, time = sha(b"\0" + body), sha(spki(self.rekor)), int(at.timestamp())
        note = f"{self.host} - 1\n1\n{b64(root)}\n"  # sigstore-js wants the log's host as name
        checkpoint = (
            f"{note}\n\u2014 {self.host} {b64(log_id[:4] + sign(self.rekor, note.encode()))}\n"
        )
        promise = sign(
            self.rekor,
            rfc8785.dumps(
                {"body": b64(body), "integratedTime": time, "logID": log_id.hex(), "logIndex": 0}
            ),
        )
        proof = {
            "logIndex": "0",
            "rootHash": b64(root),
            "treeSize": "1",
            "hashes": [],
            "checkpoint": {"envelope": checkpoint},
        }
        entry = {
            "logIndex": "0",
            "logId": {"keyId": b64(log_id)},
            "kindVersion": {"kind": "dsse", "version": "0.0.1"},
            "integratedTime": str(time),
            "inclusionPromise": {"signedEntryTimestamp": b64(promise)},
            "inclusionProof": proof,
            "canonicalizedBody": b64(body),
        }
        return {
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "dsseEnvelope": envelope,
            "verificationMaterial": {
                "certificate": {"rawBytes": b64(cert.public_bytes(Encoding.DER))},
                "tlogEntries": [entry],
                "timestampVerificationData": {"rfc3161Timestamps": []},
            },
        }

    def trusted_root(self):
        valid, chain = (
            {"start": self.start.strftime("%Y-%m-%dT%H:%M:%SZ")},
            {"certificates": [{"rawBytes": b64(self.root.public_bytes(Encoding.DER))}]},
        )

        def log(key):
            return {
                "baseUrl": self.url,
                "hashAlgorithm": "SHA2_256",
                "logId": {"keyId": b64(sha(spki(key)))},
                "publicKey": {
                    "rawBytes": b64(spki(key)),
                    "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                    "validFor": valid,
                },
            }

        return {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [log(self.rekor)],
            "ctlogs": [log(self.ct)],
            "timestampAuthorities": [],
            "certificateAuthorities": [
                {
                    "subject": {"organization": "sigstore.test", "commonName": "sigstore"},
                    "uri": self.url,
                    "validFor": valid,
                    "certChain": chain,
                }
            ],
        }
