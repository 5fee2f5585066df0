"""Finds where a log says which package file has which digest.

Two forms count: our own line (``docs/reference/log-line.md``), and the block that conda-forge's
``inspect_artifacts`` prints::

    -----------------------------------------
    linux-64/python-3.13.2-hf636f53_101_cp313.conda
    -----------------------------------------
    -- Size: 31.6MB
    -- SHA256: ...

A digest that stands somewhere near a name counts for nothing: a log also prints those of the
packages that a build downloads. Versions of ``inspect_artifacts`` before 2025 leave out the first
row of dashes and the size. Whether a log can be believed is not known here.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from enum import Enum

import msgspec

from conda_provenance.errors import UnavailableError
from conda_provenance.package_line import PREFIX, PackageLine
from conda_provenance.verify.logs import clean_line, raw_lines

MAX_MENTIONS = 10_000
"""Different files and digests in one log."""

_DIGEST = b"-- SHA256: "
_OURS = PREFIX.rstrip().encode()

_SHA256 = re.compile(r"-- SHA256: ([0-9a-f]{64})")
_SIZE = re.compile(r"-- Size: [\w. ]{1,20}")
_NAME = re.compile(r"([a-z0-9_]+(?:-[a-z0-9_]+)*)[/\\]([^\s/\\]+(?:\.conda|\.tar\.bz2))", re.ASCII)
_RULE = re.compile(r"-+")


class By(str, Enum):
    """In which form."""

    LINE = "our line"
    BLOCK = "conda-forge's block"


class Mention(msgspec.Struct, frozen=True):
    """A log says that this file has this digest."""

    subdir: str
    file_name: str
    sha256: str
    by: By


def find_mentions(pieces: Iterator[bytes]) -> Iterator[Mention]:
    """What a log says, in its order. What it says again is given once, at its last place."""
    found: dict[Mention, None] = {}
    for mention in _every(pieces):
        found.pop(mention, None)
        found[mention] = None
        if len(found) > MAX_MENTIONS:
            raise UnavailableError(f"A log names more than {MAX_MENTIONS} package files.")
    return iter(found)


def encoded(mentions: Iterable[Mention]) -> Iterator[bytes]:
    """As they are kept: one JSON object a line."""
    for mention in mentions:
        yield msgspec.json.encode(mention) + b"\n"


def decoded(data: bytes) -> list[Mention]:
    """What was kept. Raises :class:`UnavailableError`: a file of evidence may be anybody's."""
    decoder = msgspec.json.Decoder(Mention)
    try:
        return [decoder.decode(line) for line in data.splitlines()]
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise UnavailableError("What was kept of a log cannot be read.") from None


def _every(pieces: Iterator[bytes]) -> Iterator[Mention]:
    before: deque[bytes] = deque(maxlen=3)
    for line in raw_lines(pieces):
        # Most lines are neither, and a log may have a million.
        if _OURS in line:
            ours = PackageLine.parse(clean_line(line))
            if ours is not None:
                yield Mention(ours.subdir, ours.file_name, ours.sha256, By.LINE)
        elif _DIGEST in line:
            digest = _SHA256.fullmatch(clean_line(line))
            name = _block_name([clean_line(each) for each in before]) if digest else None
            if digest and name:
                yield Mention(name[1], name[2], digest[1], By.BLOCK)
        before.append(line)


def _block_name(before: list[str]) -> re.Match[str] | None:
    """The name in the lines that stand right before a digest."""
    if before and _SIZE.fullmatch(before[-1]):
        before = before[:-1]
    if len(before) < 2:
        return None

    name, rule = before[-2:]
    is_ruled = _RULE.fullmatch(rule) is not None and len(rule) == len(name)
    return _NAME.fullmatch(name) if is_ruled else None
