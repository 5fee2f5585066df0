"""Compressed data, read within bounds. Archive formats are not known here."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache
from typing import Any, Protocol

from conda_provenance.packages.blob import CHUNK
from conda_provenance.packages.refusals import Refusal

_AT_LEAST = 1 << 14
"""Bytes that are unpacked at a time. Each time, other threads take turns with this one."""


class Readable(Protocol):
    """What hands out its bytes from beginning to end, such as a :class:`BlobReader`."""

    def read(self, size: int, /) -> bytes:
        """At most the next ``size`` bytes. None at the end."""


class _Decompressor(Protocol):
    """What the decompressors of the standard library have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class Stream:
    """Decompressed bytes, counted. More than ``limit``, or damage, is a :class:`Refusal`.

    Close it. If the garbage collector had to, zstandard's own ``close`` would swallow a Ctrl-C that
    comes just then.
    """

    def __init__(self, raw: Readable, limit: int, damage: tuple[type[Exception], ...]) -> None:
        self._raw = raw
        self._limit = limit
        self._left = limit
        self._damage = damage

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if close := getattr(self._raw, "close", None):
            close()

    def read(self, size: int) -> bytes:
        """The next ``size`` bytes. Fewer only at the end."""
        try:
            data = self._raw.read(size)
        except EOFError:
            raise Refusal("its compressed data is cut short; fetch or build it again") from None
        except self._damage as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise
            raise Refusal("its compressed data is damaged; fetch or build it again") from error

        self._left -= len(data)
        if self._left < 0:
            raise Refusal(
                f"it unpacks to more than {self._limit >> 20} MiB, which no file of its size"
                " and kind should"
            )
        return data


def open_zstd(source: Readable, limit: int) -> Stream:
    """The contents of ``source``: one zstd frame, or several in a row."""
    zstd, is_zstandard = zstd_library()
    if is_zstandard:
        decompressor = zstd.ZstdDecompressor()
        raw = io.BufferedReader(decompressor.stream_reader(source, read_across_frames=True))
        return Stream(raw, limit, (zstd.ZstdError,))

    return Stream(_Frames(source, zstd.ZstdDecompressor), limit, (zstd.ZstdError,))


def open_bz2(source: Readable, limit: int) -> Stream:
    """The contents of ``source``: one bzip2 stream, or several in a row."""
    import bz2  # A .conda does not need it.

    return Stream(_Frames(source, bz2.BZ2Decompressor), limit, (OSError, ValueError))


def open_gzip(source: Readable, limit: int) -> Stream:
    """The contents of ``source``: one gzip member, or several in a row."""
    import gzip
    import zlib

    file: Any = source  # It is only read, from its beginning to its end.
    return Stream(gzip.GzipFile(fileobj=file), limit, (OSError, zlib.error))


def open_plain(source: Readable, limit: int) -> Stream:
    """``source`` as it is, within the limit."""
    return Stream(source, limit, ())


class _Frames:
    """Compressed frames in a row, and nothing after them.

    The file class in bz2 ignores what follows the first stream if it is not a bzip2 stream.
    That would lose a part of the package without a word.
    """

    def __init__(self, source: Readable, new_decompressor: Callable[[], _Decompressor]) -> None:
        self._source = source
        self._new_decompressor = new_decompressor
        self._decompressor = new_decompressor()
        self._buffer = b""
        self._position = 0

    def read(self, size: int, /) -> bytes:
        end = self._position + size
        if end > len(self._buffer):
            self._fill(size)
            end = size

        data = self._buffer[self._position : end]
        self._position += len(data)
        return data

    def _fill(self, size: int) -> None:
        """Have ``size`` bytes in the buffer, unless the end comes before."""
        pieces = [self._buffer[self._position :]]
        missing = size - len(pieces[0])
        while missing > 0 and (piece := self._next(max(missing, _AT_LEAST))):
            pieces.append(piece)
            missing -= len(piece)
        self._buffer = b"".join(pieces)
        self._position = 0

    def _next(self, size: int) -> bytes:
        """Some more bytes, ``size`` at most. None at the end."""
        while True:
            if self._decompressor.eof:
                compressed = self._decompressor.unused_data or self._source.read(CHUNK)
                if not compressed:
                    return b""
                self._decompressor = self._new_decompressor()
            elif self._decompressor.needs_input:
                compressed = self._source.read(CHUNK)
                if not compressed:
                    raise EOFError
            else:
                compressed = b""

            if data := self._decompressor.decompress(compressed, size):
                return data


@cache
def zstd_library() -> tuple[Any, bool]:
    """The zstd library that conda-package-streaming uses, and whether it is ``zstandard``.

    Older releases of it use ``zstandard``. The library is loaded when it is first needed, because
    importing it takes longer than importing the rest of this package.
    """
    from importlib import import_module

    for name in ("compression.zstd", "backports.zstd", "zstandard"):
        try:
            return import_module(name), name == "zstandard"
        except ImportError:
            continue
    raise Refusal("no zstd library is installed; install backports.zstd")
