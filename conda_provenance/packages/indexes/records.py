"""Finds the records of packages in an index, and changes or removes them.

Formats: repodata.json as in CEP 36 and before, with the ``v3`` section of CEP 48. An index is
either JSON text, of which every other byte is kept, or an object that was parsed before, as a shard
is. Where it comes from is not known here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from conda_provenance.packages.archive import json_text
from conda_provenance.packages.file_names import stem_of
from conda_provenance.packages.refusals import Refusal, shown_name

_SECTIONS = {"packages": "", "packages.conda": "conda"}
"""The sections that every index has, and the ending of their files if all have the same."""

_REVISION = re.compile(r"v[0-9]+")
_LEGACY = "legacy_bz2_"
"""The record of a ``.conda`` may describe the ``.tar.bz2`` too, in keys that begin like this."""

_SIGNATURES = "signatures"
"""The section with signatures over records (conda's content trust), keyed by the package."""

_FEW = 8
"""Up to this many names are looked for in the text before it is parsed."""

NewValues: TypeAlias = Callable[[str, Mapping[str, Any], str], Mapping[str, "str | int"] | None]
"""Called with a package's name, its record, and the prefix of the keys that describe the package.

Returns the values to set. ``None``: the record is to be removed.
"""


class Use(NamedTuple):
    """A package that a record describes."""

    name: str
    prefix: str = ""
    """The keys that describe this package begin with it."""


class Record(NamedTuple):
    """A record in the text of an index."""

    section: json_text.Entry
    entry: json_text.Entry
    uses: list[Use]


def may_list(text: str, names: Collection[str]) -> bool:
    """Can the index list one of the packages? If not, it need not be parsed, which takes seconds.

    With many names the answer is yes: to look for each of them would take longer than parsing.
    """
    return len(names) > _FEW or bool(mentioned(text, names))


def mentioned(text: str, names: Collection[str]) -> set[str]:
    """The packages whose names are in the text, which need not be an index."""
    if "\\u" in text:
        return set(names)
    return {name for name in names if _in_json(stem_of(name)) in text}


def find_records(text: str, names: Collection[str]) -> list[Record]:
    """The records of these packages, in the order of the text.

    Raises ValueError for a text that is no index, and :class:`Refusal` for one that lists a package
    twice.
    """
    found: list[Record] = []
    end = 0
    for section in json_text.spans(text):
        end = section.end
        if text[section.start] != "{":
            content = text[section.start : section.end]
            if section.key in _SECTIONS and content.startswith("[") and '"' in content:
                raise ValueError("a list of packages, which no client reads")
            continue
        if section.key in _SECTIONS:
            uses = _uses(names, _SECTIONS[section.key], by_stem=False)
            found += _records_in_section(text, section, uses)
        elif _REVISION.fullmatch(section.key):
            found += _records_in_revision(text, section, names)

    if end and text[end:].strip() != "}":
        raise ValueError("no JSON object alone")
    return found


def with_values(text: str, names: Collection[str], new_values: NewValues) -> str:
    """The index with other values in the records of these packages.

    A signature over a record is removed if the record changes.
    """
    pieces: list[str] = []
    position = 0
    changed: set[str] = set()
    for record in find_records(text, names):
        start, end = record.entry.start, record.entry.end
        new = _changed(text[start:end], record.uses, new_values)
        if new is None:
            return with_values(_without_record(text, record), names, new_values)
        if new != text[start:end]:
            pieces += text[position:start], new
            position = end
            changed.update(use.name for use in record.uses)

    return _without_signatures("".join([*pieces, text[position:]]), changed) if pieces else text


def set_values(index: dict[str, Any], names: Collection[str], new_values: NewValues) -> set[str]:
    """The same for a parsed index. Returns the packages whose records changed."""
    changed: set[str] = set()
    for section, key, uses in _records_in_object(index, names):
        for name, prefix in uses:
            record = section[key]
            new = new_values(name, record, prefix)
            if new is None:
                del section[key]
                changed.add(name)
                break
            for each, value in new.items():
                # Shards have checksums as bytes.
                as_bytes = isinstance(value, str) and not isinstance(record.get(each), str)
                packed = bytes.fromhex(str(value)) if as_bytes else value
                if record.get(each) != packed:
                    record[each] = packed
                    changed.add(name)

    drop_signatures(index, changed)
    return changed


def names_in(index: dict[str, Any], names: Collection[str]) -> list[str]:
    """Those of the packages that a parsed index may list."""
    keys = {key for section, _ in _sections(index, ()) for key in section}
    return [name for name in names if name in keys or stem_of(name) in keys]


def drop_signatures(index: Mapping[str, Any], names: Collection[str]) -> None:
    """Remove the signatures over these packages from a parsed index."""
    for signatures in _signatures_in_object(index):
        for key in signatures.keys() & {*names, *map(stem_of, names)}:
            del signatures[key]


def signed_names(text: str, names: Collection[str]) -> set[str]:
    """The packages that the index holds a signature for. Raises ValueError if it is no index."""
    if not _may_hold_signatures(text):
        return set()

    keys = {
        entry.key for section in _signatures(text) for entry in json_text.spans(text, section.start)
    }
    return {name for name in names if name in keys or stem_of(name) in keys}


def signed_in_object(index: Mapping[str, Any], names: Collection[str]) -> set[str]:
    """The same for a parsed index, such as a shard."""
    keys = {key for section in _signatures_in_object(index) for key in section}
    return {name for name in names if name in keys or stem_of(name) in keys}


def _uses(names: Collection[str], ending: str, *, by_stem: bool) -> dict[str, list[Use]]:
    """The keys of a section whose records describe these packages.

    ``ending``: that of the files in the section. ``by_stem``: the keys may come without it.
    """
    uses: dict[str, list[Use]] = {}
    for name in names:
        stem = stem_of(name)
        uses.setdefault(name, []).append(Use(name))
        if by_stem and name == f"{stem}.{ending}":
            uses.setdefault(stem, []).append(Use(name))
        if ending == "conda" and name.endswith(".tar.bz2"):
            for key in (f"{stem}.conda", stem)[: 1 + by_stem]:
                uses.setdefault(key, []).append(Use(name, _LEGACY))
    return uses


def _records_in_revision(
    text: str, revision: json_text.Entry, names: Collection[str]
) -> Iterator[Record]:
    """Later revisions have a section for each file type, keyed by the name without its ending."""
    for section in json_text.spans(text, revision.start):
        if text[section.start] == "{":
            uses = _uses(names, section.key, by_stem=True)
            yield from _records_in_section(text, section, uses)


def _records_in_section(
    text: str, section: json_text.Entry, uses: Mapping[str, list[Use]]
) -> Iterator[Record]:
    if len(uses) <= _FEW:
        inside = text[section.start : section.end]
        if "\\u" not in inside and not any(f'"{_in_json(key)}"' in inside for key in uses):
            return

    seen: set[str] = set()
    for entry in json_text.spans(text, section.start):
        if entry.key in uses and text[entry.start] == "{":
            if entry.key in seen:
                raise Refusal(f"it lists {shown_name(entry.key)} twice; run the indexer again")
            seen.add(entry.key)
            yield Record(section, entry, uses[entry.key])


def _records_in_object(
    index: dict[str, Any], names: Collection[str]
) -> Iterator[tuple[dict[str, Any], str, list[Use]]]:
    """Section, key and packages of every record."""
    for section, uses in _sections(index, names):
        for key in [key for key in uses if isinstance(section.get(key), dict)]:
            yield section, key, uses[key]


def _sections(
    index: dict[str, Any], names: Collection[str]
) -> Iterator[tuple[dict[str, Any], dict[str, list[Use]]]]:
    for title, content in index.items():
        if not isinstance(content, dict):
            continue
        if title in _SECTIONS:
            yield content, _uses(names, _SECTIONS[title], by_stem=False)
        elif _REVISION.fullmatch(title):
            for ending, section in content.items():
                if isinstance(section, dict):
                    yield section, _uses(names, ending, by_stem=True)


def _changed(record: str, uses: list[Use], new_values: NewValues) -> str | None:
    """The text of a record with the new values. ``None``: it is to be removed."""
    entries = json_text.entries(record)
    old = {entry.key: entry.value for entry in entries}
    values: dict[str, str | int] = {}
    for name, prefix in uses:
        new = new_values(name, old, prefix)
        if new is None:
            return None
        values |= {key: value for key, value in new.items() if old.get(key) != value}

    known = [json_text.entry(entries, key) for key in values if key in old]
    for entry in sorted(filter(None, known), key=lambda entry: entry.start, reverse=True):
        record = record[: entry.start] + json.dumps(values[entry.key]) + record[entry.end :]
    for key in [key for key in values if key not in old]:
        record = json_text.with_value(record, key, json.dumps(values[key]))
    return record


def _without_record(text: str, record: Record) -> str:
    section = record.section
    inside = json_text.without(text[section.start : section.end], record.entry.key)
    text = text[: section.start] + inside + text[section.end :]
    return _without_signatures(text, {use.name for use in record.uses})


def _without_signatures(text: str, names: Collection[str]) -> str:
    if not names or not _may_hold_signatures(text):
        return text

    keys = {*names, *map(stem_of, names)}
    for section in reversed(list(_signatures(text))):
        inside = text[section.start : section.end]
        for key in [entry.key for entry in json_text.spans(inside) if entry.key in keys]:
            inside = json_text.without(inside, key)
        text = text[: section.start] + inside + text[section.end :]
    return text


def _may_hold_signatures(text: str) -> bool:
    """Is a look into the text worth it? The key may be written with escapes."""
    return '"signatures"' in text or "\\u" in text


def _signatures(text: str) -> Iterator[json_text.Entry]:
    """The sections of signatures: of the index, and of its later revisions."""
    for section in json_text.spans(text):
        if text[section.start] != "{":
            continue
        if section.key == _SIGNATURES:
            yield section
        elif _REVISION.fullmatch(section.key):
            for inner in json_text.spans(text, section.start):
                if inner.key == _SIGNATURES and text[inner.start] == "{":
                    yield inner


def _signatures_in_object(index: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for title, content in index.items():
        if not isinstance(content, dict):
            continue
        if title == _SIGNATURES:
            yield content
        elif _REVISION.fullmatch(title) and isinstance(content.get(_SIGNATURES), dict):
            yield content[_SIGNATURES]


def _in_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]
