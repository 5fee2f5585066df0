"""The compressors, with levels close to what builders use. Archive formats are not known here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from queue import SimpleQueue
from typing import Protocol

from conda_provenance.packages.archive.decompression import zstd_library
from conda_provenance.packages.blob import CHUNK
from conda_provenance.packages.files.helper_thread import helper_thread

_SMALL = 1 << 18
_MAX_QUEUED = 16
"""Pieces that wait to be compressed at most, which bounds the memory."""


class _Compressor(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self) -> bytes: ...


def compress_zstd(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """One zstd frame, in whose header the ``size`` of the contents stands.

    Level 14 up to 256 KiB, which the metadata of nearly every package is. The result is within 1 %
    of the builders' levels 15 and 19, in a sixth of the time. Above that, level 19 would take half
    a second and 80 MB of memory for each megabyte of ``paths.json``. Level 9 takes 17 ms and makes
    some 15 % more bytes.
    """
    zstd, is_zstandard = zstd_library()
    compressor = zstd.ZstdCompressor(level=14 if size <= _SMALL else 9)
    if is_zstandard:
        yield from _compress(compressor.compressobj(size=size), chunks)
        return

    compressor.set_pledged_input_size(size)
    yield from _compress(compressor, chunks)


def compress_bz2(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """One bzip2 stream of level 9, as conda packages have it.

    A helper thread compresses while ``chunks`` are made, which means unpacking another stream.
    """
    import bz2

    compressor = bz2.BZ2Compressor(9)
    queued: SimpleQueue[bytes | None] = SimpleQueue()
    results: SimpleQueue[bytes | BaseException] = SimpleQueue()

    def work() -> None:
        while (piece := queued.get()) is not None:
            try:
                results.put(compressor.compress(piece))
            except BaseException as error:
                results.put(error)

    with helper_thread(work, stop=lambda: queued.put(None)) as started:
        if not started:
            yield from _compress(compressor, chunks)
            return

        yield from _through(_gathered(chunks), queued.put, results.get)

    yield compressor.flush()


def compress_gzip(data: bytes) -> bytes:
    """One gzip member that does not say when it was made."""
    import gzip

    return gzip.compress(data, mtime=0)


def _through(
    pieces: Iterable[bytes],
    put: Callable[[bytes], None],
    get: Callable[[], bytes | BaseException],
) -> Iterator[bytes]:
    """What comes back for the pieces, while a bounded number of them waits."""
    waiting = 0
    for piece in pieces:
        put(piece)
        waiting += 1
        if waiting > _MAX_QUEUED:
            yield _bytes_or_raise(get())
            waiting -= 1

    for _ in range(waiting):
        yield _bytes_or_raise(get())


def _bytes_or_raise(result: bytes | BaseException) -> bytes:
    if isinstance(result, BaseException):
        raise result
    return result


def _gathered(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces that are large enough to be worth a queue."""
    held: list[bytes] = []
    size = 0
    for chunk in chunks:
        held.append(chunk)
        size += len(chunk)
        if size >= CHUNK:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held)


def _compress(compressor: _Compressor, chunks: Iterable[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        if data := compressor.compress(chunk):
            yield data
    yield compressor.flush()
