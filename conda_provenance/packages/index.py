"""The indexes beside a package: which there are, and correcting them.

What a record looks like is known in index_records. rattler-build writes a single repodata.json.
conda-index and rattler-index write the others too, if asked to.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from conda_provenance.log import logger
from conda_provenance.packages.archive import compression, decompression
from conda_provenance.packages.blob import CHUNK, BlobReader, FileBlob, open_file_blob
from conda_provenance.packages.files.digests import Digests
from conda_provenance.packages.files.lock import locked
from conda_provenance.packages.files.places import places_of
from conda_provenance.packages.files.replace import Replacement, commit, replacing
from conda_provenance.packages.index_records import may_list, with_digests, without_package
from conda_provenance.packages.refusals import (
    ChangedMeanwhile,
    PathLike,
    Refusal,
    refusals,
    shown_path,
)

MAIN_INDEX = "repodata.json"

_INDEXES = tuple(
    name + ending
    for name in (MAIN_INDEX, "repodata_from_packages.json", "current_repodata.json")
    for ending in ("", ".zst", ".bz2")
)
_DERIVED = (
    "repodata_shards.msgpack.zst",
    "repodata_shards.msgpack",
    "repodata.jlap",
    "repodata.json.gz",
)
"""Made from repodata.json, to which clients fall back. They are named after their own checksums, so
they cannot be corrected in place."""

_LIMIT = 1 << 30
_SMALL_INDEX, _EXPANSION = 64 << 20, 100
"""Bytes, and times its own size, that a compressed index may unpack to. Real ones unpack to ten
times theirs."""

_ATTEMPTS = 20

Edit = Callable[[str, str], str]
"""Changes the text of an index for the package whose file has this name.

Gives back the same text if there is nothing to change.
"""


@dataclass(slots=True)
class Corrections:
    """Corrected indexes that are not in their places yet, and files that are out of date then."""

    replacements: list[Replacement] = field(default_factory=list)
    derived: list[str] = field(default_factory=list)

    def remove_derived(self) -> None:
        """Remove what is out of date. Call it when the replacements are in their places."""
        if not self.derived:
            return

        log = logger()
        for path in self.derived:
            try:
                os.unlink(path)
            except FileNotFoundError:
                continue
            except OSError:
                what = "is out of date and cannot be removed"
            else:
                what = "was out of date and is removed"
            log.warning("conda-provenance: %s %s; run the indexer again.", shown_path(path), what)


def update_index_entry(package_path: PathLike, index_path: PathLike | None = None) -> bool:
    """Bring checksums and size of the package up to date in ``index_path``.

    Without one, in the indexes in the package's folder: repodata.json, repodata_from_packages.json
    and current_repodata.json, and their ``.zst`` and ``.bz2`` copies. The sharded index is removed,
    because it is named after its own checksums; clients fall back to repodata.json. All else in
    an index keeps its bytes, and an index that does not list the package is left alone.

    Returns whether anything changed. Raises :class:`~conda_provenance.errors.PackageError`.
    """
    with (
        refusals(package_path, "indexed"),
        locked(folders_to_lock(package_path, index_path)),
        open_file_blob(package_path) as blob,
    ):
        return _apply(package_path, digests_edit(blob), index_path)


def withdraw_package(package_path: PathLike) -> None:
    """Take a package out of the indexes in its folder, and remove its file.

    Raises :class:`~conda_provenance.errors.PackageError`.
    """
    with refusals(package_path, "withdrawn"), locked(folders_to_lock(package_path)):
        _apply(package_path, without_package, None)
        os.unlink(package_path)


def folders_to_lock(package: PathLike, index_path: PathLike | None = None) -> list[str]:
    """The real folders of the package, wherever it has a name, and of its indexes.

    An index may be a link into another folder.
    """
    folders = [folder for folder, _ in places_of(package)]
    indexes = [os.path.join(folder, name) for folder in folders for name in _INDEXES]
    links = [index for index in indexes if os.path.islink(index)]
    if index_path:
        links.append(os.fspath(index_path))

    folders += [os.path.dirname(os.path.realpath(link)) for link in links]
    return list(dict.fromkeys(map(os.path.realpath, folders)))


def digests_edit(blob: FileBlob) -> Edit:
    """The change that gives every record of a package the checksums and size of ``blob``."""
    digests = Digests(blob)
    return lambda text, name: with_digests(text, name, digests)


def _apply(package: PathLike, edit: Edit, index_path: PathLike | None) -> bool:
    for attempt in range(_ATTEMPTS):
        with corrections(package, edit, index_path=index_path) as corrected:
            try:
                commit(corrected.replacements, then=corrected.remove_derived)
            except ChangedMeanwhile:
                if attempt + 1 == _ATTEMPTS:
                    raise
                time.sleep(attempt / 200)
                continue
            return bool(corrected.replacements)
    raise AssertionError  # The loop returns or raises.


@contextmanager
def corrections(
    package: PathLike, edit: Edit, *, changed: bool = False, index_path: PathLike | None = None
) -> Iterator[Corrections]:
    """What ``edit`` changes in the indexes, ready to be committed. Otherwise nothing remains.

    ``changed``: the package has other bytes now, whether an index lists it or not.
    """
    corrected = Corrections()
    with ExitStack() as stack:
        if index_path:
            name = os.path.basename(os.path.abspath(package))
            _correct(os.fspath(index_path), name, edit, stack, corrected)
        else:
            for folder, name in places_of(package):
                _correct_folder(folder, name, edit, stack, corrected, changed=changed)
        yield corrected


def _correct_folder(
    folder: str, name: str, edit: Edit, stack: ExitStack, corrected: Corrections, *, changed: bool
) -> None:
    """Correct the indexes in one of the package's folders."""
    before = len(corrected.replacements)
    for index in _existing(folder, _INDEXES):
        _correct(index, name, edit, stack, corrected)

    has_main = os.path.exists(os.path.join(folder, MAIN_INDEX))
    if len(corrected.replacements) > before or (changed and not has_main):
        corrected.derived += _existing(folder, _DERIVED)


def _existing(folder: str, names: tuple[str, ...]) -> list[str]:
    paths = [os.path.join(folder, name) for name in names]
    return [path for path in paths if os.path.lexists(path)]


def _correct(index: str, name: str, edit: Edit, stack: ExitStack, corrected: Corrections) -> None:
    with refusals(index, "corrected"):
        index = os.path.realpath(index)
        if any(each.path == index for each in corrected.replacements):
            return

        with open_file_blob(index) as blob:
            text = _read_text(blob, index)
        new = _edited(text, name, edit)
        if new == text:
            return

        replacement = stack.enter_context(replacing(index, blob.status))
        for chunk in _compressed(new.encode("utf-8"), index):
            replacement.file.write(chunk)
        replacement.seal()
        corrected.replacements.append(replacement)


def _edited(text: str, name: str, edit: Edit) -> str:
    if not may_list(text, name):
        return text

    try:
        return edit(text, name)
    except ValueError as error:
        raise Refusal("it is no index in JSON") from error


def _read_text(blob: FileBlob, index: str) -> str:
    limit = min(_LIMIT, _SMALL_INDEX + _EXPANSION * blob.size)
    reader = BlobReader(blob)
    if index.endswith(".zst"):
        stream = decompression.open_zstd(reader, limit)
    elif index.endswith(".bz2"):
        stream = decompression.open_bz2(reader, limit)
    else:
        stream = decompression.open_plain(reader, _LIMIT)

    with contextlib.closing(stream):
        data = b"".join(iter(lambda: stream.read(CHUNK), b""))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refusal("it is not UTF-8") from None


def _compressed(data: bytes, index: str) -> Iterator[bytes]:
    if index.endswith(".zst"):
        return compression.compress_zstd([data], len(data))
    return compression.compress_bz2([data]) if index.endswith(".bz2") else iter([data])
