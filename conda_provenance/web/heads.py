"""The heads of requests and answers as bytes, where they are as plain as nearly all are.

What is not plain is not understood here, but left to http.client. Nothing is sent or received.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

MAX_HEAD = 1 << 14
"""Bytes of a plain head. http.client takes longer ones."""

_MAX_FIELDS = 100
"""As many as http.client takes."""

END = re.compile(rb"\n\r?\n")
"""Where a head ends, for the most generous reader. In a plain one it is the end of CR LF CR LF."""

_ANSWER = re.compile(
    rb"HTTP/1\.1 ([2-5][0-9][0-9])(?: [\t -~]*)?\r\n"
    rb"((?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~\xa0-\xff]*\r\n)+)\r\n"
)
_REQUEST = re.compile(r"GET /[!-~]* HTTP/1\.1\r\n(?:[0-9A-Za-z-]+: [\t -~]*\r\n)+\r\n")
_LENGTH = re.compile(r"[0-9]{1,18}")

_WITHOUT_BODY = frozenset({204, 304})
_NOT_OURS = frozenset({"host", "content-length", "transfer-encoding", "expect"})
"""Fields of a request that change how it is sent."""


class Fields(Mapping[str, str]):
    """The fields of an answer. The case of their names makes no difference."""

    __slots__ = ("_values",)

    def __init__(self, values: dict[str, str]) -> None:
        """``values`` have names in lower case."""
        self._values = values

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


class Head(NamedTuple):
    """The head of a plain answer, which has a body of a known length."""

    status: int
    fields: Fields
    length: int
    """Bytes of the body."""


def parse_head(data: bytes) -> Head | None:
    """The head that ``data`` is, with its empty line. ``None``: it is not a plain one.

    A plain one leaves no doubt where its body ends: it gives its length once, and nothing else that
    says so. Its connection stays open. No line is folded, and none ends otherwise than all.
    """
    match = _ANSWER.fullmatch(data) if len(data) <= MAX_HEAD else None
    if match is None:
        return None

    status = int(match[1])
    values: dict[str, str] = {}
    lines = match[2].decode("latin-1")[:-2].split("\r\n")
    for line in lines:
        name, _, value = line.partition(":")
        name, value = name.lower(), value.lstrip(" \t")
        if name in values:
            if name == "content-length":
                return None
            value = f"{values[name]}, {value}"
        values[name] = value

    length = values.get("content-length", "")
    if (
        len(lines) > _MAX_FIELDS
        or status in _WITHOUT_BODY
        or _LENGTH.fullmatch(length) is None
        or "transfer-encoding" in values
        or values.get("connection", "keep-alive").lower() != "keep-alive"
    ):
        return None
    return Head(status, Fields(values), int(length))


def request_head(target: str, host: str, fields: Mapping[str, str]) -> bytes | None:
    """The bytes of a request. ``None``: it is not a plain one."""
    lines = [f"GET {target} HTTP/1.1", f"Host: {host}"]
    for name, value in fields.items():
        # Bytes are allowed too, and a plugin may know that.
        if not (isinstance(name, str) and isinstance(value, str)) or name.lower() in _NOT_OURS:
            return None
        lines.append(f"{name}: {value}")

    text = "\r\n".join((*lines, "", ""))
    # A line break within a value would look like another field.
    is_plain = text.count("\n") == len(lines) + 1 and _REQUEST.fullmatch(text)
    return text.encode("ascii") if is_plain else None
