"""Compressed streams read within bounds, and the compressors; knows zstd's and bzip2's libraries, no archive format."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from queue import SimpleQueue
from typing import Any, Protocol

from conda_provenance.packages.files.helper_thread import beside
from conda_provenance.packages.refusals import Refusal

CHUNK = 1 << 18
"""Bytes handled at a time."""

_SMALL = 1 << 18
_AHEAD = 16


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class Stream:
    """Decompressed bytes, counted: more than ``limit``, or damage, is a :class:`Refusal`.

    To be closed: left to the garbage collector, a library's own ``close`` would swallow a Ctrl-C that comes just then.
    """

    def __init__(self, raw: Readable, limit: int, damage: tuple[type[Exception], ...]) -> None:
        self._raw, self._left, self._limit, self._damage = raw, limit, limit, damage

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if close := getattr(self._raw, "close", None):
            close()

    def read(self, size: int) -> bytes:
        """``size`` bytes; fewer only at the end."""
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
                f"it unpacks to more than {self._limit >> 20} MiB, which no package of its size and kind should"
            )
        return data


class Window:
    """A range of a file as a file of its own, from ``start`` or from where the file is."""

    def __init__(self, file: Readable, start: int | None, length: int) -> None:
        self._file, self._left = file, length
        if start is not None:
            file.seek(start)  # type: ignore[attr-defined]

    def read(self, size: int = -1, /) -> bytes:
        data = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        return data


def open_zstd(file: Readable, limit: int) -> Stream:
    """The contents of ``file``, one or more zstd frames."""
    zstd, old = _zstd()
    if old:
        raw = io.BufferedReader(
            zstd.ZstdDecompressor().stream_reader(file, read_across_frames=True)
        )
        return Stream(raw, limit, (zstd.ZstdError,))
    return Stream(zstd.ZstdFile(file), limit, (zstd.ZstdError,))


def open_bz2(file: Readable, limit: int) -> Stream:
    """The contents of ``file``, one or more bzip2 streams and nothing behind them."""
    return Stream(_Bz2Streams(file), limit, (OSError, ValueError))


def open_plain(file: Readable, limit: int) -> Stream:
    """``file`` as it is, within the limit."""
    return Stream(Window(file, None, limit + 1), limit, ())


class _Bz2Streams:
    """bzip2 streams one behind the other. The standard library's file passes over what follows and is none: a lost payload."""

    def __init__(self, file: Readable) -> None:
        import bz2

        self._file, self._new = file, bz2.BZ2Decompressor
        self._decompressor = self._new()
        self._held: list[bytes] = []
        self._size = 0

    def read(self, size: int = -1, /) -> bytes:
        while self._size < size and (data := self._next(size - self._size)):
            self._held.append(data)
            self._size += len(data)
        data = b"".join(self._held)
        self._held, self._size = [data[size:]], max(0, len(data) - size)
        return data[:size]

    def _next(self, size: int) -> bytes:
        """Some more bytes; none at the end."""
        while True:
            if self._decompressor.eof:
                behind = self._decompressor.unused_data or self._file.read(CHUNK)
                if not behind:
                    return b""
                self._decompressor = self._new()
                if data := self._decompressor.decompress(behind, size):
                    return data
                continue
            compressed = self._file.read(CHUNK) if self._decompressor.needs_input else b""
            if not compressed and self._decompressor.needs_input:
                raise EOFError
            if data := self._decompressor.decompress(compressed, size):
                return data


def compress_zstd(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """One zstd frame that says how large its contents are.

    Level 14 up to 256 KiB, which nearly every package's metadata is: within 1 % of the builders' levels 15 and 19 at a sixth
    of the time. Above, level 19 takes half a second and 80 MB of memory a megabyte of ``paths.json``; level 9 takes 17 ms and
    gives some 15 % more bytes.
    """
    zstd, old = _zstd()
    level = 14 if size <= _SMALL else 9
    if old:
        yield from _compress(zstd.ZstdCompressor(level=level).compressobj(size=size), chunks)
        return
    compressor = zstd.ZstdCompressor(level=level)
    compressor.set_pledged_input_size(size)
    yield from _compress(compressor, chunks)


def compress_bz2(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """One bzip2 stream, at level 9 as conda packages have it; made beside the making of ``chunks``, which unpacks another."""
    import bz2

    compressor = bz2.BZ2Compressor(9)
    given: SimpleQueue[bytes | None] = SimpleQueue()
    done: SimpleQueue[bytes | BaseException] = SimpleQueue()

    def work() -> None:
        while (piece := given.get()) is not None:
            try:
                done.put(compressor.compress(piece))
            except BaseException as error:
                done.put(error)

    with beside(work, lambda: given.put(None)) as started:
        if not started:
            yield from _compress(compressor, chunks)
            return
        ahead = 0
        for chunk in _gathered(chunks):
            given.put(chunk)
            ahead += 1
            if ahead > _AHEAD:
                yield _result(done.get())
                ahead -= 1
        for _ in range(ahead):
            yield _result(done.get())
    yield compressor.flush()


def _result(said: bytes | BaseException) -> bytes:
    if isinstance(said, BaseException):
        raise said
    return said


def _gathered(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces that are worth handing over."""
    held: list[bytes] = []
    size = 0
    for chunk in chunks:
        held.append(chunk)
        size += len(chunk)
        if size >= CHUNK:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held)


def _compress(compressor: Any, chunks: Iterable[bytes]) -> Iterator[bytes]:
    compress: Callable[[bytes], bytes] = compressor.compress
    for chunk in chunks:
        if data := compress(chunk):
            yield data
    yield compressor.flush()


@cache
def _zstd() -> tuple[Any, bool]:
    """The zstd library that conda-package-streaming uses, and whether it is ``zstandard``, as its older releases have it.

    Loaded when called, for a zstd library costs more to import than the rest of this package.
    """
    from importlib import import_module

    for name in ("compression.zstd", "backports.zstd", "zstandard"):
        try:
            return import_module(name), name == "zstandard"
        except ImportError:
            continue
    raise Refusal("no zstd library is installed; install backports.zstd")
