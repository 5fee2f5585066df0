"""Reads the JSON that a server answers, within bounds. What it says is not known here."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from conda_provenance.errors import UnavailableError

T = TypeVar("T")

_TYPE = re.compile(r"(?:application|text)/(?:[\w.+-]+\+)?json", re.I)

_MAX_VALUES = 1_000_000
"""Commas and brackets. A page of a forge has some ten thousand. Empty objects take 20 times as much
memory as their bytes."""


def is_json(headers: Mapping[str, str]) -> bool:
    """Does an answer say that it is JSON? A page to log in says that it is HTML."""
    media_type = headers.get("content-type", "").partition(";")[0].strip()
    return _TYPE.fullmatch(media_type) is not None


def plain_text(host: str, body: bytes) -> str:
    """The body without escapes, if it is JSON that every reader takes for the same."""
    if sum(map(body.count, (b",", b"[", b"{"))) > _MAX_VALUES:
        raise UnavailableError(f"{host} answers JSON of more values than are read.")

    try:
        document = json.loads(body.decode("utf-8-sig"), object_pairs_hook=_members)
    except (ValueError, RecursionError):  # UnicodeDecodeError and JSONDecodeError are ValueErrors.
        raise UnavailableError(
            f"{host} answers with something that is not valid JSON, though it says that it is."
        ) from None
    return json.dumps(document, ensure_ascii=False)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member twice")
    return members


def decoded(host: str, body: bytes, kind: type[T]) -> T:
    """The body as a ``kind``."""
    try:
        return msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf"), type=kind)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError, ValueError):
        raise UnavailableError(
            f"{host} answers JSON of another form than its documentation says."
        ) from None
