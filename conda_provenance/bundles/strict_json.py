"""Reads JSON that was signed: within bounds, and only if every reader takes it for the same.

What it says is not known here.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

MAX_VALUES = 500_000
"""Commas and brackets. Small values take 20 times as much memory as their bytes."""

MAX_DEPTH = 64
"""Statements have some ten levels."""

_MAX_DIGITS = 400

_AS_ZEROS = bytes.maketrans(b"123456789", b"000000000")
_LONG = b"0" * (_MAX_DIGITS + 1)

_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
"""May be half a surrogate pair, which is no text."""


def parse(data: bytes) -> Any:
    """The value. Raises ``ValueError`` with the end of a sentence, such as "is not JSON".

    The caller has bounded its bytes. What a client wrote without a choice of its own is read by a
    fast library; anything else, such as indented JSON, key by key.
    """
    brackets = data.count(b"[") + data.count(b"{")
    if len(data) > MAX_VALUES and brackets + data.count(b",") > MAX_VALUES:
        raise ValueError("has more values than are read")

    value = _as_written(data, Any)
    if value is None:
        value = _loaded(data)
    if brackets > MAX_DEPTH and _is_deep(value):
        raise ValueError("is nested too deeply")
    if b"\\u" in data and _HALF.search(data):
        _require_text(value)
    return value


def as_written(data: bytes, kind: type[T]) -> T | None:
    """The value as this type, if ``data`` is what we would write for it and within the bounds.

    Then no reader takes it for another, and it is read in a quarter of the time. Clients write so.
    ``None``: :func:`parse` may read it all the same.
    """
    if len(data) > MAX_VALUES or data.count(b"[") + data.count(b"{") > MAX_DEPTH:
        return None
    value: T | None = _as_written(data, kind)
    return value


def _as_written(data: bytes, kind: Any) -> Any:
    if _LONG in data.translate(_AS_ZEROS):
        return None
    try:
        value = msgspec.json.decode(data, type=kind)
        return value if msgspec.json.encode(value) == data else None
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def _loaded(data: bytes) -> Any:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("is not JSON in UTF-8") from None

    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError:
        raise ValueError("is not JSON") from None
    except RecursionError:
        raise ValueError("is nested too deeply") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("has a key twice in one object")
    return members


def _no_number(_: str) -> Any:
    raise ValueError("has a number that JSON does not have, such as NaN")


def _integer(text: str) -> int:
    if len(text) > _MAX_DIGITS:
        raise ValueError("has a number of too many digits")
    return int(text)


def _float(text: str) -> float:
    number = float(text) if len(text) <= _MAX_DIGITS else math.inf
    if math.isinf(number):
        raise ValueError("has a number that is too large")
    return number


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_no_number, parse_float=_float, parse_int=_integer
)


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [child for each in level for child in _children(each)]
        if not level:
            return False
    return True


def _children(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _require_text(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ValueError("has half a character in a text") from None
