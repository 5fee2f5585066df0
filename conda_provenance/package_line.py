"""``PackageLine``: the line that ends a build or a stamp, as a log holds it.

It knows the format alone (``docs/reference/log-line.md``): no log, no package and no CI.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from conda_provenance.keys import KEYS
from conda_provenance.values import MAX_LENGTH, clean_or_none

PREFIX = "conda-provenance: "

MAX_LINE = 64 << 10
"""Characters of a line. A longer one is none of ours."""

_KEPT = frozenset(map(chr, range(0x21, 0x7F))) - set("%#")
"""Characters that stay as they are. A "#" begins a command of some CI systems."""

_LINE = re.compile(
    re.escape(PREFIX)
    + r"(?P<subdir>[a-z0-9_]+(?:-[a-z0-9_]+)*)/(?P<file>[^\s/\\]+)"
    + r" sha256=(?P<sha256>[0-9a-f]{64})(?P<pairs>(?: [a-z][a-z0-9_]*=[^\s]*)*)",
    re.ASCII,
)

_SUBDIR = re.compile(r"[a-z0-9_]+(?:-[a-z0-9_]+)*", re.ASCII)

_ENDINGS = (".conda", ".tar.bz2")


class PackageLine(NamedTuple):
    """One package file: which it is, its digest, and what it says of its origin."""

    subdir: str
    """Such as ``linux-64``."""
    file_name: str
    sha256: str
    """Of the final file, as lower-case hex."""
    values: Mapping[str, str]
    """What the package says under the keys of this project, and under keys of later versions."""

    @classmethod
    def parse(cls, line: str) -> PackageLine | None:
        """The line that this text is. ``None``: it is another line, or one that was damaged."""
        if len(line) > MAX_LINE or not line.startswith(PREFIX):
            return None

        match = _LINE.fullmatch(line.rstrip())
        if match is None:
            return None

        name = _decoded(match["file"])
        if name is None or not name.endswith(_ENDINGS) or re.search(r"[/\\]", name):
            return None

        values: dict[str, str] = {}
        for pair in match["pairs"].split():
            key, _, encoded = pair.partition("=")
            value = _decoded(encoded)
            if value is None or key in values:
                return None
            values[key] = value
        return cls(match["subdir"], name, match["sha256"], values)

    @classmethod
    def of(
        cls, subdir: object, file_name: str, sha256: str, values: Mapping[str, str | None]
    ) -> PackageLine | None:
        """The line of a package. ``None``: it says nothing, or has no usual name.

        Only values that could be written into a package are in the line.
        """
        if not isinstance(subdir, str) or not _SUBDIR.fullmatch(subdir):
            return None
        if not file_name.isprintable():
            return None  # A log could not hold it.

        cleaned = {key: clean_or_none(key, values.get(key)) for key in KEYS}
        said = {key: value for key, value in cleaned.items() if value and len(value) <= MAX_LENGTH}
        return cls(subdir, file_name, sha256, said) if said else None

    def __str__(self) -> str:
        pairs = "".join(f" {key}={_encoded(value)}" for key, value in self.values.items())
        return f"{PREFIX}{self.subdir}/{_encoded(self.file_name)} sha256={self.sha256}{pairs}"


def _encoded(text: str) -> str:
    """``text`` in printable ASCII without blanks, by percent-encoding (RFC 3986) of its UTF-8."""
    if _KEPT.issuperset(text):
        return text
    return "".join(char if char in _KEPT else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode())


def _decoded(text: str) -> str | None:
    """The other way round. ``None``: this is no text that :func:`_encoded` makes."""
    try:
        decoded = unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        return None
    return decoded if _encoded(decoded) == text else None
