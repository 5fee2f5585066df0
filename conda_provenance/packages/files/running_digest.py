"""``RunningDigest``: the sha256 of a file, computed while the file is written.

What is written, and why somebody wants its digest, is not known here.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import BinaryIO, NamedTuple

from conda_provenance.packages.blob import FileBlob
from conda_provenance.packages.files.helper_thread import helper_thread
from conda_provenance.packages.refusals import ChangedMeanwhile

_PIECE = 1 << 20
_AHEAD = 8
"""Pieces that may have been written and not been hashed."""


class Written(NamedTuple):
    """A file that was written, and its digest."""

    sha256: str
    identity: tuple[int, int, int, int]

    def is_at(self, path: str) -> bool:
        """Is it still this file that stands there, and has nobody written to it?"""
        try:
            return identity_of(os.stat(path)) == self.identity
        except OSError:
            return False


class RunningDigest:
    """Bytes that are written one after the other are hashed as they are. The rest is read back."""

    def __init__(self) -> None:
        import hashlib  # OpenSSL takes a while to load.

        self._checksum = hashlib.sha256(usedforsecurity=False)
        self._size = 0
        """Bytes of the file's beginning that are hashed."""

    @contextmanager
    def following(self, file: BinaryIO) -> Iterator[Callable[[bytes], None]]:
        """Yields a function for bytes that are appended to the file in this block.

        A helper thread hashes them. What is in the file by now must not change any more.
        """
        self._read_back(file)
        file.seek(0, os.SEEK_END)  # Where there is no pread, reading has moved it.
        pieces: SimpleQueue[bytes | None] = SimpleQueue()
        room: SimpleQueue[None] = SimpleQueue()
        for _ in range(_AHEAD):
            room.put(None)

        def work() -> None:
            while piece := pieces.get():
                self._see(piece)
                room.put(None)

        def see(piece: bytes) -> None:
            room.get()
            pieces.put(piece)

        with helper_thread(work, stop=lambda: pieces.put(None)) as is_started:
            yield see if is_started else self._see

    def finish(self, file: BinaryIO) -> Written:
        """The digest of the whole file, which must not change any more."""
        self._read_back(file)
        return Written(self._checksum.hexdigest(), identity_of(os.fstat(file.fileno())))

    def _read_back(self, file: BinaryIO) -> None:
        file.flush()
        blob = FileBlob(file)
        while piece := blob.read(self._size, _PIECE):
            self._see(piece)
        if self._size != blob.size:
            raise ChangedMeanwhile

    def _see(self, piece: bytes) -> None:
        self._checksum.update(piece)
        self._size += len(piece)


def identity_of(status: os.stat_result) -> tuple[int, int, int, int]:
    """Equal, as long as a file is the same and nobody has written to it."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
