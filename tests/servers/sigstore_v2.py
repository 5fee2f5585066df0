"""The newer half of Sigstore, for tests: Rekor version 2, and a time stamp instead of its time.

The time stamps are made by ``openssl ts``, so the tests that use this need openssl 3.
"""

from __future__ import annotations

import base64
import copy
import subprocess
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import rfc8785
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from sigstore_instance import (
    PAYLOAD_TYPE,
    Instance,
    Json,
    new_key,
    sha256,
    signed_envelope,
    text64,
    whole,
)

_CONFIG = """\
[tsa]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
"""


class TimeStampAuthority:
    """Answers requests of RFC 3161, at the time of the machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root, root_key = self._certificate("tsa root")
        self.leaf, key = self._certificate("tsa", (self.root, root_key))
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / "key.pem").write_bytes(pem)
        (folder / "leaf.pem").write_bytes(self.leaf.public_bytes(Encoding.PEM))
        (folder / "serial").write_text("01\n")
        (folder / "tsa.cnf").write_text(_CONFIG.format(folder=folder))

    def reply(self, request: bytes) -> bytes:
        (self.folder / "request").write_bytes(request)
        command = ["openssl", "ts", "-reply", "-config", "tsa.cnf", "-section", "tsa"]
        files = ["-queryfile", "request", "-inkey", "key.pem", "-signer", "leaf.pem"]
        done = subprocess.run(
            [*command, *files, "-out", "reply"],
            cwd=self.folder,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return (self.folder / "reply").read_bytes()

    def stamp(self, signature: bytes) -> str:
        """A time stamp of a signature, as bundles have it."""
        from rfc3161_client import TimestampRequestBuilder

        request = TimestampRequestBuilder().data(signature).nonce(nonce=True).build()
        return text64(self.reply(request.as_bytes()))

    def in_root(self, start: datetime) -> Json:
        """What a root of trust says of it."""
        chain = [text64(each.public_bytes(Encoding.DER)) for each in (self.leaf, self.root)]
        return {
            "subject": {"organization": "sigstore.test", "commonName": "tsa"},
            "uri": "http://127.0.0.1:1",
            "validFor": {"start": start.strftime("%Y-%m-%dT%H:%M:%SZ")},
            "certChain": {"certificates": [{"rawBytes": each} for each in chain]},
        }

    def _certificate(self, name: str, issuer: Any = None) -> tuple[x509.Certificate, Any]:
        key = new_key()
        subject = x509.Name.from_rfc4514_string(f"CN={name},O=sigstore.test")
        above, signing_key = issuer or (None, key)
        now = datetime.now(timezone.utc)
        builder = (
            x509.CertificateBuilder()
            .issuer_name(above.subject if above else subject)
            .subject_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=365))
            .add_extension(x509.BasicConstraints(above is None, None), critical=True)
        )
        if above:
            purpose = x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.TIME_STAMPING])
            builder = builder.add_extension(purpose, critical=True)
        return builder.sign(signing_key, hashes.SHA256()), key


class NewerInstance(Instance):
    """An instance whose log is Rekor version 2."""

    def __init__(self, folder: Path, url: str = "http://127.0.0.1:1") -> None:
        super().__init__(url)
        self.tsa = TimeStampAuthority(folder)

    def trusted_root(self) -> Json:
        return {**super().trusted_root(), "timestampAuthorities": [self.tsa.in_root(self.start)]}

    def trust_config(self) -> Json:
        config = copy.deepcopy(super().trust_config())
        signing = config["signingConfig"]
        signing["rekorTlogUrls"][0] = {**signing["rekorTlogUrls"][0], "majorApiVersion": 2}
        stamps = {**signing["caUrls"][0], "url": f"{self.url}/api/v1/timestamp"}
        return {**config, "signingConfig": {**signing, "tsaUrls": [stamps]}}

    def bundle(
        self,
        statement: bytes,
        san: str,
        extensions: Mapping[int, str | bytes],
        at: datetime | None = None,
        *,
        payload_type: str = PAYLOAD_TYPE,
    ) -> Json:
        """A bundle with a time stamp of now."""
        key, at = new_key(), at or datetime.now(timezone.utc)
        certificate = self.certificate(key.public_key(), san, extensions, at)
        envelope = signed_envelope(key, statement, payload_type)
        signature = base64.b64decode(envelope["signatures"][0]["sig"])
        kind = payload_type.encode()
        signed = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(statement), statement)
        verifier = {
            "x509Certificate": {"rawBytes": text64(certificate.public_bytes(Encoding.DER))},
            "keyDetails": "PKIX_ECDSA_P256_SHA_256",
        }
        entry = self.entry(
            text64(sha256(signed)), {"content": text64(signature), "verifier": verifier}
        )
        made = whole(certificate, envelope, entry)
        stamps = [{"signedTimestamp": self.tsa.stamp(signature)}]
        made["verificationMaterial"]["timestampVerificationData"] = {"rfc3161Timestamps": stamps}
        return made

    def entry(self, digest: str, signature: Json) -> Json:
        """What Rekor v2 says of an entry: no time, and no promise."""
        data = {"algorithm": "SHA2_256", "digest": digest}
        spec = {"hashedRekordV002": {"data": data, "signature": signature}}
        body = rfc8785.dumps({"apiVersion": "0.0.2", "kind": "hashedrekord", "spec": spec})
        entry = self.log_entry(
            body, datetime.now(timezone.utc), kind="hashedrekord", version="0.0.2"
        )
        del entry["integratedTime"], entry["inclusionPromise"]
        return entry
