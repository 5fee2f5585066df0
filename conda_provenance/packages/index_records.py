"""A package's records in the text of an index: where they stand, and the text with other ones.

Formats: repodata.json as in CEP 36 and before, with rattler's ``v3`` section. Where the text comes
from is not known here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from conda_provenance.packages.archive import json_text
from conda_provenance.packages.files.digests import Digests
from conda_provenance.packages.refusals import Refusal, shown_name

_SECTIONS = ("packages", "packages.conda")
_REVISION = re.compile(r"v[0-9]+")
_LEGACY = "legacy_bz2_"
"""What the keys begin with that a ``.conda``'s record has about the ``.tar.bz2``."""


class Record(NamedTuple):
    """What an index says about a package file."""

    section: json_text.Entry
    entry: json_text.Entry
    prefix: str = ""
    """What the keys for this file begin with."""


def may_list(text: str, name: str) -> bool:
    """Can the index list the package? Looking through a large one takes seconds."""
    return json.dumps(_stem(name))[1:-1] in text or "\\u" in text


def find_records(text: str, name: str) -> list[Record]:
    """The package's records, the last in the text first.

    In this order, a change in one leaves the others where they are. Raises ValueError for a text
    that is no index, and :class:`Refusal` for one that lists the package twice.
    """
    found: list[Record] = []
    for section in json_text.spans(text):
        if text[section.start] != "{":
            continue
        if section.key in _SECTIONS:
            found += _records_in_section(text, section, name)
        elif _REVISION.fullmatch(section.key):
            found += _records_in_revision(text, section, name)
    return sorted(found, key=lambda record: record.entry.start, reverse=True)


def with_digests(text: str, name: str, digests: Digests) -> str:
    """The index with every record of the package corrected.

    A signature over what it said before is removed.
    """
    old = text
    for record in find_records(text, name):
        start, end = record.entry.start, record.entry.end
        corrected = _with_digests(text[start:end], digests, record.prefix)
        text = text[:start] + corrected + text[end:]
    return text if text == old else _without_signature(text, name)


def without_package(text: str, name: str) -> str:
    """The index without any record of the package."""
    while records := [record for record in find_records(text, name) if not record.prefix]:
        text = _without_entry(text, records[0].section, records[0].entry.key)
    return _without_signature(text, name)


def is_signed(text: str, name: str) -> bool:
    """Does the index hold a signature over the package? Raises ValueError for what is no index."""
    if '"signatures"' not in text or json.dumps(name) not in text:
        return False

    sections = {section.key: section for section in json_text.spans(text)}
    signatures = sections.get("signatures")
    if signatures is None:
        return False
    return any(entry.key == name for entry in json_text.spans(text, signatures.start))


def _records_in_section(text: str, section: json_text.Entry, name: str) -> Iterator[Record]:
    yield from _records_named(text, section, name)
    if section.key == "packages.conda" and name.endswith(".tar.bz2"):
        yield from _records_named(text, section, f"{_stem(name)}.conda", prefix=_LEGACY)


def _records_in_revision(text: str, revision: json_text.Entry, name: str) -> Iterator[Record]:
    """rattler's later revisions have a section for each file type, keyed by the name's stem."""
    stem = _stem(name)
    for section in json_text.spans(text, revision.start):
        if text[section.start] == "{":
            key = stem if name == f"{stem}.{section.key}" else name
            yield from _records_named(text, section, name, key)


def _records_named(
    text: str, section: json_text.Entry, *names: str, prefix: str = ""
) -> Iterator[Record]:
    inside = text[section.start : section.end]
    if "\\u" not in inside and not any(json.dumps(name) in inside for name in names):
        return

    seen: set[str] = set()
    for entry in json_text.spans(text, section.start):
        if entry.key in names and text[entry.start] == "{":
            if entry.key in seen:
                raise Refusal(f"it lists {shown_name(entry.key)} twice; make it anew")
            seen.add(entry.key)
            yield Record(section, entry, prefix)


def _with_digests(record: str, digests: Digests, prefix: str) -> str:
    old = {entry.key: entry.value for entry in json_text.entries(record)}
    checksums = [name for name in ("sha256", "md5") if prefix + name in old]
    if not prefix and "sha256" not in checksums:
        checksums.insert(0, "sha256")

    digests.need(checksums)
    new: dict[str, str | int] = {prefix + name: digests[name] for name in checksums}
    if prefix + "size" in old:
        new[prefix + "size"] = digests.size
    for key, value in new.items():
        if old.get(key) != value:
            record = json_text.with_value(record, key, json.dumps(value))
    return record


def _without_signature(text: str, name: str) -> str:
    for section in json_text.spans(text):
        if section.key == "signatures" and text[section.start] == "{":
            return _without_entry(text, section, name)
    return text


def _without_entry(text: str, section: json_text.Entry, key: str) -> str:
    inside = json_text.without(text[section.start : section.end], key)
    return text[: section.start] + inside + text[section.end :]


def _stem(name: str) -> str:
    return name.removesuffix(".conda").removesuffix(".tar.bz2")
