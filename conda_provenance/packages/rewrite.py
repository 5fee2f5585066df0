"""Writes a package file with other metadata. What the metadata means is not known here."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from typing import NamedTuple

from conda_provenance.packages.archive import compression, tar
from conda_provenance.packages.archive.zip_copy import copy_with
from conda_provenance.packages.blob import FileBlob, open_file_blob
from conda_provenance.packages.files.copy import copy_range
from conda_provenance.packages.files.release import close_replaced
from conda_provenance.packages.files.replace import Replacement, replacing
from conda_provenance.packages.files.running_digest import RunningDigest
from conda_provenance.packages.metadata import Container, open_info, open_tar

_MAX_KEPT = 1 << 20
"""Bytes of unpacked metadata that are kept in memory. More is unpacked twice."""


@contextmanager
def opened_to_replace(path: str) -> Iterator[FileBlob]:
    """A file that is open until the new one is in its place, which is when its blocks are freed."""
    blob = open_file_blob(path)
    try:
        yield blob
    finally:
        close_replaced(blob)


class NewFiles(NamedTuple):
    """What changes in the metadata: the data of files by their paths."""

    replaced: Mapping[str, bytes] = {}
    added: Mapping[str, bytes] = {}
    """Files that the package does not have yet."""

    def __bool__(self) -> bool:
        return bool(self.replaced or self.added)


def rewritten(
    blob: FileBlob,
    container: Container | None,
    new: NewFiles,
    place: str,
    stack: ExitStack,
    *,
    in_place: bool,
    digest: RunningDigest | None = None,
) -> Replacement:
    """The package with the ``new`` files, for ``place``. ``digest`` hashes what is written."""
    if container is None:
        replacement = stack.enter_context(
            replacing(place, blob.status, copied_from=None if in_place else blob)
        )
        with closing(_tar_bytes(blob, None, new)) as chunks:
            for chunk in compression.compress_bz2(chunks):
                replacement.file.write(chunk)
        return replacement

    # Unpacked before there is a new file: a zstd frame begins with the size of its contents.
    with closing(_tar_bytes(blob, container, new)) as chunks:
        kept, size = _kept(chunks)
    replacement = stack.enter_context(
        replacing(place, blob.status, copied_from=None if in_place else blob)
    )
    with closing(_tar_bytes(blob, container, new)) as again:
        data = compression.compress_zstd(again if kept is None else kept, size)
        replacement.digest = digest
        copy_with(blob, container.directory, container.info, data, replacement)
    return replacement


def copied(
    blob: FileBlob, place: str, stack: ExitStack, digest: RunningDigest | None = None
) -> Replacement:
    """The package as it is, for ``place``, where no file is replaced."""
    replacement = stack.enter_context(replacing(place, blob.status, copied_from=blob))
    if not replacement.clone(blob, blob.size):
        copy_range(blob, replacement.file, 0, blob.size, digest)
    return replacement


def _tar_bytes(
    blob: FileBlob, container: Container | None, new: NewFiles
) -> Generator[bytes, None, None]:
    with open_info(blob, container.info) if container else open_tar(blob) as stream:
        yield from tar.rewrite(stream, new.replaced, new.added)


def _kept(chunks: Iterable[bytes]) -> tuple[list[bytes] | None, int]:
    """The chunks, unless they are too large to be kept in memory, and their size in bytes."""
    kept: list[bytes] | None = []
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > _MAX_KEPT:
            kept = None
        elif kept is not None:
            kept.append(chunk)
    return kept, size
