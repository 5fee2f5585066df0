"""Reads the log of a CI, line by line and within bounds.

What CIs put around a line is cut off. What the lines mean is known to
:mod:`conda_provenance.verify.mentions`.
"""

from __future__ import annotations

import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from itertools import chain
from typing import IO, Any

from conda_provenance.errors import UnavailableError

MAX_LOG = 256 << 20
"""Bytes of a log. One job of conda-forge writes 0.1 to 3 MB."""
MAX_LINE = 1 << 20
"""Bytes of a line. What is longer is left out: no line that counts is."""
MAX_MEMBERS = 2000
MAX_RATIO = 100
"""How many times as large a zip's member may be as its compressed bytes. Text reaches 20."""
_SMALL = 1 << 20
"""A member that is smaller than this may have any ratio."""

_MAX_DIRECTORY = 1 << 20
"""Bytes of the list of members at the end of a zip. One of 2000 members takes less than half."""

_PIECE = 1 << 16
_ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"

_ESCAPE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # colours and movements
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # titles and links
    r"|\x1b[@-Z\\-_]"
)

_TIME = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z "
    # GitLab's runner adds the stream, what it is, and whether the line goes on the one before.
    r"(?:[0-9a-f]{2}[OE][ +])?"
    r"|\[\d\d:\d\d:\d\d\] "  # AppVeyor
)

_MARK = re.compile(
    r"(?:##\[(?:group|endgroup|section|command|debug)\]"  # GitHub, Azure
    r"|section_(?:start|end):\d+:[\w.-]+(?:\[[^\]]*\])?"  # GitLab
    r"|travis_(?:fold|time):[\w:.,=-]+)"
)
"""Marks of a CI's own, at the beginning of a line."""


def raw_lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The lines of a log, as they stand in it. Empty ones and those that are too long are left out.

    A carriage return ends a line too: progress bars and marks of sections use it. A zip is read
    member by member. Raises :class:`UnavailableError` for what is larger than the bounds.
    """
    rest = b""
    is_cut = False
    for piece in _plain(pieces):
        first, *others = piece.replace(b"\r", b"\n").split(b"\n")
        rest += first
        for line in others:
            if rest and not is_cut and len(rest) <= MAX_LINE:
                yield rest
            rest, is_cut = line, False

        if len(rest) > MAX_LINE:
            rest, is_cut = b"", True  # The end of it will be left out, too.
    if rest and not is_cut:
        yield rest


def clean_line(line: bytes) -> str:
    """A line as the program wrote it, without what the CI and a terminal's colours add."""
    text = line.decode("utf-8", "replace").removeprefix("\ufeff")
    text = _ESCAPE.sub("", text)
    text = _TIME.sub("", text, count=1) if _TIME.match(text) else text
    return _MARK.sub("", text, count=1).rstrip() if _MARK.match(text) else text.rstrip()


def _plain(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The text of a log, whether it comes as it is or in a zip."""
    bounded = _bounded(pieces)
    start = b""
    for piece in bounded:
        start += piece
        if len(start) >= len(_ZIP):
            break

    whole = chain((start,), bounded)
    if start.startswith((_ZIP, _EMPTY_ZIP)):
        yield from _bounded(_unzipped(whole))
    else:
        yield from whole


def _bounded(pieces: Iterator[bytes]) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > MAX_LOG:
            raise UnavailableError(f"A log is larger than {MAX_LOG >> 20} MiB, and was not read.")
        yield piece


def _unzipped(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The members of a zip, one after the other. It is kept on the disk while it is read."""
    with _temporary() as file:
        for piece in pieces:
            _write(file, piece)

        try:
            yield from _members(file)
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, ValueError):
            raise UnavailableError("A log came as a zip that cannot be read.") from None
        except RuntimeError:  # zipfile's for a password
            raise UnavailableError("A log came as a zip with a password.") from None


def _temporary() -> IO[bytes]:
    try:
        return tempfile.TemporaryFile()
    except OSError as error:
        raise _no_room(error) from None


def _write(file: IO[bytes], piece: bytes) -> None:
    try:
        file.write(piece)
    except OSError as error:
        raise _no_room(error) from None


def _no_room(error: OSError) -> UnavailableError:
    why = error.strerror or type(error).__name__
    return UnavailableError(
        f"A log cannot be kept while it is read ({why}): let TMPDIR name a folder with some space."
    )


def _members(file: IO[bytes]) -> Iterator[bytes]:
    cautious: Any = _Cautious(file)
    with zipfile.ZipFile(cautious) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        if len(members) > MAX_MEMBERS:
            raise UnavailableError(f"A log came as a zip of more than {MAX_MEMBERS} files.")

        for member in members:
            allowed = max(_SMALL, MAX_RATIO * member.compress_size)
            size = 0
            with archive.open(member) as opened:
                while piece := opened.read(_PIECE):
                    size += len(piece)
                    if size > allowed:
                        raise UnavailableError(
                            "A log came as a zip that unpacks to far more than its own size."
                        )
                    yield piece
            yield b"\n"


class _Cautious:
    """A zip of which little is read at once: zipfile makes an object of each row of its directory,
    which it reads whole, before anybody can count them."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek = file.seek
        self.tell = file.tell
        self.seekable = file.seekable

    def read(self, size: int = -1) -> bytes:
        if size > _MAX_DIRECTORY:
            raise zipfile.BadZipFile
        return self._file.read(size if size >= 0 else _MAX_DIRECTORY)
