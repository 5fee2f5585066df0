"""``Blob``: bytes that can be read at any place, be they a file, a remote file or in memory.

What the bytes mean is not known here, nor how they are fetched over a network.
"""

from __future__ import annotations

import io
import os
import stat
from typing import BinaryIO, Protocol, cast

from conda_provenance.packages.refusals import PathLike, Refusal

CHUNK = 1 << 18
"""Bytes handled at a time."""


class Blob(Protocol):
    """Bytes of a known number that can be read at any place."""

    @property
    def size(self) -> int:
        """How many bytes there are."""

    def read(self, start: int, length: int, /) -> bytes:
        """``length`` bytes from offset ``start``. Fewer only where the blob ends."""


class BytesBlob:
    """Bytes in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @property
    def size(self) -> int:
        return len(self._data)

    def read(self, start: int, length: int, /) -> bytes:
        return self._data[start : start + length]


class FileBlob:
    """An open file, of the size that it has when the blob is made. Threads may share it."""

    def __init__(self, file: BinaryIO | io.FileIO) -> None:
        self.file = file
        self.status = os.fstat(file.fileno())

    def __enter__(self) -> FileBlob:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.file.close()

    @property
    def size(self) -> int:
        return self.status.st_size

    def is_unchanged(self) -> bool:
        """Has nobody written to the file, or set its time, since it was opened?"""
        now, then = os.fstat(self.file.fileno()), self.status
        return (now.st_size, now.st_mtime_ns) == (then.st_size, then.st_mtime_ns) and (
            os.name == "nt" or now.st_ctime_ns == then.st_ctime_ns
        )

    def read(self, start: int, length: int, /) -> bytes:
        return _read_at(self.file.fileno(), length, start)


if hasattr(os, "pread"):
    _read_at = os.pread
else:
    import threading

    _positions = threading.Lock()

    def _read_at(descriptor: int, length: int, start: int, /) -> bytes:
        with _positions:
            os.lseek(descriptor, start, os.SEEK_SET)
            return os.read(descriptor, length)


def open_file_blob(path: PathLike) -> FileBlob:
    """Open a file, which the blob closes at the end of a ``with`` block.

    Only a regular file is opened: a pipe would make us wait for its other end.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise Refusal("it is no regular file")
    return FileBlob(open(path, "rb", buffering=0))


class Prefetching(Blob, Protocol):
    """A blob that is told which range will be read next, for where every read is a request."""

    piece: int
    """Bytes to read at a time."""
    from_front: bool
    """Is its beginning at hand, rather than its end?"""
    past_payload: bool
    """May what lies after the payload be found from the front? Otherwise its end is asked."""

    def fetch(self, start: int, length: int) -> None:
        """This range will be read, from its beginning on. It may be got in one piece."""


class ReadAhead:
    """A blob that remembers the ranges it was told to fetch."""

    piece = 4 << 20
    """Nearly every info member is smaller."""
    from_front = past_payload = False

    def __init__(self, blob: Blob) -> None:
        self._blob = blob
        self._fetched: list[tuple[int, bytes]] = []

    @property
    def size(self) -> int:
        return self._blob.size

    def fetch(self, start: int, length: int) -> None:
        """Read this range now, in one piece, unless it has been fetched already, or is large."""
        if length <= self.piece and self._from_memory(start, length) is None:
            self._fetched.append((start, self._blob.read(start, length)))

    def read(self, start: int, length: int, /) -> bytes:
        data = self._from_memory(start, length)
        return self._blob.read(start, length) if data is None else data

    def _from_memory(self, start: int, length: int) -> bytes | None:
        for first, data in self._fetched:
            if first <= start and start + length <= first + len(data):
                return data[start - first : start - first + length]
        return None


def prefetching(blob: Blob) -> Prefetching:
    """The blob itself if it can fetch ahead, or else one that does it for it."""
    # A protocol that is checked at run time takes longer than reading a small package.
    return cast("Prefetching", blob) if hasattr(blob, "fetch") else ReadAhead(blob)


class BlobReader:
    """A range of a blob, read from its beginning to its end."""

    def __init__(
        self, blob: Blob, start: int = 0, length: int | None = None, *, piece: int | None = None
    ) -> None:
        """``piece``: hand out no more than so many bytes at a time."""
        self._blob = blob
        self._piece = piece
        self._position = start
        self._end = blob.size if length is None else start + length

    def read(self, size: int, /) -> bytes:
        """The next ``size`` bytes. Fewer only at the end of the range, or if that is a piece."""
        wanted = min(size, self._end - self._position)
        if self._piece is not None:
            wanted = min(wanted, self._piece)
        data = self._blob.read(self._position, wanted) if wanted else b""
        if len(data) < wanted:
            raise Refusal("it became shorter while it was read; try again")

        self._position += len(data)
        return data
