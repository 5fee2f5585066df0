"""``info/about.json``: its text, and the ``extra`` in it (CEP 34).

Where the text comes from is not known here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from conda_provenance.packages.refusals import Refusal, shown_name

ABOUT = "info/about.json"
"""Where it stands in a package."""

NEW = b'{\n  "extra": {}\n}\n'
"""What an about.json is made from where a package has none."""

MAX_SIZE = 1 << 20
"""Bytes. Real ones have some thousand. Parsed, JSON takes up to thirty times its size."""


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


_STRICT = json.JSONDecoder(parse_constant=_refuse_constant)


def parse_about(data: bytes | None) -> dict[str, Any]:
    """The object in about.json. ``None``: the package has no such file, which CEP 34 allows."""
    if data is None:
        return {}
    if not data.strip():
        raise Refusal(f"its {ABOUT} is empty, which is no JSON; build it again")

    try:
        about = _STRICT.decode(_text(data))
    except ValueError as error:
        raise Refusal(f"its {ABOUT} is no JSON") from error

    if not isinstance(about, dict):
        raise Refusal(f"its {ABOUT} is no JSON object")
    return about


def with_extra(data: bytes, changes: Mapping[str, Any]) -> bytes:
    """about.json with these keys of ``extra`` set, or removed where the value is ``None``.

    All else keeps its bytes. Raises :class:`Refusal` for what cannot be changed.
    """
    from conda_provenance.packages.archive import json_text  # Reading does not need it.

    about, text = parse_about(data), _text(data)
    old = about.get("extra")
    if old is not None and not isinstance(old, dict):
        raise Refusal(f"the extra of its {ABOUT} is no object")

    place = json_text.entry(json_text.entries(text), "extra")
    extra = text[place.start : place.end] if place and old is not None else "{}"
    new = _with_changes(extra, changes, text)
    if new == extra:
        return data

    result = json_text.with_value(text, "extra", new).encode("utf-8")
    if len(result) > MAX_SIZE:
        raise Refusal(f"its {ABOUT} would become larger than {MAX_SIZE >> 20} MiB")
    return result


def _with_changes(extra: str, changes: Mapping[str, Any], about: str) -> str:
    """The text of ``extra``, changed. It is written as the text ``about`` around it is."""
    from conda_provenance.packages.archive import json_text

    style = json_text.nested_style(about)
    # Parsed once: a hostile extra with many keys must not be parsed again for every key.
    entries = json_text.entries(extra)
    new = extra
    for key, value in changes.items():
        entry = json_text.entry(entries, key)
        if value is None:
            new = json_text.without(new, key) if entry else new
            continue

        json_value = _json(key, value, ascii_only=about.isascii())
        if entry is None or _differ(entry.value, value):
            new = json_text.with_value(new, key, json_value, empty=style)
    return new


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refusal(f"its {ABOUT} is not UTF-8") from None


def _differ(old: object, new: object) -> bool:
    return json.dumps(old, sort_keys=True) != json.dumps(new, sort_keys=True)


def _json(key: str, value: object, *, ascii_only: bool) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        # Half a surrogate pair is no text. Other readers than Python's fail at its escape.
        (key + text).encode("utf-8")
        return json.dumps(value) if ascii_only else text
    except (TypeError, ValueError):
        raise Refusal(
            f"the value for {shown_name(str(key))} is nothing that JSON can hold"
        ) from None
