"""Reads an index and computes its contents after an edit. Nothing is written here."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from typing import NamedTuple

from conda_provenance.packages.blob import FileBlob, open_file_blob
from conda_provenance.packages.indexes.checksum_files import (
    MAX_SIZE,
    not_simple,
    with_checksums,
)
from conda_provenance.packages.indexes.checksum_names import is_checksum_file
from conda_provenance.packages.indexes.edits import adding_nothing
from conda_provenance.packages.indexes.files import is_complete, is_sharded, unpacked
from conda_provenance.packages.indexes.records import (
    NewValues,
    may_list,
    mentioned,
    signed_names,
    with_values,
)
from conda_provenance.packages.indexes.shards import BrokenShard, Shard
from conda_provenance.packages.indexes.shards import with_values as with_values_in_shards
from conda_provenance.packages.refusals import ChangedMeanwhile, PathLike, Refusal, shown_path

_CHECKSUM_KEYS = ('"sha256"', '"md5"', '"size"', '"legacy_bz2_')


class BrokenIndex(Refusal):
    """An index that may list the packages cannot be read. It can be left as it is."""

    def __init__(self, why: str, names: Collection[str]) -> None:
        super().__init__(f"{why}; run the indexer again, or --force leaves it as it is")
        self.why = why
        self.names = names
        """The packages that it may list."""

    def sentence(self, index: PathLike) -> str:
        """The warning for an index that is left as it is."""
        return f"{shown_path(index)} is left as it is: {self.why}; run the indexer again."


class Change(NamedTuple):
    """What an edit makes of an index."""

    data: bytes | None
    """The new contents. ``None``: they do not change."""
    shards: Sequence[Shard] = ()
    """The shards that are changed."""
    signed: Collection[str] = ()
    """The packages that the index holds a signature for."""
    dropped: Collection[str] = ()
    """Those of them whose signature is removed, because the record changes."""
    left: str | None = None
    """The warning for a file that still holds something wrong. It has no subject yet."""


def changed_index(blob: FileBlob, path: str, names: Collection[str], edit: NewValues) -> Change:
    """The contents of an index, or of a file with checksums, after ``edit``.

    Raises :class:`BrokenIndex` if it cannot be read and may list one of the packages.
    """
    try:
        data = unpacked(blob, path) if blob.size else b""
    except ChangedMeanwhile:
        raise
    except Refusal as refusal:
        raise BrokenIndex(_without_remedy(refusal), names) from refusal
    except (OSError, MemoryError) as error:
        raise BrokenIndex(_reason(error), names) from error

    if not data:
        return Change(None)  # An empty file lists nothing.
    if is_sharded(path):
        change = _changed_shards(data, path, names, edit)
    elif is_checksum_file(path):
        change = _changed_checksums(data, path, names, edit)
    else:
        change = _changed_text(data, path, names, edit)
    return change._replace(data=None) if change.data == data else change


def open_index(path: str, names: Collection[str]) -> FileBlob | None:
    """Open an index to read it. ``None`` if there is none: the link is dead."""
    try:
        return open_file_blob(path)
    except FileNotFoundError:
        return None
    except Refusal as refusal:
        raise BrokenIndex(str(refusal), names) from refusal
    except OSError as error:
        raise BrokenIndex(_reason(error), names) from error


def _changed_checksums(data: bytes, path: str, names: Collection[str], edit: NewValues) -> Change:
    try:
        text = data[:MAX_SIZE].decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    if len(data) > MAX_SIZE or not text:
        return Change(None, left=not_simple(path, names))

    new, left = with_checksums(text, path, names, edit)
    return Change(new.encode("utf-8"), left=not_simple(path, left) if left else None)


def _changed_text(data: bytes, path: str, names: Collection[str], edit: NewValues) -> Change:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise BrokenIndex("it is not UTF-8", names) from None

    is_bare = not is_complete(path)
    if is_bare and not any(key in text for key in _CHECKSUM_KEYS):
        return Change(None)
    if not may_list(text, names):
        return Change(None)

    try:
        signed = signed_names(text, names)
        new = with_values(text, names, adding_nothing(edit) if is_bare else edit)
    except ChangedMeanwhile:
        raise
    except (ValueError, RecursionError, Refusal) as error:
        if not (listed := mentioned(text, names)):
            return Change(None)
        why = _without_remedy(error) if isinstance(error, Refusal) else "it is no index in JSON"
        raise BrokenIndex(why, listed) from error
    if new == text:
        return Change(None, signed=signed)
    dropped = signed - signed_names(new, names) if signed else signed
    return Change(new.encode("utf-8"), signed=signed, dropped=dropped)


def _changed_shards(data: bytes, path: str, names: Collection[str], edit: NewValues) -> Change:
    try:
        return Change(*with_values_in_shards(data, _folders(path), names, edit))
    except ChangedMeanwhile:
        raise
    except BrokenShard as broken:
        raise BrokenIndex(_without_remedy(broken), broken.names) from broken
    except (ValueError, RecursionError, Refusal) as error:
        why = _without_remedy(error) if isinstance(error, Refusal) else "it is no sharded index"
        raise BrokenIndex(why, names) from error


def _folders(path: str) -> list[str]:
    """The folder of this path and, if it is a link, the folder of the file that it leads to."""
    return list(dict.fromkeys(map(os.path.dirname, (path, os.path.realpath(path)))))


def _without_remedy(refusal: Refusal) -> str:
    return str(refusal).partition(";")[0]


def _reason(error: OSError | MemoryError) -> str:
    return getattr(error, "strerror", None) or type(error).__name__
