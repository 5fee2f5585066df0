"""Changes single values in a JSON text and keeps every other byte of it.

Parsing the text and writing it again would lose what means nothing in JSON, but matters to people,
diffs and checksums: indents, escapes, the spelling of numbers, keys given twice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple, NoReturn

from conda_provenance.packages.refusals import Refusal

_SPACE = re.compile(r"[ \t\n\r]*")


class Entry(NamedTuple):
    """A key and its value. The numbers are offsets into the text."""

    key: str
    key_start: int
    key_end: int
    start: int
    end: int
    value: Any


class Style(NamedTuple):
    """How the first entry of an object is laid out."""

    before: str = ""
    colon: str = ": "
    after: str = ""


PLAIN = Style()


def entries(text: str, start: int = 0) -> list[Entry]:
    """The entries of the object that begins at ``start``, in order.

    Raises ValueError where there is none.
    """
    return list(_walk(text, start, json.JSONDecoder(parse_constant=_refuse_constant)))


def spans(text: str, start: int = 0) -> Iterator[Entry]:
    """The same, one by one and without their values.

    What is nested is checked but not kept, even if it is a hundred megabytes.
    """
    decoder = json.JSONDecoder(parse_constant=_refuse_constant, object_pairs_hook=_nothing)
    return _walk(text, start, decoder)


def _walk(text: str, start: int, decoder: json.JSONDecoder) -> Iterator[Entry]:
    position = _after(text, _skip_space(text, start), "{")
    if text[position : position + 1] == "}":
        return

    while True:
        key_start = position
        key, key_end = decoder.raw_decode(text, position)
        if not isinstance(key, str):
            raise ValueError("no JSON object")

        value_start = _after(text, _skip_space(text, key_end), ":")
        value, end = decoder.raw_decode(text, value_start)
        yield Entry(key, key_start, key_end, value_start, end, value)

        position = _skip_space(text, end)
        if text[position : position + 1] == "}":
            return
        position = _after(text, position, ",")


def _after(text: str, position: int, mark: str) -> int:
    """Where the text goes on after the ``mark``, which must stand at ``position``."""
    if text[position : position + 1] != mark:
        raise ValueError("no JSON object")
    return _skip_space(text, position + 1)


def _skip_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    assert match is not None
    return match.end()


def _nothing(_pairs: list[tuple[str, Any]]) -> None:
    return None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def entry(found: list[Entry], key: str) -> Entry | None:
    """The one entry of this key. Two are refused: readers disagree on which of them counts."""
    same = [each for each in found if each.key == key]
    if len(same) > 1:
        raise Refusal(f"its JSON has the key {key!a} twice")
    return same[0] if same else None


def with_value(text: str, key: str, value: str, *, empty: Style = PLAIN) -> str:
    """The object ``text`` with ``key`` set to the JSON text ``value``.

    The key keeps its place, and a new one comes last. ``empty`` is the style for an object that
    has no entry whose style could be followed.
    """
    found = list(spans(text))
    if old := entry(found, key):
        return text[: old.start] + value + text[old.end :]

    name = json.dumps(key, ensure_ascii=text.isascii())
    if not found:
        inside = empty.before + name + empty.colon + value + empty.after
        return text[: text.index("{") + 1] + inside + text[text.rindex("}") :]

    last = found[-1]
    colon = text[last.key_end : last.start]
    new = "," + _space_before_next(text, found, colon) + name + colon + value
    return text[: last.end] + new + text[last.end :]


def _space_before_next(text: str, found: list[Entry], colon: str) -> str:
    """The space before the next entry, as it stands before the last one."""
    last = found[-1]
    if len(found) > 1:
        between = text[found[-2].end : last.key_start]
        return between.lstrip().lstrip(",{")

    before = text[: last.key_start].lstrip().lstrip(",{")
    if "\n" in before:
        return before
    return " " if colon.endswith(" ") else ""


def without(text: str, key: str) -> str:
    """The object ``text`` without ``key``."""
    found = list(spans(text))
    old = entry(found, key)
    if old is None:
        return text

    position = found.index(old)
    if position:
        return text[: found[position - 1].end] + text[old.end :]
    if len(found) > 1:
        return text[: old.key_start] + text[found[1].key_start :]
    return text[: text.index("{") + 1] + text[text.rindex("}") :]


def nested_style(text: str) -> Style:
    """How the first entry of an object directly within the object ``text`` is laid out."""
    found = list(spans(text))
    if not found:
        return PLAIN

    before = text[: found[0].key_start].rpartition("{")[2]
    colon = text[found[0].key_end : found[0].start]
    if "\n" not in before:
        return Style(colon=colon)
    return Style(before + before.rpartition("\n")[2], colon, before)
