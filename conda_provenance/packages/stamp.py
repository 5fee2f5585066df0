"""Writes into the ``extra`` of a finished package: about.json changes, nothing else does."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

from conda_provenance.packages import compression, container, tarstream
from conda_provenance.packages.about import ABOUT, MAX_SIZE, Unchanged, with_extra
from conda_provenance.packages.container_copy import copy_with
from conda_provenance.packages.index import Digests, corrections, update_index_entry, with_digests
from conda_provenance.packages.read import is_container, open_info, open_package, open_tar
from conda_provenance.packages.refusals import ChangedMeanwhile, PathLike, Refusal, refusals
from conda_provenance.packages.replacing import Replacement, replacing

_MAX_KEPT = 1 << 20
"""Bytes of metadata, unpacked, that are kept in memory; more is read twice."""


def update_extra(path: PathLike, changes: Mapping[str, str | None]) -> bool:
    """Set these keys in the ``extra`` of a package file's about.json, or remove them where the value is ``None``.

    The file, or the one that a link leads to, is replaced in one step by a whole new one of the same owner and mode; what is
    not about.json keeps its bytes. Returns whether anything changed: if not, the file stays as it is, byte for byte.
    Raises :class:`~conda_provenance.errors.PackageError` if it cannot be done; the file is then as it was.

    An index that lists the package is not corrected; :func:`stamp_package` does both.
    """
    with refusals(path, "stamped"), _stamped(os.path.realpath(path), changes) as replacement:
        if replacement is not None:
            replacement.commit()
        return replacement is not None


def stamp_package(path: PathLike, changes: Mapping[str, str | None]) -> str:
    """:func:`update_extra`, and the indexes beside the package corrected in the same step; returns the file's SHA-256 as hex.

    Everything is written before anything is replaced: what fails leaves package and indexes as they were. The indexes are
    corrected also if the package needs no change, which mends what an interruption between the two left behind.
    """
    with ExitStack() as stack:
        stack.enter_context(refusals(path, "stamped"))
        real = os.path.realpath(path)
        replacement = stack.enter_context(_stamped(real, changes))
        digests = Digests.of(replacement.temporary if replacement else real)
        indexes = stack.enter_context(corrections(path, with_digests(digests)))
        if replacement:
            replacement.commit()
        try:
            indexes.commit()
        except ChangedMeanwhile:  # a builder put another package in
            update_index_entry(path)
    return digests.sha256


@contextmanager
def _stamped(path: str, changes: Mapping[str, str | None]) -> Iterator[Replacement | None]:
    """The stamped package beside the old one, whole and closed but not yet in its place; ``None`` if it would be the same."""
    with ExitStack() as stack:
        try:
            replacement = _write(path, changes, stack)
        except Unchanged:
            replacement = None
        yield replacement


def _write(path: str, changes: Mapping[str, str | None], stack: ExitStack) -> Replacement:
    if os.path.isdir(path):
        raise Refusal("it is a folder, and only package files are stamped")
    edits = {ABOUT: lambda data: with_extra(data, changes)}
    with open_package(path) as file:
        old = os.fstat(file.fileno())
        if not is_container(file):
            replacement = stack.enter_context(replacing(path, old))
            for chunk in compression.compress_bz2(tarstream.rewrite(open_tar(file), edits, MAX_SIZE)):
                replacement.file.write(chunk)
        else:
            zipped = container.read_container(file)
            info = zipped.info()
            for member in zipped.members:
                container.require_stored(member)
            container.check_crc(file, info)
            # Before there is a new file, for a zstd frame begins with the size of what is in it.
            kept, size = _kept(tarstream.rewrite(open_info(file, info), edits, MAX_SIZE))
            replacement = stack.enter_context(replacing(path, old))
            copy_with(file, zipped, info, _compressed(file, info, edits, kept, size), replacement.file)
    replacement.seal()
    return replacement


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


def _compressed(
    file: io.BufferedReader,
    info: container.Member,
    edits: Mapping[str, Callable[[bytes], bytes]],
    kept: list[bytes] | None,
    size: int,
) -> Iterator[bytes]:
    # A generator, for opening the member moves the file's position: it must not happen before the copy has come to it.
    chunks = tarstream.rewrite(open_info(file, info), edits, MAX_SIZE) if kept is None else kept
    yield from compression.compress_zstd(chunks, size)
