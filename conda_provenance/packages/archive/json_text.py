"""Changes single values in a JSON text and leaves every other byte of it alone.

Parsing and writing anew would lose what JSON does not distinguish but people, diffs and checksums do: indents, escapes,
the spelling of numbers, keys given twice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple, NoReturn

from conda_provenance.packages.refusals import Refusal

_SPACE = re.compile(r"[ \t\n\r]*")


class Entry(NamedTuple):
    """A key and its value; offsets into the text."""

    key: str
    key_start: int
    key_end: int
    start: int
    end: int
    value: Any


def entries(text: str, start: int = 0) -> list[Entry]:
    """The entries of the object that begins at ``start``, in order. Raises ValueError where there is none."""
    return list(_walk(text, start, json.JSONDecoder(parse_constant=_refuse_constant)))


def spans(text: str, start: int = 0) -> Iterator[Entry]:
    """The same one by one, without their values: what is nested is checked but not kept, be it a hundred megabytes."""
    return _walk(
        text, start, json.JSONDecoder(parse_constant=_refuse_constant, object_pairs_hook=_nothing)
    )


def _walk(text: str, start: int, decoder: json.JSONDecoder) -> Iterator[Entry]:
    decode = decoder.raw_decode
    at = _skip(text, start)
    if text[at : at + 1] != "{":
        raise ValueError("no JSON object")
    at = _skip(text, at + 1)
    if text[at : at + 1] == "}":
        return
    while True:
        key_start = at
        key, key_end = decode(text, at)
        at = _skip(text, key_end)
        if not isinstance(key, str) or text[at : at + 1] != ":":
            raise ValueError("no JSON object")
        value_start = _skip(text, at + 1)
        value, end = decode(text, value_start)
        yield Entry(key, key_start, key_end, value_start, end, value)
        at = _skip(text, end)
        mark = text[at : at + 1]
        if mark == "}":
            return
        if mark != ",":
            raise ValueError("no JSON object")
        at = _skip(text, at + 1)


def _nothing(_pairs: list[tuple[str, Any]]) -> None:
    return None


def entry(found: list[Entry], key: str) -> Entry | None:
    """The one entry of this key; readers disagree on which of two counts, so two are a :class:`Refusal`."""
    same = [each for each in found if each.key == key]
    if len(same) > 1:
        raise Refusal(f"its JSON has the key {key!a} twice")
    return same[0] if same else None


def with_value(
    text: str, key: str, value: str, *, empty: tuple[str, str, str] = ("", ": ", "")
) -> str:
    """The object ``text`` with ``key`` set to the JSON text ``value``, in its place or at the end.

    ``empty`` is the style if the object is: what stands before the key, around the colon, and behind the value.
    """
    found = list(spans(text))
    if old := entry(found, key):
        return text[: old.start] + value + text[old.end :]
    name = json.dumps(key, ensure_ascii=text.isascii())
    if not found:
        before, colon, behind = empty
        return (
            text[: text.index("{") + 1]
            + before
            + name
            + colon
            + value
            + behind
            + text[text.rindex("}") :]
        )
    last = found[-1]
    colon = text[last.key_end : last.start]
    between = text[found[-2].end : last.key_start] if len(found) > 1 else text[: last.key_start]
    before = between.lstrip().lstrip(",{")
    if len(found) == 1 and "\n" not in before:
        before = " " if colon.endswith(" ") else ""
    return text[: last.end] + "," + before + name + colon + value + text[last.end :]


def without(text: str, key: str) -> str:
    """The object ``text`` without ``key``."""
    found = list(spans(text))
    gone = entry(found, key)
    if gone is None:
        return text
    at = found.index(gone)
    if at:
        return text[: found[at - 1].end] + text[gone.end :]
    if len(found) > 1:
        return text[: gone.key_start] + text[found[1].key_start :]
    return text[: text.index("{") + 1] + text[text.rindex("}") :]


def nested_style(text: str) -> tuple[str, str, str]:
    """How an object directly within the object ``text`` is laid out: ``empty`` for :func:`with_value`."""
    found = list(spans(text))
    if not found:
        return "", ": ", ""
    before = text[: found[0].key_start].rpartition("{")[2]
    colon = text[found[0].key_end : found[0].start]
    if "\n" not in before:
        return "", colon, ""
    return before + before.rpartition("\n")[2], colon, before


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    assert found is not None
    return found.end()


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
