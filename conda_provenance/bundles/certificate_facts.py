"""Reads what a Sigstore certificate says. Whether its authority is trusted is not known here.

Source: https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from conda_provenance.bundles.certificate import Certificate
from conda_provenance.bundles.signed import UncheckableError

_PREFIX = "1.3.6.1.4.1.57264.1."

_NAMES = "names"
"""Who signed: one name, of one of several kinds."""

_OLD_ISSUER = "old issuer"
"""Older certificates have only this one, as a bare text."""

_EXTENSIONS = {
    "2.5.29.17": _NAMES,
    f"{_PREFIX}1": _OLD_ISSUER,
    f"{_PREFIX}8": "issuer",
    f"{_PREFIX}11": "runner",
    f"{_PREFIX}12": "repository",
    f"{_PREFIX}13": "commit",
    f"{_PREFIX}14": "ref",
    f"{_PREFIX}15": "repository_id",
    f"{_PREFIX}17": "owner_id",
    f"{_PREFIX}18": "workflow",
    f"{_PREFIX}20": "trigger",
    f"{_PREFIX}21": "run",
}
"""The extensions that are read, and which field of :class:`Certificate` they are, or one of those
above."""

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
    names: Sequence[Any] = ()
    facts: dict[str, str] = {}
    old_issuer = None
    for each in certificate.extensions:
        name = known.get(each.oid)
        if name == _NAMES:
            names = list(each.value)
        elif name == _OLD_ISSUER:
            old_issuer = _text(each.value.value)
        elif name is not None:
            facts[name] = _der_text(each.value.value)

    if old_issuer is not None and facts.setdefault("issuer", old_issuer) != old_issuer:
        raise UncheckableError("Its certificate names two issuers.")
    return Certificate(_identity(names), **facts)


@cache
def _identifiers() -> dict[Any, str]:
    """:data:`_EXTENSIONS`, as the library names them."""
    from cryptography import x509

    return {x509.ObjectIdentifier(number): name for number, name in _EXTENSIONS.items()}


def _identity(names: Sequence[Any]) -> str:
    from cryptography import x509

    if len(names) != 1:
        raise UncheckableError(f"Its certificate names {len(names)} signers instead of one.")

    name = names[0]
    if isinstance(name, x509.UniformResourceIdentifier | x509.RFC822Name):
        return _bounded(name.value)
    if isinstance(name, x509.OtherName) and name.type_id.dotted_string == _USER_NAME:
        return _der_text(name.value)
    raise UncheckableError("Its certificate names a signer of a kind that is not known here.")


def _der_text(value: bytes) -> str:
    """A text in DER: its type, its length, and UTF-8.

    cryptography's decoder takes 20 times as long, and there are ten of them.
    """
    if len(value) < 2 or value[:1] != _UTF8_STRING:
        raise _unreadable()

    length, begin = value[1], 2
    if length >= 0x80:
        begin += length - 0x80
        length = int.from_bytes(value[2:begin], "big")
    if length != len(value) - begin:
        raise _unreadable()
    return _text(value[begin:])


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
