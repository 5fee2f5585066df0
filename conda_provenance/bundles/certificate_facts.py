"""Reads what a Sigstore certificate says. Whether its authority is trusted is not known here.

Source: https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from conda_provenance.bundles.certificate import Certificate
from conda_provenance.bundles.signed import UncheckableError

_PREFIX = "1.3.6.1.4.1.57264.1."

_FACTS = {
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
"""The numbers of the extensions that are read, and what they say."""

_OLD_ISSUER = 1
"""Older certificates have only this one, as a bare text."""

_USER_NAME = f"{_PREFIX}7"
"""The kind of a name that is neither a workflow nor an e-mail address."""

_UTF8_STRING = b"\x0c"

_MAX_TEXT = 2000


def facts_of(certificate: Any) -> Certificate:
    """``certificate``: a ``cryptography.x509.Certificate``.

    Raises :class:`UncheckableError` where something cannot be read. It is not taken for absent: a
    repository that cannot be read must not pass for none.
    """
    known = _identifiers()
    values = {
        number: each.value.value
        for each in certificate.extensions
        if (number := known.get(each.oid)) is not None
    }
    facts = {name: _der_text(values[number]) for number, name in _FACTS.items() if number in values}
    if _OLD_ISSUER in values:
        old = _text(values[_OLD_ISSUER])
        if facts.setdefault("issuer", old) != old:
            raise UncheckableError("Its certificate names two issuers.")
    return Certificate(_identity(certificate), **facts)


@cache
def _identifiers() -> dict[Any, int]:
    """The extensions that are read, and their numbers."""
    from cryptography import x509

    return {
        x509.ObjectIdentifier(f"{_PREFIX}{number}"): number for number in (*_FACTS, _OLD_ISSUER)
    }


def _identity(certificate: Any) -> str:
    from cryptography import x509

    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    if len(names) != 1:
        raise UncheckableError(f"Its certificate names {len(names)} signers instead of one.")

    name = next(iter(names))
    if isinstance(name, x509.UniformResourceIdentifier | x509.RFC822Name):
        return _bounded(name.value)
    if isinstance(name, x509.OtherName) and name.type_id.dotted_string == _USER_NAME:
        return _der_text(name.value)
    raise UncheckableError("Its certificate names a signer of a kind that is not known here.")


def _der_text(value: bytes) -> str:
    """A text in DER: its type, its length, and UTF-8.

    cryptography's decoder takes 20 times as long, and there are ten of them.
    """
    kind, first = value[:1], value[1:2] or b"\x80"
    more = first[0] - 0x80 if first[0] >= 0x80 else 0
    length = int.from_bytes(value[2 : 2 + more] if more else first, "big")
    text = value[2 + more :]
    if kind != _UTF8_STRING or length != len(text):
        raise _unreadable()
    return _text(text)


def _text(value: bytes) -> str:
    try:
        return _bounded(value.decode("utf-8"))
    except UnicodeDecodeError:
        raise _unreadable() from None


def _bounded(text: str) -> str:
    if not text or len(text) > _MAX_TEXT:
        raise _unreadable()
    return text


def _unreadable() -> UncheckableError:
    return UncheckableError("Its certificate says something that cannot be read.")
