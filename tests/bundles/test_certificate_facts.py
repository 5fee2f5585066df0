"""What a certificate says: each fact from its own extension, and nothing unreadable for absent."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from ci_identities import GitHubRun
from hypothesis import example, given
from hypothesis import strategies as st

from conda_provenance.bundles import Certificate, UncheckableError

pytest.importorskip("sigstore")
from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes
from sigstore_instance import FULCIO, Instance, new_key

from conda_provenance.bundles.certificate_facts import facts_of

INSTANCE = Instance()
WORKFLOW = "https://github.com/example/hello/.github/workflows/build.yml@refs/heads/main"
EXTENSIONS = {
    8: "issuer",
    11: "runner",
    12: "repository",
    13: "commit",
    14: "ref",
    15: "repository_id",
    17: "owner_id",
    18: "workflow",
    20: "trigger",
    21: "run",
}


def _certificate(san: str = WORKFLOW, extensions: Any = None) -> x509.Certificate:
    key = new_key().public_key()
    return INSTANCE.certificate(key, san, extensions or {}, datetime.now(timezone.utc))


def _named(names: list[x509.GeneralName]) -> x509.Certificate:
    """A certificate that names these signers."""
    key, now = new_key(), datetime.now(timezone.utc)
    return (
        x509.CertificateBuilder(x509.Name([]), x509.Name([]), key.public_key(), 1, now, now)
        .add_extension(x509.SubjectAlternativeName(names), critical=True)
        .sign(key, hashes.SHA256())
    )


def test_a_certificate_without_extensions_names_the_signer_alone() -> None:
    assert facts_of(_certificate()) == Certificate(WORKFLOW)
    assert facts_of(_certificate("a@example.org")) == Certificate("a@example.org")


@pytest.mark.parametrize(("number", "fact"), EXTENSIONS.items())
def test_each_fact_has_its_own_extension(number: int, fact: str) -> None:
    text = f"value of {number}"

    assert facts_of(_certificate(extensions={number: text})) == Certificate(
        WORKFLOW, **{fact: text}
    )


def test_older_certificates_name_their_issuer_as_a_bare_text() -> None:
    assert facts_of(_certificate(extensions={1: "https://a.example"})).issuer == "https://a.example"
    both = {1: "https://a.example", 8: "https://a.example"}
    assert facts_of(_certificate(extensions=both)).issuer == "https://a.example"


def test_the_signer_is_not_the_repository() -> None:
    """A shared workflow signs for the repositories that call it."""
    signer = "org/shared/.github/workflows/build.yml@refs/tags/v1"
    run = GitHubRun(signer=signer, signer_sha="9" * 40)

    facts = facts_of(_certificate(run.san, run.extensions))

    assert facts.identity == f"https://github.com/{signer}"
    assert facts.repository == "https://github.com/example/hello-feedstock"
    assert facts.commit == run.sha


UNREADABLE = {
    "no DER": b"https://github.com/example/hello",
    "nothing": b"",
    "one byte": b"\x0c",
    "an empty text": b"\x0c\x00",
    "a text of another type": b"\x13\x01a",
    "a number": b"\x02\x01\x01",
    "a text that is cut": b"\x0c\x05abc",
    "a text with more behind it": b"\x0c\x03abcd",
    "a length without an end": b"\x0c\x80abc\x00\x00",
    "a length that is cut": b"\x0c\x82\x01",
    "a huge length": b"\x0c\xff" + b"\xff" * 127,
    "no UTF-8": b"\x0c\x02\xff\xfe",
    "half a character": b"\x0c\x03\xed\xa0\x80",
    "a long text": asn1.encode_der("x" * 2001),
}


@pytest.mark.parametrize("number", [12, 21])
@pytest.mark.parametrize("value", UNREADABLE)
def test_what_cannot_be_read_is_not_taken_for_absent(value: str, number: int) -> None:
    certificate = _certificate(extensions={number: UNREADABLE[value]})

    with pytest.raises(UncheckableError, match="says something that cannot be read"):
        facts_of(certificate)


def test_two_issuers_are_refused() -> None:
    with pytest.raises(UncheckableError, match="names two issuers"):
        facts_of(_certificate(extensions={1: "https://a.example", 8: "https://b.example"}))


@given(st.text(min_size=1, max_size=2000).filter(lambda text: text < "\ud800" or text > "\udfff"))
@example("x" * 127)
@example("x" * 128)
@example("x" * 255)
@example("x" * 256)
@example("\u00e9" * 2000)
def test_every_text_is_read_as_it_was_written(text: str) -> None:
    try:
        encoded = asn1.encode_der(text)
    except UnicodeEncodeError:
        return

    assert facts_of(_certificate(extensions={12: encoded})).repository == text


@given(st.binary(max_size=40))
def test_any_bytes_are_read_as_the_library_reads_them(value: bytes) -> None:
    certificate = _certificate(extensions={12: value})
    try:
        expected = asn1.decode_der(str, value)
    except ValueError:
        expected = ""

    if expected:
        assert facts_of(certificate).repository == expected
    else:
        try:
            facts = facts_of(certificate)
        except UncheckableError:
            return
        # A length in more bytes than it needs.
        assert facts.repository
        assert value.endswith(facts.repository.encode())


def test_unknown_extensions_are_ignored() -> None:
    """Such as 24, which is not documented, and one that is no number of Sigstore's."""
    certificate = _certificate(extensions={24: b"\x00", 99: b"", 12: "https://a.example"})

    assert facts_of(certificate) == Certificate(WORKFLOW, repository="https://a.example")


def test_a_user_name_is_a_signer() -> None:
    oid = x509.ObjectIdentifier(f"{FULCIO}.7")
    name = x509.OtherName(oid, asn1.encode_der("somebody!example.org"))

    assert facts_of(_named([name])) == Certificate("somebody!example.org")


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ([], "names 0 signers"),
        ([x509.RFC822Name("a@b.c"), x509.RFC822Name("d@e.f")], "names 2 signers"),
        ([x509.DNSName("example.org")], "of a kind that is not known"),
        ([x509.OtherName(x509.ObjectIdentifier("1.2.3"), b"\x0c\x01a")], "of a kind that is not"),
        ([x509.UniformResourceIdentifier("")], "cannot be read"),
        ([x509.UniformResourceIdentifier("https://a.example/" + "x" * 2000)], "cannot be read"),
    ],
    ids=["none", "two", "a host", "another kind", "an empty one", "a long one"],
)
def test_a_certificate_names_one_signer(names: list[x509.GeneralName], sentence: str) -> None:
    with pytest.raises(UncheckableError, match=sentence):
        facts_of(_named(names))
