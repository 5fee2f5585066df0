"""The form of a file of evidence, and the chain of hashes through it.

A chain shows that a file was cut, or changed by accident or by somebody who did not trouble to
hash it again. It is no signature: whoever writes a file can hash it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

FORMAT = "conda-provenance-evidence-1"


class Body(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, frozen=True):
    """What was answered, or why it is not here."""

    text: str | None = None
    base64: str | None = None
    left_out: str | None = None
    """Why it is not here: one sentence."""


class Entry(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, frozen=True):
    """One question, and what came of it."""

    question: str
    chain: str
    """The digest of the chain up to here."""
    asked_at: float | None = None
    about: dict[str, str] = {}
    body: Body | None = None
    sha256: str | None = None
    """Of the body's bytes, also where they are not here."""
    length: int | None = None
    with_token: bool = False
    unavailable: str | None = None
    """Why there was no answer: one sentence."""
    retry_at: float | None = None


class Package(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, frozen=True):
    """Whose evidence it is."""

    name: str
    version: str
    build: str
    subdir: str | None = None
    sha256: str | None = None


class Document(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A file of evidence."""

    format: str
    program: str
    """Which version of this program wrote it."""
    written_at: float
    package: Package
    answers: list[Entry]
    digest: str
    """Of all of it."""


def first_link(program: str, written_at: float, package: Package) -> str:
    """The beginning of the chain."""
    head = {
        "format": FORMAT,
        "program": program,
        "written_at": written_at,
        "package": msgspec.to_builtins(package),
    }
    return _digest("head", head)


def next_link(before: str, entry: Mapping[str, Any]) -> str:
    """The chain with one more entry, which is given without its ``chain``."""
    return _digest(before, entry)


def last_link(before: str, count: int) -> str:
    """The digest of the whole chain."""
    return _digest(before, {"end": count})


def fields_of(entry: Entry) -> dict[str, Any]:
    """An entry as it is hashed."""
    fields: dict[str, Any] = msgspec.to_builtins(entry)
    del fields["chain"]
    return fields


def digest_of(document: Document) -> str | None:
    """The digest that the file ought to have. ``None``: the chain does not hold."""
    link = first_link(document.program, document.written_at, document.package)
    for entry in document.answers:
        link = next_link(link, fields_of(entry))
        if link != entry.chain:
            return None
    return last_link(link, len(document.answers))


def chained(first: str, entries: Iterable[Entry]) -> list[Entry]:
    """The entries, each with its link of the chain."""
    link = first
    found = []
    for entry in entries:
        link = next_link(link, fields_of(entry))
        found.append(msgspec.structs.replace(entry, chain=link))
    return found


def _digest(before: str, item: Mapping[str, Any]) -> str:
    text = json.dumps(item, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{before}\n{text}".encode()).hexdigest()
