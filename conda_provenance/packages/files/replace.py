"""Replaces files by whole new ones or not at all; knows nothing of what is in them."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import queue
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from conda_provenance.packages.archive.compression import CHUNK, Window
from conda_provenance.packages.files.helper_thread import beside
from conda_provenance.packages.refusals import ChangedMeanwhile, Refusal

_MODE = 0o7777
_OTHERS = "it belongs to another user or group, which would be lost; have its owner do it"
_FICLONE = 0x40049409
"""Linux's ioctl for sharing all blocks of another file; see ioctl_ficlone(2)."""

_NO_LINK = (errno.ENOENT, errno.EXDEV, errno.EPERM, errno.EACCES, errno.ENOSYS, errno.EOPNOTSUPP)
"""How a sandbox says that an open file cannot be given a name through /proc."""

_PIECE = 8 << 20
_SOON_DONE = 16 << 20
"""Bytes that are brought to the disk in some milliseconds."""


class Replacement:
    """A new file for a place, to be written to ``file``, sealed, and then committed by :func:`commit`.

    Where the system has it, the file has no name until then, so that not even a killed process leaves one behind.
    """

    def __init__(self, path: str, temporary: str, old: os.stat_result, *, exists: bool) -> None:
        self.path = path
        """Where it is to stand."""
        self.cloned = False
        """Does it share the old file's blocks?"""
        self._temporary, self._old, self._exists = temporary, old, exists
        self._kept = temporary.removesuffix(".tmp") + ".old.tmp"
        descriptor, self._named = _open_new(temporary)
        self.file: BinaryIO = os.fdopen(descriptor, "w+b")

    def clone(self, source: io.BufferedReader, size: int) -> bool:
        """Begin with the first ``size`` bytes of ``source`` at no cost, where the file system can have files share blocks."""
        try:
            import fcntl

            fcntl.ioctl(self.file.fileno(), _FICLONE, source.fileno())
        except (ImportError, OSError):
            return False
        self.file.truncate(size)
        self.file.seek(size)
        self.cloned = True
        return True

    def seal(self) -> None:
        """Everything is written: give it the old file's owner and mode, and bring it to the disk if that is soon done.

        A large copy is not waited for: that takes several times as long as the copy. File systems write the data of a file
        that is renamed over another before the new name (ext4, btrfs), or share its blocks (XFS, btrfs); where neither holds,
        it is as safe from a power cut as what ``cp`` has written. A kill of the process changes nothing for any file.
        """
        self.file.flush()
        self._dress(self.file)

    def _dress(self, file: BinaryIO) -> None:
        mode = self._old.st_mode & _MODE
        if hasattr(os, "fchown"):
            if self._exists:  # a copy is the copier's
                _keep_owner(file.fileno(), self._old)
            os.fchmod(file.fileno(), mode)
        else:
            os.chmod(self._temporary, mode)
        if self.cloned or os.fstat(file.fileno()).st_size <= _SOON_DONE:
            os.fsync(file.fileno())

    def is_current(self) -> bool:
        """Is the file that will be replaced still the one we have read?"""
        try:
            return not self._exists or _identity(os.stat(self.path)) == _identity(self._old)
        except FileNotFoundError:
            return False

    def put(self, *, keep: bool) -> None:
        """Put the new file into its place; ``keep`` the old one for :meth:`restore`."""
        self.file.close()
        if keep and self._exists:
            with contextlib.suppress(
                OSError
            ):  # where files can have one name only, nothing can be put back
                os.link(self.path, self._kept)
        os.replace(self._temporary, self.path)
        self._named = False

    def restore(self) -> None:
        """Put the old file back."""
        with contextlib.suppress(OSError):
            os.replace(self._kept, self.path)

    def forget(self) -> None:
        """The old file is not needed any more."""
        with contextlib.suppress(OSError):
            os.unlink(self._kept)

    def name(self) -> None:
        """Give the new file a name, by which it can be put into its place."""
        if self._named:
            return
        descriptor = self.file.fileno()
        try:
            # The folder's descriptor is not needed; without it Python does not follow the link, whatever it is told.
            os.link(
                f"/proc/self/fd/{descriptor}",
                self._temporary,
                src_dir_fd=descriptor,
                follow_symlinks=True,
            )
            self._named = True
        except OSError as error:
            if error.errno not in _NO_LINK:
                raise
            with (
                open(self._temporary, "x+b") as named,
                os.fdopen(os.dup(descriptor), "rb") as unnamed,
            ):
                self._named = True
                copy_range(unnamed, named, 0, os.fstat(descriptor).st_size)
                named.flush()
                self._dress(named)

    def discard(self) -> None:
        """Leave nothing of a file that is not in its place."""
        with contextlib.suppress(
            OSError
        ):  # closing writes what is buffered, and a full disk has said so before
            self.file.close()
        if self._named:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._temporary)


@contextmanager
def replacing(path: str, old: os.stat_result, *, exists: bool = True) -> Iterator[Replacement]:
    """A :class:`Replacement` for the file ``path``, no link, with the owner and mode of ``old``.

    ``old`` is also how the file was when it was opened to be read, where it ``exists``. Unless committed within the block,
    nothing of the new file remains.
    """
    # Not named like a package: indexers look for those.
    temporary = os.path.join(os.path.dirname(path), f".{os.urandom(8).hex()}.tmp")
    replacement = None
    try:
        replacement = Replacement(path, temporary, old, exists=exists)
        yield replacement
    finally:
        if replacement is not None:
            replacement.discard()
        else:
            with contextlib.suppress(OSError):
                os.unlink(temporary)


def commit(replacements: Iterable[Replacement], then: Callable[[], None] = lambda: None) -> None:
    """Put all of them into their places, one right behind the other, and call ``then``; a Ctrl-C waits until it is done.

    Raises :class:`ChangedMeanwhile`, before anything is done, if another program has written one of the files since it was
    read. If one cannot be put into its place, those before it are put back, where the file system has hard links.
    """
    replacements = list(replacements)
    with _uninterrupted():
        for replacement in replacements:  # whatever can fail comes before the first is in its place
            replacement.name()
        for replacement in replacements:
            if not replacement.is_current():
                raise ChangedMeanwhile
        done: list[Replacement] = []
        try:
            for replacement in replacements:
                replacement.put(keep=replacement is not replacements[-1])
                done.append(replacement)
        except BaseException:
            for replacement in reversed(done):
                replacement.restore()
            raise
        finally:
            for replacement in replacements[:-1]:
                replacement.forget()
        then()


@contextmanager
def _uninterrupted() -> Iterator[None]:
    handler = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(handler):
        yield
        return
    received: list[tuple[Any, ...]] = []
    signal.signal(signal.SIGINT, lambda *arguments: received.append(arguments))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if received:
            handler(*received[0])


def _open_new(path: str) -> tuple[int, bool]:
    """A new file beside where ``path`` would be, and whether it has that name already."""
    if hasattr(os, "O_TMPFILE") and os.path.isdir("/proc/self/fd"):
        with contextlib.suppress(OSError):  # file systems that have no files without a name
            return os.open(os.path.dirname(path) or ".", os.O_TMPFILE | os.O_RDWR, 0o600), False
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    return os.open(path, flags, 0o600), True


def require_replaceable(path: str, old: os.stat_result) -> None:
    """Refuse what :class:`Replacement` would refuse for a file of this status."""
    if not os.access(os.path.dirname(path) or ".", os.W_OK):
        raise Refusal("its folder may not be written")
    if hasattr(os, "geteuid") and os.geteuid() not in (0, old.st_uid):
        raise Refusal(_OTHERS)


def _keep_owner(descriptor: int, old: os.stat_result) -> None:
    new = os.fstat(descriptor)
    if (new.st_uid, new.st_gid) == (old.st_uid, old.st_gid):
        return
    try:
        os.fchown(descriptor, old.st_uid, old.st_gid)
    except PermissionError:
        raise Refusal(_OTHERS) from None


@contextmanager
def closed_beside(file: io.BufferedReader) -> Iterator[io.BufferedReader]:
    """``file``, closed at the end of the block; a large one by a thread, for freeing its blocks takes as long as copying them."""
    try:
        yield file
    finally:
        try:
            if not file.closed and os.fstat(file.fileno()).st_size > _SOON_DONE:
                threading.Thread(target=file.close, daemon=True).start()
            else:
                file.close()
        except (OSError, RuntimeError):  # no more threads
            file.close()


def copy_range(source: io.BufferedReader, target: BinaryIO, start: int, count: int) -> None:
    """Copy bytes within the kernel where it can (a file system that shares blocks then shares them), else by reading."""
    target.flush()
    done, place = 0, target.tell()
    if hasattr(os, "copy_file_range"):
        try:
            with _writing_back(target.fileno(), count) as write_back:
                while done < count:
                    # With given offsets the files' own positions stay; the target's is set below.
                    size = min(count - done, _PIECE)
                    copied = os.copy_file_range(
                        source.fileno(), target.fileno(), size, start + done, place + done
                    )
                    if not copied:
                        break
                    write_back(place + done, copied)
                    done += copied
        except OSError:
            pass  # an old kernel, two file systems, a full disk: writing below works or says why not
        target.seek(place + done)
    window = Window(source, start + done, count - done)
    while chunk := window.read(CHUNK):
        target.write(chunk)
        done += len(chunk)
    if done < count:
        raise Refusal("it became shorter while it was read; try again")


@contextmanager
def _writing_back(descriptor: int, count: int) -> Iterator[Callable[[int, int], None]]:
    """What has the kernel begin to write a range to the disk, beside the copying of the next one.

    A file system that brings the data to the disk before the name (ext4) would do it all at once when the file is renamed.
    """
    if count <= _SOON_DONE or not hasattr(os, "posix_fadvise"):
        yield lambda *_: None
        return
    ranges: queue.SimpleQueue[tuple[int, int] | None] = queue.SimpleQueue()

    def work() -> None:
        while (piece := ranges.get()) is not None:
            with contextlib.suppress(OSError):
                os.posix_fadvise(
                    descriptor, *piece, os.POSIX_FADV_DONTNEED
                )  # not kept in memory, hence written

    with beside(work, lambda: ranges.put(None)):
        yield lambda start, size: ranges.put((start, size))


def _identity(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size
