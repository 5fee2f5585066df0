"""Replaces files by whole new ones, or not at all. What is in them is not known here."""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from conda_provenance.packages.blob import FileBlob
from conda_provenance.packages.files.copy import SOON_WRITTEN, copy_range, share_blocks
from conda_provenance.packages.files.interrupts import uninterrupted
from conda_provenance.packages.files.ownership import (
    Attributes,
    attributes_of,
    give_owner,
    give_permissions,
    require_replaceable,
)
from conda_provenance.packages.files.running_digest import RunningDigest, identity_of
from conda_provenance.packages.refusals import ChangedMeanwhile

_NO_LINK = (
    errno.ENOENT,
    errno.EXDEV,
    errno.EPERM,
    errno.EACCES,
    errno.ENOSYS,
    errno.EOPNOTSUPP,
)
"""How a sandbox says that an open file cannot be given a name through /proc."""


_TEMPORARY = re.compile(r"\.[0-9a-f]{16}(\.old)?\.tmp")


class Replacement:
    """A new file for the place ``path``.

    Write it to ``file``, seal it, and let :func:`commit` put it into its place.

    Where the system can, the file has no name until then. Not even a killed process leaves one.
    """

    def __init__(
        self,
        path: str,
        temporary: str,
        old: os.stat_result,
        attributes: Attributes,
        *,
        exists: bool,
    ) -> None:
        self.path = path
        """Where it is to stand."""
        self._temporary = temporary
        self._backup = temporary.removesuffix(".tmp") + ".old.tmp"
        self._old = old
        self._attributes = attributes
        self._exists = exists
        self._shares_blocks = False
        self.digest: RunningDigest | None = None
        """Hashes what is written, if somebody wants the digest."""
        descriptor, self._is_named = _open_new(temporary)
        self.file: BinaryIO = os.fdopen(descriptor, "w+b")

    def clone(self, source: FileBlob, size: int) -> bool:
        """Begin with the first ``size`` bytes of ``source``, if the two files can share blocks."""
        if not share_blocks(source, self.file):
            return False

        self.file.truncate(size)
        self.file.seek(size)
        self._shares_blocks = True
        return True

    def seal(self) -> None:
        """Finish a written file: give it owner, mode and attributes, and write it to the disk.

        A large copy is not waited for: that would take several times as long as the copy.
        File systems write the data of a file that is renamed over another before the new name
        (ext4, btrfs), or the two share blocks (XFS, btrfs). Where neither holds, the new file is as
        safe from a power cut as one that ``cp`` has written. A kill of the process harms no file.
        """
        self.file.flush()
        self._finish(self.file)

    def _finish(self, file: BinaryIO) -> None:
        descriptor = file.fileno()
        if self._exists:  # A copy belongs to whoever makes it.
            require_replaceable(self.path)
            give_owner(descriptor, self._old)
        give_permissions(
            self._temporary, descriptor, self._old, self._attributes, exists=self._exists
        )
        if self._shares_blocks or os.fstat(descriptor).st_size <= SOON_WRITTEN:
            os.fsync(descriptor)

    def is_current(self) -> bool:
        """Is the file that will be replaced still the one that was read?"""
        try:
            return not self._exists or identity_of(os.stat(self.path)) == identity_of(self._old)
        except FileNotFoundError:
            return False

    def name(self) -> None:
        """Give the new file a name, by which it can be moved to its place."""
        if self._is_named:
            return

        descriptor = self.file.fileno()
        try:
            # The folder's descriptor is not needed. But without one, Python does not follow the
            # link, whatever follow_symlinks says.
            os.link(
                f"/proc/self/fd/{descriptor}",
                self._temporary,
                src_dir_fd=descriptor,
                follow_symlinks=True,
            )
            self._is_named = True
        except OSError as error:
            if error.errno not in _NO_LINK:
                raise
            self._copy_to_named_file()

    def _copy_to_named_file(self) -> None:
        with (
            open(self._temporary, "x+b") as named,
            open(os.dup(self.file.fileno()), "rb", buffering=0) as unnamed,
        ):
            self._is_named = True
            blob = FileBlob(unnamed)
            copy_range(blob, named, 0, blob.size)
            named.flush()
            self._finish(named)

    def put(self, *, keep: bool) -> None:
        """Move the new file to its place. ``keep`` the old one for :meth:`restore`."""
        self.file.close()
        if keep and self._exists:
            # Where a file can have one name only, nothing can be restored.
            with contextlib.suppress(OSError):
                os.link(self.path, self._backup)
        os.replace(self._temporary, self.path)
        self._is_named = False

    def restore(self) -> bool:
        """Put the old file back. Returns whether that was possible."""
        try:
            os.replace(self._backup, self.path)
        except OSError:
            return False
        return True

    def forget(self) -> None:
        """Remove the old file: it is not needed any more."""
        with contextlib.suppress(OSError):
            os.unlink(self._backup)

    def discard(self) -> None:
        """Remove the new file if it has not been put into its place."""
        # Closing writes what is buffered. A disk that is full has said so before.
        with contextlib.suppress(OSError):
            self.file.close()
        if self._is_named:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._temporary)


def remove_temporary_files(folder: str) -> None:
    """Remove what a killed process has left. The folder must be locked."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for path in [entry.path for entry in entries if _TEMPORARY.fullmatch(entry.name)]:
            os.unlink(path)


@contextmanager
def replacing(
    path: str, old: os.stat_result, *, copied_from: FileBlob | str | None = None
) -> Iterator[Replacement]:
    """A :class:`Replacement` for the file ``path``, which is no link.

    It gets the owner, mode, ACL and attributes of that file. ``old`` is how it was when it was
    opened to be read. What is ``copied_from`` another file gets the mode and the ACL of that one,
    and belongs to whoever makes it.

    Unless committed in this block, nothing of the new file remains.
    """
    exists = copied_from is None
    like = path if copied_from is None else copied_from
    attributes = attributes_of(like if isinstance(like, str) else like.file.fileno())
    # Not named like a package: indexers look for those.
    temporary = os.path.join(os.path.dirname(path), f".{os.urandom(8).hex()}.tmp")
    replacement = None
    try:
        replacement = Replacement(path, temporary, old, attributes, exists=exists)
        yield replacement
    finally:
        if replacement is not None:
            replacement.discard()
        else:
            with contextlib.suppress(OSError):
                os.unlink(temporary)


def commit(
    replacements: Iterable[Replacement],
    then: Callable[[], None] = lambda: None,
    undone: Callable[[], None] = lambda: None,
) -> None:
    """Put all of them into their places in a row, and call ``then``. A Ctrl-C waits until the end.

    Raises :class:`ChangedMeanwhile`, before anything is done, if another program has written one of
    the files since it was read. If one cannot be put into its place, those before it are put back,
    where the file system has hard links. ``undone`` is called when every file is what it was.
    """
    replacements = list(replacements)
    done: list[Replacement] = []
    with uninterrupted():
        try:
            # Whatever can fail comes before the first one is in its place.
            for replacement in replacements:
                replacement.name()
            for replacement in replacements:
                if not replacement.is_current():
                    raise ChangedMeanwhile
            for replacement in replacements:
                replacement.put(keep=replacement is not replacements[-1])
                done.append(replacement)
        except BaseException:
            restored = [replacement.restore() for replacement in reversed(done)]
            if all(restored):
                undone()
            raise
        finally:
            for replacement in replacements[:-1]:
                replacement.forget()
        then()


def _open_new(path: str) -> tuple[int, bool]:
    """A new file in the folder of ``path``, and whether it has that name already."""
    if hasattr(os, "O_TMPFILE") and os.path.isdir("/proc/self/fd"):
        # Some file systems have no files without a name.
        with contextlib.suppress(OSError):
            return os.open(os.path.dirname(path) or ".", os.O_TMPFILE | os.O_RDWR, 0o600), False

    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    return os.open(path, flags, 0o600), True
