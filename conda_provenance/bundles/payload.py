"""Reads the statement that a bundle signs. Who signed it is not known here."""

from __future__ import annotations

import re
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct, field

from conda_provenance.bundles import strict_json
from conda_provenance.bundles.signed import (
    BundleError,
    Statement,
    StatementSubject,
    UncheckableError,
)
from conda_provenance.bundles.statement_types import STATEMENT_TYPE
from conda_provenance.text import show_sentence, show_value

_TYPES = (STATEMENT_TYPE, "https://in-toto.io/Statement/v0.1")
"""The older one has the same fields. SLSA provenance v0.2 comes in it."""

_ANY_VERSION = "https://in-toto.io/Statement/"

_HEX_LENGTHS = {
    "md5": (32,),
    "sha1": (40,),
    "sha224": (56,),
    "sha256": (64,),
    "sha384": (96,),
    "sha512": (128,),
    "sha512_224": (56,),
    "sha512_256": (64,),
    "sha3_224": (56,),
    "sha3_256": (64,),
    "sha3_384": (96,),
    "sha3_512": (128,),
    "blake2b": (128,),
    "blake2s": (64,),
    "gitCommit": (40, 64),
    "gitTree": (40, 64),
    "gitBlob": (40, 64),
    "gitTag": (40, 64),
}
"""Algorithms whose digest is lower-case hex: in-toto's digest_set.md."""

_HEX = re.compile(r"[0-9a-f]+")

_MAX_SUBJECTS = 10_000
"""GitHub writes up to 1024."""

_MAX_TEXT = 2000
_MAX_SHOWN = 200


class _Subject(Struct, omit_defaults=True, kw_only=True):
    name: Annotated[str, Meta(max_length=_MAX_TEXT)] | None = None
    digest: Annotated[dict[str, str], Meta(min_length=1)]


class _Statement(Struct, omit_defaults=True):
    """Its fields are in the order in which clients write them."""

    type_: str = field(name="_type")
    subject: Annotated[list[_Subject], Meta(min_length=1, max_length=_MAX_SUBJECTS)]
    predicate_type: Annotated[str, Meta(min_length=1, max_length=_MAX_TEXT)] = field(
        name="predicateType"
    )
    predicate: dict[str, Any] | None = None


def read_statement(payload: bytes) -> Statement:
    """The statement. Raises :class:`BundleError`, and :class:`UncheckableError` for a later one."""
    statement = strict_json.as_written(payload, _Statement)
    if statement is None or statement.type_ not in _TYPES:
        statement = _converted(payload)

    subjects = [StatementSubject(each.name, _digests(each.digest)) for each in statement.subject]
    return Statement(tuple(subjects), statement.predicate_type, statement.predicate)


def _converted(payload: bytes) -> _Statement:
    """The statement, in whatever way it is written. Where it is none, it is said why."""
    try:
        document = strict_json.parse(payload)
    except ValueError as error:
        raise BundleError(f"Its statement {error}.") from None

    _require_type(document)
    try:
        return msgspec.convert(document, _Statement)
    except msgspec.ValidationError as error:
        reason = show_sentence(str(error), _MAX_SHOWN)
        raise BundleError(f"Its statement is not of in-toto's form: {reason}.") from None


def _require_type(document: Any) -> None:
    kind = document.get("_type") if isinstance(document, dict) else None
    if kind in _TYPES:
        return
    if isinstance(kind, str) and kind.startswith(_ANY_VERSION):
        shown = show_value(kind, _MAX_SHOWN)
        raise UncheckableError(f"Its statement is of a version that is not known here ({shown}).")
    raise BundleError("What it signs is no in-toto statement.")


def _digests(digest: dict[str, str]) -> dict[str, str]:
    """Those of algorithms that are known."""
    known = {}
    for algorithm, value in digest.items():
        lengths = _HEX_LENGTHS.get(algorithm)
        if lengths is None:
            continue
        if len(value) not in lengths or not _HEX.fullmatch(value):
            raise BundleError(f"Its statement has a {algorithm} that is not one in lower-case hex.")
        known[algorithm] = value
    return known
