"""Copies ranges of bytes between files as cheaply as the system can."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from conda_provenance.packages.blob import CHUNK, BlobReader, FileBlob
from conda_provenance.packages.files.helper_thread import helper_thread
from conda_provenance.packages.files.running_digest import RunningDigest

SOON_WRITTEN = 16 << 20
"""Bytes that reach the disk within some milliseconds."""

_FICLONE = 0x40049409
"""Linux's ioctl that makes two files share all blocks; see ioctl_ficlone(2)."""

_PIECE = 2 << 20
_HASHED = 1 << 20
"""Bytes that are copied, and then hashed, at a time."""

_WRITTEN_BACK = 4 << 20
"""The same of what is written to the disk: the copy waits for each time."""


def share_blocks(source: FileBlob, target: BinaryIO) -> bool:
    """Make ``target`` share the blocks of ``source``, at no cost. Not every file system can."""
    try:
        import fcntl

        fcntl.ioctl(target.fileno(), _FICLONE, source.file.fileno())
    except (ImportError, OSError):
        return False
    return True


def copy_range(
    source: FileBlob,
    target: BinaryIO,
    start: int,
    count: int,
    digest: RunningDigest | None = None,
) -> None:
    """Copy ``count`` bytes from offset ``start`` to the end of ``target``, where it stands.

    The kernel copies where it can. A file system that shares blocks then shares them. Where
    somebody wants the ``digest`` of a large file, the bytes go through here instead, and are hashed
    at the same time: that takes as long as hashing them alone.
    """
    target.flush()
    place = target.tell()
    if digest is not None and count > SOON_WRITTEN:
        _copy_hashed(source, target, start, count, digest)
        return

    done = _copy_in_kernel(source, target, start, count, place)
    target.seek(place + done)

    reader = BlobReader(source, start + done, count - done)
    while chunk := reader.read(CHUNK):
        target.write(chunk)


def _copy_hashed(
    source: FileBlob, target: BinaryIO, start: int, count: int, digest: RunningDigest
) -> None:
    reader = BlobReader(source, start, count)
    place = begun = target.tell()
    with (
        _early_write_back(target.fileno(), count) as write_back,
        digest.following(target) as see,
    ):
        while chunk := reader.read(_HASHED):
            target.write(chunk)
            see(chunk)
            place += len(chunk)
            if place - begun >= _WRITTEN_BACK:
                write_back(begun, place - begun)
                begun = place


def _copy_in_kernel(source: FileBlob, target: BinaryIO, start: int, count: int, place: int) -> int:
    """How many bytes the kernel has copied, which may be fewer than ``count``."""
    if not hasattr(os, "copy_file_range"):
        return 0

    done = 0
    # An OSError is an old kernel, two file systems or a full disk. Plain writing works then, or it
    # says why it does not.
    with contextlib.suppress(OSError), _early_write_back(target.fileno(), count) as write_back:
        while done < count:
            copied = os.copy_file_range(
                source.file.fileno(),
                target.fileno(),
                min(count - done, _PIECE),
                start + done,
                place + done,
            )
            if not copied:
                break
            write_back(place + done, copied)
            done += copied
    return done


@contextmanager
def _early_write_back(descriptor: int, count: int) -> Iterator[Callable[[int, int], None]]:
    """Yields a function that makes the kernel write a range to the disk while the next is copied.

    A file system that writes the data before the name (ext4) would otherwise write all of it at
    once, when the file is renamed.
    """
    if count <= SOON_WRITTEN or not hasattr(os, "posix_fadvise"):
        yield lambda *_: None
        return

    from queue import SimpleQueue

    ranges: SimpleQueue[tuple[int, int] | None] = SimpleQueue()
    copied = False

    def work() -> None:
        # What is left when all is copied is not worth waiting for.
        while (piece := ranges.get()) is not None and not copied:
            # To drop a range from memory, the kernel writes it.
            with contextlib.suppress(OSError):
                os.posix_fadvise(descriptor, *piece, os.POSIX_FADV_DONTNEED)

    def stop() -> None:
        nonlocal copied
        copied = True
        ranges.put(None)

    with helper_thread(work, stop=stop):
        yield lambda start, size: ranges.put((start, size))
