"""Replaces a file by a whole new one or not at all; knows nothing of what is in it."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from conda_provenance.packages.compression import CHUNK, Window
from conda_provenance.packages.refusals import ChangedMeanwhile, Refusal


class Replacement:
    """A new file beside the old one, to be written to ``file``, sealed, and then committed."""

    def __init__(self, path: str, temporary: str, old: os.stat_result) -> None:
        self.path, self.temporary, self._old = path, temporary, old
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        self.file: BinaryIO = os.fdopen(os.open(temporary, flags, 0o600), "w+b")

    def seal(self) -> None:
        """Everything is written: bring it to the disk, with the old file's owner and mode."""
        self.file.flush()
        if hasattr(os, "fchown"):
            # Not ours to give away, unless root stamps another's file.
            with contextlib.suppress(PermissionError):
                os.fchown(self.file.fileno(), self._old.st_uid, self._old.st_gid)
        os.chmod(self.temporary, self._old.st_mode & 0o7777)
        os.fsync(self.file.fileno())
        self.file.close()

    def commit(self) -> None:
        """Put the new file in the old one's place. :class:`ChangedMeanwhile` if that is no longer the one we read."""
        if _identity(os.stat(self.path)) != _identity(self._old):
            raise ChangedMeanwhile
        os.replace(self.temporary, self.path)
        _sync_folder(os.path.dirname(self.path))


@contextmanager
def replacing(path: str, old: os.stat_result) -> Iterator[Replacement]:
    """A :class:`Replacement` for the file ``path``, no link, whose status was ``old`` when it was opened to be read.

    Unless committed within the block, nothing of it remains.
    """
    # Named before it is made, so that an interrupt in between leaves nothing. Not named like a package: indexers look for those.
    temporary = os.path.join(os.path.dirname(path), f".{os.urandom(8).hex()}.tmp")
    replacement = None
    try:
        replacement = Replacement(path, temporary, old)
        yield replacement
    finally:
        if replacement is not None:
            with contextlib.suppress(OSError):  # closing writes what is buffered, and a full disk has said so before
                replacement.file.close()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


def copy_range(source: io.BufferedReader, target: BinaryIO, start: int, count: int) -> None:
    """Copy bytes within the kernel where it can (a file system that shares blocks then shares them), else by reading."""
    target.flush()
    done = 0
    if hasattr(os, "copy_file_range"):
        try:
            while done < count:
                # With given offsets the files' own positions stay; the target's is set below.
                copied = os.copy_file_range(
                    source.fileno(), target.fileno(), min(count - done, 1 << 30), start + done, target.tell() + done
                )
                if not copied:
                    break
                done += copied
        except OSError:
            pass  # an old kernel, two file systems, a full disk: writing below works or says why not
        target.seek(done, os.SEEK_CUR)
    window = Window(source, start + done, count - done)
    while chunk := window.read(CHUNK):
        target.write(chunk)
        done += len(chunk)
    if done < count:
        raise Refusal("it became shorter while it was read; try again")


def _identity(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size


def _sync_folder(folder: str) -> None:
    """Make the new name last. What cannot be synced (Windows, some network file systems) stays whole all the same."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
