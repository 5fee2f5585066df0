"""Forged, broken and unusual bundles, as data: how each is made, and what must come of it.

``FORGED`` is also for tests of what is built upon verifying.
"""

from __future__ import annotations

import base64
import copy
import gzip
import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

from ci_identities import GitHubRun
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from sigstore_instance import (
    Instance,
    Json,
    dsse_body,
    new_key,
    sha256,
    signed_envelope,
    text64,
    whole,
)

BROKEN = "broken"
"""It must not pass: ``BundleError``."""
UNCHECKABLE = "uncheckable"
"""Nothing follows from it: ``UncheckableError``."""
ELSEWHERE = "elsewhere"
"""It holds, and is about another file."""
HOLDS = "holds"
"""It holds, though it looks unusual."""

FILE = "hello-1.0-h0_0.conda"
DIGEST = "ab" * 32
SLSA = "https://slsa.dev/provenance/v1"
STATEMENT: Json = {
    "_type": "https://in-toto.io/Statement/v1",
    "subject": [{"name": FILE, "digest": {"sha256": DIGEST}}],
    "predicateType": SLSA,
    "predicate": {"buildDefinition": {"buildType": "https://example.org/"}, "runDetails": {}},
}


class Workshop:
    """What forgers have: a trusted instance that certifies them, and another one."""

    def __init__(self) -> None:
        self.trusted = Instance()
        self.other = Instance()
        self.run = GitHubRun()
        self.now = datetime.now(timezone.utc).replace(microsecond=0)

    def signed(self, payload: Any = STATEMENT, by: Instance | None = None, **options: Any) -> Json:
        """A bundle that holds. ``payload``: a value, or bytes as they are."""
        data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        instance = by or self.trusted
        return instance.bundle(data, self.run.san, self.run.extensions, self.now, **options)

    def certified(
        self,
        key: Any = None,
        *,
        by: Instance | None = None,
        at: datetime | None = None,
        logged: datetime | None = None,
        **options: Any,
    ) -> Json:
        """A bundle with a certificate made to measure. ``logged``: when, as the log says."""
        instance = by or self.trusted
        key = key or new_key()
        certificate = instance.certificate(
            key.public_key(), self.run.san, self.run.extensions, at or self.now, **options
        )
        signing = key if isinstance(key, ec.EllipticCurvePrivateKey) else new_key()
        envelope = signed_envelope(signing, json.dumps(STATEMENT).encode())
        body = dsse_body(envelope, certificate)
        return whole(certificate, envelope, instance.log_entry(body, logged or at or self.now))

    def mixed(self, **keys: Any) -> Instance:
        """The trusted instance with another key in one place."""
        instance = copy.copy(self.trusted)
        vars(instance).update(keys)
        return instance


class Forged(NamedTuple):
    name: str
    outcome: str
    make: Callable[[Workshop], bytes | Json]

    def data(self, workshop: Workshop) -> bytes:
        made = self.make(workshop)
        return made if isinstance(made, bytes) else json.dumps(made).encode()


ENVELOPE = "dsseEnvelope"
MATERIAL = "verificationMaterial"
CERTIFICATE = f"{MATERIAL}.certificate.rawBytes"
ENTRY = f"{MATERIAL}.tlogEntries.0"
PROOF = f"{ENTRY}.inclusionProof"
CHECKPOINT = f"{PROOF}.checkpoint.envelope"
SIGNATURE = f"{ENVELOPE}.signatures.0.sig"
PROMISE = f"{ENTRY}.inclusionPromise.signedEntryTimestamp"
BODY = f"{ENTRY}.canonicalizedBody"

GONE = object()
"""Instead of a value: the key is removed."""


def put(bundle: Json, place: str, value: Any) -> Json:
    """The bundle with another value at a place. A function gets the old value."""
    changed = copy.deepcopy(bundle)
    *path, last = [int(part) if part.isdecimal() else part for part in place.split(".")]
    target: Any = changed
    for part in path:
        target = target[part]
    if value is GONE:
        del target[last]
    else:
        target[last] = value(target[last]) if callable(value) else value
    return changed


def flipped(text: str, at: float) -> str:
    """Base64 with one bit of its bytes flipped. ``at``: where, from 0 to 1."""
    data = bytearray(base64.b64decode(text))
    data[round(at * (len(data) - 1))] ^= 1
    return text64(bytes(data))


def _edit(place: str, value: Any) -> Callable[[Workshop], Json]:
    return lambda workshop: put(workshop.signed(), place, value)


def _payload(payload: Any) -> Callable[[Workshop], Json]:
    return lambda workshop: workshop.signed(payload)


def _statement(**changes: Any) -> Callable[[Workshop], Json]:
    changed = {**STATEMENT, **changes}
    return _payload({key: value for key, value in changed.items() if value is not GONE})


def _subject(**digest: Any) -> Callable[[Workshop], Json]:
    return _statement(subject=[{"name": FILE, "digest": digest}])


def _text(pattern: str, replacement: str) -> Callable[[Workshop], bytes]:
    """The bundle's text with one thing replaced."""

    def make(workshop: Workshop) -> bytes:
        text, count = re.subn(pattern, replacement, json.dumps(workshop.signed()), count=1)
        assert count == 1
        return text.encode()

    return make


def _signed_text(pattern: str, replacement: str) -> Callable[[Workshop], Json]:
    """The same for the statement, which is signed afterwards."""
    text, count = re.subn(pattern, replacement, json.dumps(STATEMENT), count=1)
    assert count == 1
    return _payload(text.encode())


def _from_other(place: str) -> Callable[[Workshop], Json]:
    """A part of another bundle of the same signer, which holds."""

    def make(workshop: Workshop) -> Json:
        other: Any = workshop.signed({**STATEMENT, "predicate": {"other": True}})
        value = other
        for part in place.split("."):
            value = value[int(part) if part.isdecimal() else part]
        return put(workshop.signed(), place, value)

    return make


def _bytes(data: bytes) -> Callable[[Workshop], bytes]:
    return lambda _: data


def _encoded(encode: Callable[[bytes], bytes]) -> Callable[[Workshop], bytes]:
    return lambda workshop: encode(json.dumps(workshop.signed()).encode())


def _chain(media_type: str, *more: Callable[[Workshop], x509.Certificate]) -> Any:
    """A bundle of the older form, whose certificate stands in a chain."""

    def make(workshop: Workshop) -> Json:
        bundle = workshop.signed()
        own = bundle[MATERIAL].pop("certificate")
        others = [{"rawBytes": _der(each(workshop))} for each in more]
        bundle[MATERIAL]["x509CertificateChain"] = {"certificates": [own, *others]}
        return {**bundle, "mediaType": media_type}

    return make


def _der(certificate: x509.Certificate) -> str:
    return text64(certificate.public_bytes(Encoding.DER))


def _of_the_authority(workshop: Workshop) -> Json:
    """Signed by the authority's own key and certificate."""
    instance = workshop.trusted
    envelope = signed_envelope(instance.ca_key, json.dumps(STATEMENT).encode())
    entry = instance.log_entry(dsse_body(envelope, instance.ca), workshop.now)
    return whole(instance.ca, envelope, entry)


def _of_a_false_authority(workshop: Workshop) -> Json:
    """Another authority of the same name, whose certificates the true logs have."""
    return workshop.signed(by=workshop.mixed(ca_key=new_key()))


def _logged_by_a_false_log(workshop: Workshop) -> Json:
    return workshop.signed(by=workshop.mixed(log_key=new_key()))


def _with_the_id_of_the_true_log(workshop: Workshop) -> Json:
    true = workshop.signed()[MATERIAL]["tlogEntries"][0]["logId"]
    return put(_logged_by_a_false_log(workshop), f"{ENTRY}.logId", true)


def _seen_by_a_false_log(workshop: Workshop) -> Json:
    return workshop.signed(by=workshop.mixed(ct_key=new_key()))


def _logged_for_another_payload(workshop: Workshop) -> Json:
    """The log has another statement of the same key and certificate."""
    key = new_key()
    run = workshop.run
    instance = workshop.trusted
    certificate = instance.certificate(key.public_key(), run.san, run.extensions, workshop.now)
    other = signed_envelope(key, json.dumps({**STATEMENT, "predicate": {}}).encode())
    envelope = signed_envelope(key, json.dumps(STATEMENT).encode())
    entry = instance.log_entry(dsse_body(other, certificate), workshop.now)
    return whole(certificate, envelope, entry)


def _signed_again(workshop: Workshop) -> Json:
    """The same key signed the same statement twice, and the log has the other signature."""
    key = new_key()
    run = workshop.run
    instance = workshop.trusted
    certificate = instance.certificate(key.public_key(), run.san, run.extensions, workshop.now)
    envelopes = [signed_envelope(key, json.dumps(STATEMENT).encode()) for _ in range(2)]
    entry = instance.log_entry(dsse_body(envelopes[0], certificate), workshop.now)
    return whole(certificate, envelopes[1], entry)


def _by_a_stolen_certificate(workshop: Workshop) -> Json:
    """A true certificate, and another key's signature, which is logged honestly."""
    stolen = x509.load_der_x509_certificate(
        base64.b64decode(workshop.signed()[MATERIAL]["certificate"]["rawBytes"])
    )
    envelope = signed_envelope(new_key(), json.dumps(STATEMENT).encode())
    entry = workshop.trusted.log_entry(dsse_body(envelope, stolen), workshop.now)
    return whole(stolen, envelope, entry)


def _labelled(payload_type: str) -> Callable[[Workshop], Json]:
    """Another label than the one that was signed."""
    return _edit(f"{ENVELOPE}.payloadType", payload_type)


def _moved_time(seconds: int) -> Callable[[Workshop], Json]:
    return _edit(f"{ENTRY}.integratedTime", lambda time: str(int(time) + seconds))


def _without_entry(workshop: Workshop, stamps: list[str]) -> Json:
    bundle = put(workshop.signed(), f"{MATERIAL}.tlogEntries", [])
    stamped = {"rfc3161Timestamps": [{"signedTimestamp": each} for each in stamps]}
    return put(bundle, f"{MATERIAL}.timestampVerificationData", stamped)


def _pypi(workshop: Workshop) -> Json:
    bundle = workshop.signed()
    return {
        "version": 1,
        "verification_material": {
            "certificate": bundle[MATERIAL]["certificate"]["rawBytes"],
            "transparency_entries": bundle[MATERIAL]["tlogEntries"],
        },
        "envelope": {
            "statement": bundle[ENVELOPE]["payload"],
            "signature": bundle[ENVELOPE]["signatures"][0]["sig"],
        },
    }


def _key_signed(workshop: Workshop) -> Json:
    bundle = put(workshop.signed(), f"{MATERIAL}.certificate", GONE)
    return put(bundle, f"{MATERIAL}.publicKey", {"hint": "key"})


def _file_signed(workshop: Workshop) -> Json:
    bundle = put(workshop.signed(), ENVELOPE, GONE)
    digest = {"algorithm": "SHA2_256", "digest": text64(bytes.fromhex(DIGEST))}
    signature = workshop.signed()[ENVELOPE]["signatures"][0]["sig"]
    return {**bundle, "messageSignature": {"messageDigest": digest, "signature": signature}}


def _nested(depth: int) -> str:
    return '{"a":' * depth + "1" + "}" * depth


def _flips() -> Iterator[Forged]:
    regions = {
        "payload": f"{ENVELOPE}.payload",
        "signature": SIGNATURE,
        "certificate": CERTIFICATE,
        "promise": PROMISE,
        "root hash": f"{PROOF}.rootHash",
        "log's id": f"{ENTRY}.logId.keyId",
        "logged body": BODY,
    }
    for region, place in regions.items():
        for at in (0.0, 0.03, 0.15, 0.5, 0.85, 1.0):
            change = _edit(place, lambda text, at=at: flipped(text, at))
            yield Forged(f"a bit of the {region} at {at}", BROKEN, change)


BUNDLE_JSON = "application/vnd.dev.sigstore.bundle+json;version="
V3 = "application/vnd.dev.sigstore.bundle.v0.3+json"


def _authority(workshop: Workshop) -> x509.Certificate:
    return workshop.trusted.ca


_SIGNER = (
    Forged("another instance", BROKEN, lambda w: w.signed(by=w.other)),
    Forged("an authority of the same name", BROKEN, _of_a_false_authority),
    Forged("a log of the same name", BROKEN, _logged_by_a_false_log),
    Forged("a log with the id of the true one", BROKEN, _with_the_id_of_the_true_log),
    Forged("certified in another log", BROKEN, _seen_by_a_false_log),
    Forged("certified in no log", BROKEN, lambda w: w.certified(with_sct=False)),
    Forged("the authority's own certificate", BROKEN, _of_the_authority),
    Forged("a stolen certificate", BROKEN, _by_a_stolen_certificate),
    Forged(
        "a certificate of a server",
        BROKEN,
        lambda w: w.certified(purpose=x509.ExtendedKeyUsageOID.SERVER_AUTH),
    ),
    Forged(
        "signed after the certificate ended",
        BROKEN,
        lambda w: w.certified(at=w.now - timedelta(hours=2), logged=w.now - timedelta(hours=1)),
    ),
    Forged(
        "signed before the certificate began",
        BROKEN,
        lambda w: w.certified(at=w.now, logged=w.now - timedelta(hours=1)),
    ),
    Forged("the time moved by an hour", BROKEN, _moved_time(3600)),
    Forged("the time moved by a second", BROKEN, _moved_time(1)),
    Forged("logged with another payload", BROKEN, _logged_for_another_payload),
    Forged("logged with another signature", BROKEN, _signed_again),
    Forged(
        "a key of another curve",
        UNCHECKABLE,
        lambda w: w.certified(ec.generate_private_key(ec.SECP521R1()), with_sct=False),
    ),
    Forged(
        "a key of RSA",
        UNCHECKABLE,
        lambda w: w.certified(rsa.generate_private_key(65537, 2048)),
    ),
    Forged(
        "a key of Ed25519",
        UNCHECKABLE,
        lambda w: w.certified(ed25519.Ed25519PrivateKey.generate()),
    ),
)

_SWAPPED = (
    Forged("the certificate of another bundle", BROKEN, _from_other(CERTIFICATE)),
    Forged("the payload of another bundle", BROKEN, _from_other(f"{ENVELOPE}.payload")),
    Forged("the signature of another bundle", BROKEN, _from_other(SIGNATURE)),
    Forged("the envelope of another bundle", BROKEN, _from_other(ENVELOPE)),
    Forged("the log entry of another bundle", BROKEN, _from_other(ENTRY)),
    Forged("the promise of another bundle", BROKEN, _from_other(PROMISE)),
    Forged("the proof of another bundle", BROKEN, _from_other(PROOF)),
    Forged("the checkpoint of another bundle", BROKEN, _from_other(CHECKPOINT)),
    Forged("the logged body of another bundle", BROKEN, _from_other(BODY)),
)

_STATEMENTS = (
    Forged("another digest", ELSEWHERE, _subject(sha256="cd" * 32)),
    Forged("only another kind of digest", ELSEWHERE, _subject(sha512="cd" * 64)),
    Forged("only an unknown kind of digest", ELSEWHERE, _subject(dirHash="h1:abc=")),
    Forged("the digest under another kind", ELSEWHERE, _subject(sha3_256=DIGEST)),
    Forged("our name and another digest", ELSEWHERE, _subject(sha256="00" * 32)),
    Forged("the digest in upper case", BROKEN, _subject(sha256=DIGEST.upper())),
    Forged("half a digest", BROKEN, _subject(sha256=DIGEST[:32])),
    Forged("a digest with a prefix", BROKEN, _subject(sha256=f"sha256:{DIGEST}")),
    Forged("a digest with a line's end", BROKEN, _subject(sha256=f"{DIGEST}\n")),
    Forged("a digest of other digits", BROKEN, _subject(sha256="\u0661" * 64)),
    Forged("a digest that is a number", BROKEN, _subject(sha256=1)),
    Forged("a digest that is null", BROKEN, _subject(sha256=None)),
    Forged("a subject without a digest", BROKEN, _subject()),
    Forged("a subject that is a text", BROKEN, _statement(subject=[DIGEST])),
    Forged("a subject that is no list", BROKEN, _statement(subject=STATEMENT["subject"][0])),
    Forged("no subject", BROKEN, _statement(subject=[])),
    Forged("no list of subjects", BROKEN, _statement(subject=GONE)),
    Forged("20,000 subjects", BROKEN, _statement(subject=STATEMENT["subject"] * 20_000)),
    Forged("a name that is a list", BROKEN, _statement(subject=[{"name": [], "digest": {}}])),
    Forged("no type", BROKEN, _statement(_type=GONE)),
    Forged("a type that is a list", BROKEN, _statement(_type=[STATEMENT["_type"]])),
    Forged("another type", BROKEN, _statement(_type="https://example.org/Statement/v1")),
    Forged("a later type", UNCHECKABLE, _statement(_type="https://in-toto.io/Statement/v2")),
    Forged("no type of a predicate", BROKEN, _statement(predicateType=GONE)),
    Forged("an empty type of a predicate", BROKEN, _statement(predicateType="")),
    Forged("a long type of a predicate", BROKEN, _statement(predicateType="x" * 5000)),
    Forged("a predicate that is a list", BROKEN, _statement(predicate=[1])),
    Forged("a predicate that is a text", BROKEN, _statement(predicate="x")),
    Forged("a subject twice", BROKEN, _signed_text('"subject"', '"subject": [], "subject"')),
    Forged("a digest twice", BROKEN, _signed_text('"sha256"', '"sha256": "00", "sha256"')),
    Forged("a predicate twice", BROKEN, _signed_text('"predicate"', '"predicate": 1, "predicate"')),
    Forged("a key twice by an escape", BROKEN, _signed_text('"name"', '"n\\\\u0061me": 1, "name"')),
    Forged("NaN", BROKEN, _signed_text(r'"runDetails": \{\}', '"runDetails": NaN')),
    Forged("Infinity", BROKEN, _signed_text(r'"runDetails": \{\}', '"runDetails": -Infinity')),
    Forged("a huge number", BROKEN, _signed_text(r'"runDetails": \{\}', '"runDetails": 1e999')),
    Forged("a long number", BROKEN, _signed_text(r'"runDetails": \{\}', f'"x": {"9" * 9000}')),
    Forged("half a character", BROKEN, _signed_text("hello", r"\\ud83d")),
    Forged("half a character in a key", BROKEN, _signed_text("runDetails", r"\\udc00")),
    Forged("a deep predicate", BROKEN, _signed_text(r'"runDetails": \{\}', f'"x": {_nested(100)}')),
    Forged(
        "a very deep predicate",
        BROKEN,
        _signed_text(r'"runDetails": \{\}', f'"x": {_nested(99999)}'),
    ),
    Forged("a million values", BROKEN, _statement(predicate={"x": [0] * 1_000_000})),
    Forged("nothing", BROKEN, _payload(b"")),
    Forged("a text", BROKEN, _payload(b"I built it.")),
    Forged("a list", BROKEN, _payload([STATEMENT])),
    Forged("null", BROKEN, _payload(b"null")),
    Forged("two statements", BROKEN, _payload(json.dumps(STATEMENT).encode() * 2)),
    Forged("a statement in UTF-16", BROKEN, _payload(json.dumps(STATEMENT).encode("utf-16"))),
    Forged("a statement with a BOM", BROKEN, _payload(json.dumps(STATEMENT).encode("utf-8-sig"))),
    Forged("a statement in Latin-1", BROKEN, _payload(b'{"_type": "\xe9"}')),
)

_FORMS = (
    Forged("signed as a text", UNCHECKABLE, lambda w: w.signed(payload_type="text/plain")),
    Forged("labelled as a text", UNCHECKABLE, _labelled("text/plain")),
    Forged("labelled in capitals", UNCHECKABLE, _labelled("application/vnd.in-toto+JSON")),
    Forged("labelled with a parameter", UNCHECKABLE, _labelled("application/vnd.in-toto+json;x=1")),
    Forged("labelled by a number", BROKEN, _edit(f"{ENVELOPE}.payloadType", 1)),
    Forged("two signatures", BROKEN, _edit(f"{ENVELOPE}.signatures", lambda each: [*each, *each])),
    Forged("no signature", BROKEN, _edit(f"{ENVELOPE}.signatures", [])),
    Forged("an empty signature", BROKEN, _edit(SIGNATURE, "")),
    Forged("a signature of zeros", BROKEN, _edit(SIGNATURE, text64(b"0\x06\x02\x01\0\x02\x01\0"))),
    Forged("an empty payload", BROKEN, _edit(f"{ENVELOPE}.payload", "")),
    Forged("no content", BROKEN, _edit(ENVELOPE, GONE)),
    Forged("no material", BROKEN, _edit(MATERIAL, GONE)),
    Forged("null material", BROKEN, _edit(MATERIAL, None)),
    Forged("no certificate", BROKEN, _edit(f"{MATERIAL}.certificate", GONE)),
    Forged("a junk certificate", BROKEN, _edit(CERTIFICATE, text64(b"junk"))),
    Forged("an empty certificate", BROKEN, _edit(CERTIFICATE, "")),
    Forged("half a certificate", BROKEN, _edit(CERTIFICATE, lambda text: text[:400])),
    Forged(
        "a certificate with more behind it",
        BROKEN,
        _edit(CERTIFICATE, lambda text: text64(base64.b64decode(text) + b"\0")),
    ),
    Forged(
        "a certificate in PEM",
        BROKEN,
        _edit(CERTIFICATE, lambda text: text64(b"-----BEGIN CERTIFICATE-----\n" + text.encode())),
    ),
    Forged(
        "a certificate and a chain",
        BROKEN,
        _edit(f"{MATERIAL}.x509CertificateChain", {"certificates": [{"rawBytes": "AAAA"}]}),
    ),
    Forged("a later version with a chain", BROKEN, _chain(V3)),
    Forged("an earlier version without one", BROKEN, _edit("mediaType", f"{BUNDLE_JSON}0.2")),
    Forged(
        "an empty chain",
        BROKEN,
        lambda w: put(
            _chain(f"{BUNDLE_JSON}0.2")(w), f"{MATERIAL}.x509CertificateChain.certificates", []
        ),
    ),
    Forged("a log entry with a bad proof", BROKEN, _edit(f"{PROOF}.hashes", [text64(b"x" * 32)])),
    Forged("a proof of another place", BROKEN, _edit(f"{PROOF}.logIndex", "1")),
    Forged("a proof of a larger tree", BROKEN, _edit(f"{PROOF}.treeSize", "2")),
    Forged("a proof of a huge tree", BROKEN, _edit(f"{PROOF}.treeSize", "9" * 19)),
    Forged("a million hashes", BROKEN, _edit(f"{PROOF}.hashes", ["AAAA"] * 1_000_000)),
    Forged("another place in the log", BROKEN, _edit(f"{ENTRY}.logIndex", "1")),
    Forged("a place below zero", BROKEN, _edit(f"{ENTRY}.logIndex", "-1")),
    Forged("a place that is a number", BROKEN, _edit(f"{ENTRY}.logIndex", 0)),
    Forged("a place with a space", BROKEN, _edit(f"{ENTRY}.logIndex", " 0")),
    Forged("a place with a plus", BROKEN, _edit(f"{ENTRY}.logIndex", "+0")),
    Forged("a place of other digits", BROKEN, _edit(f"{ENTRY}.logIndex", "\u0660")),
    Forged("a place of many digits", BROKEN, _edit(f"{ENTRY}.logIndex", "9" * 9000)),
    Forged("a time of no year", BROKEN, _edit(f"{ENTRY}.integratedTime", "9" * 18)),
    Forged("the time zero", BROKEN, _edit(f"{ENTRY}.integratedTime", "0")),
    Forged("no time", BROKEN, _edit(f"{ENTRY}.integratedTime", GONE)),
    Forged("no promise", BROKEN, _edit(f"{ENTRY}.inclusionPromise", GONE)),
    Forged("no proof", BROKEN, _edit(PROOF, GONE)),
    Forged("no checkpoint", BROKEN, _edit(f"{PROOF}.checkpoint", GONE)),
    Forged("an empty checkpoint", BROKEN, _edit(CHECKPOINT, "")),
    Forged("a checkpoint of words", BROKEN, _edit(CHECKPOINT, "The log has it.")),
    Forged("a checkpoint of another host", BROKEN, _edit(CHECKPOINT, lambda text: f"x{text}")),
    Forged(
        "a checkpoint of a larger tree",
        BROKEN,
        _edit(CHECKPOINT, lambda text: text.replace("\n1\n", "\n2\n")),
    ),
    Forged(
        "a checkpoint without a signature",
        BROKEN,
        _edit(CHECKPOINT, lambda text: text.partition("\n\n")[0] + "\n\n"),
    ),
    Forged("a body that is no JSON", BROKEN, _edit(BODY, text64(b"body"))),
    Forged("a body of another form", BROKEN, _edit(BODY, text64(b'{"kind": "dsse"}'))),
    Forged("no log entry", BROKEN, lambda w: _without_entry(w, [])),
    Forged("two log entries", UNCHECKABLE, _edit(f"{MATERIAL}.tlogEntries", lambda each: each * 2)),
    Forged(
        "a junk time stamp",
        BROKEN,
        _edit(
            f"{MATERIAL}.timestampVerificationData",
            {"rfc3161Timestamps": [{"signedTimestamp": "AAAA"}]},
        ),
    ),
    Forged("GitHub's own authority", UNCHECKABLE, lambda w: _without_entry(w, ["AAAA"])),
    Forged(
        "npm's older log entry",
        UNCHECKABLE,
        _edit(f"{ENTRY}.kindVersion", {"kind": "intoto", "version": "0.0.2"}),
    ),
    Forged(
        "a later log entry",
        UNCHECKABLE,
        _edit(f"{ENTRY}.kindVersion", {"kind": "dsse", "version": "0.0.9"}),
    ),
    Forged(
        "an entry that calls itself another kind",
        BROKEN,
        _edit(f"{ENTRY}.kindVersion", {"kind": "hashedrekord", "version": "0.0.2"}),
    ),
    Forged(
        "the first version without a proof",
        UNCHECKABLE,
        lambda w: put(_chain(f"{BUNDLE_JSON}0.1")(w), PROOF, GONE),
    ),
    Forged(
        "the first version without a promise",
        BROKEN,
        lambda w: put(_chain(f"{BUNDLE_JSON}0.1")(w), f"{ENTRY}.inclusionPromise", GONE),
    ),
    Forged("signed with a key", UNCHECKABLE, _key_signed),
    Forged("a file that is signed", UNCHECKABLE, _file_signed),
    Forged(
        "a file and a statement",
        BROKEN,
        lambda w: {**_file_signed(w), ENVELOPE: w.signed()[ENVELOPE]},
    ),
    Forged("a later version", UNCHECKABLE, _edit("mediaType", V3.replace("v0.3", "v0.4"))),
    Forged("a later older form", UNCHECKABLE, _edit("mediaType", f"{BUNDLE_JSON}0.4")),
    Forged("a version with an escape", UNCHECKABLE, _edit("mediaType", f"{BUNDLE_JSON}\x1b[2J")),
    Forged("another media type", BROKEN, _edit("mediaType", "application/json")),
    Forged("a media type that is a number", BROKEN, _edit("mediaType", 3)),
    Forged("no media type", BROKEN, _edit("mediaType", GONE)),
    Forged("an unknown field", BROKEN, _edit("identity", "trusted")),
    Forged("an unknown field of an entry", BROKEN, _edit(f"{ENTRY}.verified", True)),
    Forged("a field in the other spelling", BROKEN, _edit("media_type", V3)),
    Forged(
        "another envelope in the other spelling",
        BROKEN,
        lambda w: {**w.signed(), "dsse_envelope": w.signed()[ENVELOPE]},
    ),
    Forged("base64 with a line's end", BROKEN, _edit(SIGNATURE, lambda text: f"{text}\n")),
    Forged("base64 with spaces", BROKEN, _edit(f"{ENVELOPE}.payload", lambda text: f" {text}")),
    Forged("base64 without padding", BROKEN, _edit(BODY, lambda text: text.rstrip("=") + "A")),
    Forged("base64 of an address", BROKEN, _edit(f"{ENVELOPE}.payload", "_-_-")),
    Forged("base64 that is a number", BROKEN, _edit(SIGNATURE, 1)),
    Forged("base64 that is a list", BROKEN, _edit(SIGNATURE, [])),
    Forged("base64 of other letters", BROKEN, _edit(SIGNATURE, "\u0410" * 4)),
)

_TEXTS = (
    Forged("an empty file", BROKEN, _bytes(b"")),
    Forged("white space", BROKEN, _bytes(b" \n")),
    Forged("the text null", BROKEN, _bytes(b"null")),
    Forged("a number", BROKEN, _bytes(b"1")),
    Forged("a word", BROKEN, _bytes(b'"bundle"')),
    Forged("an empty object", BROKEN, _bytes(b"{}")),
    Forged("an empty array", BROKEN, _bytes(b"[]")),
    Forged("an array of arrays", BROKEN, _bytes(b"[[{}]]")),
    Forged("an array of one bundle", BROKEN, _encoded(lambda data: b"[" + data + b"]")),
    Forged("a page", BROKEN, _bytes(b"<!DOCTYPE html><html></html>")),
    Forged("a key", BROKEN, _bytes(b"-----BEGIN PUBLIC KEY-----\n")),
    Forged("zeros", BROKEN, _bytes(bytes(1000))),
    Forged("half a bundle", BROKEN, _encoded(lambda data: data[: len(data) // 2])),
    Forged("a bundle and more", BROKEN, _encoded(lambda data: data + b"x")),
    Forged("two bundles", BROKEN, _encoded(lambda data: data + b"\n" + data)),
    Forged("a bundle in UTF-16", BROKEN, _encoded(lambda data: data.decode().encode("utf-16"))),
    Forged("a bundle with a BOM", BROKEN, _encoded(lambda data: b"\xef\xbb\xbf" + data)),
    Forged("a packed bundle", BROKEN, _encoded(gzip.compress)),
    Forged("a bundle in base64", BROKEN, _encoded(base64.b64encode)),
    Forged(
        "a bundle with bytes that are no text",
        BROKEN,
        _encoded(lambda data: data.replace(b'"sig"', b'"s\xffg"')),
    ),
    Forged("a comment", BROKEN, _encoded(lambda data: b"// a bundle\n" + data)),
    Forged("a comma too many", BROKEN, _encoded(lambda data: data[:-1] + b",}")),
    Forged("single quotes", BROKEN, _encoded(lambda data: data.replace(b'"', b"'"))),
    Forged(
        "the media type twice", BROKEN, _text('"mediaType"', f'"mediaType": "{V3}", "mediaType"')
    ),
    Forged(
        "the envelope twice",
        BROKEN,
        _text('"dsseEnvelope"', '"dsseEnvelope": null, "dsseEnvelope"'),
    ),
    Forged("the payload twice", BROKEN, _text('"payload"', '"payload": "AAAA", "payload"')),
    Forged(
        "the payload's type twice",
        BROKEN,
        _text('"payloadType"', '"payloadType": "x", "payloadType"'),
    ),
    Forged("the certificate twice", BROKEN, _text('"rawBytes"', '"rawBytes": "AAAA", "rawBytes"')),
    Forged(
        "a key twice by an escape in it", BROKEN, _text('"sig"', '"s\\\\u0069g": "AAAA", "sig"')
    ),
    Forged("a deep bundle", BROKEN, _bytes(_nested(100).encode())),
    Forged("a very deep bundle", BROKEN, _bytes(b"[" * 1_000_000)),
    Forged("a very deep object", BROKEN, _bytes(b'{"a":' * 500_000)),
    Forged("a deep key", BROKEN, _edit(f"{MATERIAL}.publicKey", json.loads(_nested(80)))),
    Forged("100 MB of spaces", BROKEN, lambda _: b" " * 100_000_000),
    Forged("100 MB of text", BROKEN, lambda _: b'"' + b"a" * 100_000_000 + b'"'),
    Forged("100 MB of arrays", BROKEN, lambda _: b"[" * 100_000_000),
    Forged(
        "100 MB in a payload",
        BROKEN,
        lambda w: put(w.signed(), f"{ENVELOPE}.payload", "AAAA" * 25_000_000),
    ),
    Forged("10 MB of small values", BROKEN, lambda _: b"[" + b"{}," * 3_000_000 + b"{}]"),
    Forged("PyPI's attestation", UNCHECKABLE, _pypi),
    Forged(
        "PyPI's provenance",
        UNCHECKABLE,
        lambda w: {
            "version": 1,
            "attestation_bundles": [{"publisher": {}, "attestations": [_pypi(w)]}],
        },
    ),
    Forged("an envelope alone", UNCHECKABLE, lambda w: w.signed()[ENVELOPE]),
    Forged(
        "cosign's older form",
        UNCHECKABLE,
        _bytes(b'{"base64Signature": "", "cert": "", "rekorBundle": {}}'),
    ),
    Forged("a statement that is not signed", BROKEN, lambda _: STATEMENT),
    Forged("a root of trust", BROKEN, lambda w: w.trusted.trusted_root()),
)

_HONEST = (
    Forged("a plain bundle", HOLDS, lambda w: w.signed()),
    Forged("a bundle with indents", HOLDS, lambda w: json.dumps(w.signed(), indent=4).encode()),
    Forged("a bundle with space around it", HOLDS, _encoded(lambda data: b"\n " + data + b"\n")),
    Forged("the older name of the version", HOLDS, _edit("mediaType", f"{BUNDLE_JSON}0.3")),
    Forged("the second version", HOLDS, _chain(f"{BUNDLE_JSON}0.2")),
    Forged("the first version", HOLDS, _chain(f"{BUNDLE_JSON}0.1")),
    Forged("a chain with the authority", HOLDS, _chain(f"{BUNDLE_JSON}0.2", _authority)),
    Forged("a signature with a hint", HOLDS, _edit(f"{ENVELOPE}.signatures.0.keyid", "hint")),
    Forged("no list of time stamps", HOLDS, _edit(f"{MATERIAL}.timestampVerificationData", GONE)),
    Forged(
        "a null list of time stamps", HOLDS, _edit(f"{MATERIAL}.timestampVerificationData", None)
    ),
    Forged("an older statement", HOLDS, _statement(_type="https://in-toto.io/Statement/v0.1")),
    Forged("no predicate", HOLDS, _statement(predicate=GONE)),
    Forged("a null predicate", HOLDS, _statement(predicate=None)),
    Forged("a field that statements may have", HOLDS, _statement(more={"a": [1, 2.5, True]})),
    Forged("a subject without a name", HOLDS, _statement(subject=[{"digest": {"sha256": DIGEST}}])),
    Forged(
        "a subject with an address, as of GitHub's releases",
        HOLDS,
        _statement(
            subject=[{"uri": "pkg:github/a/b@v1", "digest": {"sha1": "1" * 40}}]
            + STATEMENT["subject"]
        ),
    ),
    Forged("two kinds of digest", HOLDS, _subject(sha256=DIGEST, blake3="x")),
    Forged(
        "1024 subjects",
        HOLDS,
        _statement(
            subject=[{"name": str(n), "digest": {"sha256": f"{n:064x}"}} for n in range(1023)]
            + STATEMENT["subject"]
        ),
    ),
    Forged("a statement with an emoji", HOLDS, _signed_text("hello", r"\\ud83d\\ude00")),
    Forged(
        "a predicate of 60 levels",
        HOLDS,
        _signed_text(r'"runDetails": \{\}', f'"x": {_nested(58)}'),
    ),
)

FORGED = (*_SIGNER, *_SWAPPED, *_STATEMENTS, *_FORMS, *_TEXTS, *_flips(), *_HONEST)


def checkpoint_signature_flipped(bundle: Json) -> Json:
    """The last line of a checkpoint is its signature."""

    def change(text: str) -> str:
        start, space, signature = text.rstrip("\n").rpartition(" ")
        return f"{start}{space}{flipped(signature, 0.5)}\n"

    return put(bundle, CHECKPOINT, change)


def digest_of(data: bytes) -> str:
    return sha256(data).hex()
