"""``info/about.json``: its text, and the ``extra`` in it (CEP 34); knows not where the text comes from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from conda_provenance.packages.archive import json_text as jsontext
from conda_provenance.packages.refusals import Refusal, harmless

ABOUT = "info/about.json"
"""Where it stands in a package."""

MAX_SIZE = 1 << 20
"""Bytes. Real ones have some thousand; parsed, JSON takes up to thirty times its size."""


def parse_about(data: bytes) -> dict[str, Any]:
    """The object that about.json holds; :class:`Refusal` if it holds none."""
    about = _parse(_text(data))
    if not isinstance(about, dict):
        raise Refusal(f"its {ABOUT} is no JSON object")
    return about


def with_extra(data: bytes, changes: Mapping[str, Any]) -> bytes:
    """about.json with these keys of ``extra`` set, or removed where the value is ``None``; all else as it is, byte for byte.

    Raises :class:`Refusal` for what cannot be changed.
    """
    about, text = parse_about(data), _text(data)
    old = about.get("extra")
    if old is not None and not isinstance(old, dict):
        raise Refusal(f"the extra of its {ABOUT} is no object")
    place = jsontext.entry(jsontext.entries(text), "extra")
    extra = text[place.start : place.end] if place and old is not None else "{}"
    style = jsontext.nested_style(text)
    new = extra
    given = jsontext.entries(extra)
    for key, value in changes.items():
        # Looked up in what was parsed once: a hostile extra with many keys is not parsed again for each key that stays.
        found = jsontext.entry(given, key)
        if value is None:
            new = jsontext.without(new, key) if found else new
            continue
        written = _json(key, value, ascii_only=text.isascii())
        if found is None or _differ(found.value, value):
            new = jsontext.with_value(new, key, written, empty=style)
    if new == extra:
        return data
    result = jsontext.with_value(text, "extra", new).encode("utf-8")
    if len(result) > MAX_SIZE:
        raise Refusal(f"its {ABOUT} would become larger than {MAX_SIZE >> 20} MiB")
    return result


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refusal(f"its {ABOUT} is not UTF-8") from None


def _parse(text: str) -> Any:
    try:
        return jsontext.parse(text)
    except ValueError as error:
        raise Refusal(f"its {ABOUT} is no JSON") from error


def _differ(old: object, new: object) -> bool:
    return json.dumps(old, sort_keys=True) != json.dumps(new, sort_keys=True)


def _json(key: str, value: object, *, ascii_only: bool) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        (key + text).encode(
            "utf-8"
        )  # half a surrogate pair is no text, and readers other than Python's stop at its escape
        return json.dumps(value) if ascii_only else text
    except (TypeError, ValueError):
        raise Refusal(f"the value for {harmless(str(key))} is nothing that JSON can hold") from None
