"""The files in a channel's folder that list its packages, and their compression.

What stands in them is not known here. rattler-build writes a single repodata.json. conda-index and
rattler-index write the others too, if asked to.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from conda_provenance.packages.archive import compression, decompression
from conda_provenance.packages.blob import CHUNK, BlobReader, FileBlob
from conda_provenance.packages.refusals import Refusal

_REPODATA = ("repodata.json", "repodata_from_packages.json", "current_repodata.json")

_BESIDE = ("run_exports.json", "patch_instructions.json")
"""These may hold a checksum of a package, but seldom do."""

_SHARDS = ("repodata_shards", "repodata_shards_from_packages")

INDEXES = (
    *(name + ending for name in (*_REPODATA, *_BESIDE) for ending in ("", ".zst", ".bz2", ".gz")),
    *(name + ending for name in _SHARDS for ending in (".msgpack.zst", ".msgpack")),
)

_LIMIT = 1 << 30
_SMALL, _EXPANSION = 64 << 20, 100
"""Bytes, and times its own size, that a compressed index may unpack to. Real ones unpack to ten
times theirs."""


def indexes_in(folder: str) -> list[str]:
    """The indexes that are there, dead links included."""
    paths = [os.path.join(folder, name) for name in INDEXES]
    return [path for path in paths if os.path.lexists(path)]


def is_sharded(path: str) -> bool:
    """Does the file name shards, rather than list packages itself?"""
    return os.path.basename(path).startswith(_SHARDS)


def is_complete(path: str) -> bool:
    """Must a record in this file have a checksum?"""
    return not os.path.basename(path).startswith(_BESIDE)


def outdated_by(path: str) -> str | None:
    """The file, if there is one, that is made from this index and cannot be corrected.

    jlap is a chain of changes to ``repodata.json``, to which clients fall back.
    """
    base, ending = os.path.splitext(path)
    jlap = f"{base}.jlap"
    return jlap if ending == ".json" and os.path.lexists(jlap) else None


def raw(blob: FileBlob) -> bytes:
    """The bytes of an index or a shard, as they stand in the file."""
    if blob.size > _LIMIT:
        raise Refusal(f"it is larger than {_LIMIT >> 20} MiB")
    return _read(decompression.open_plain(BlobReader(blob), _LIMIT))


def unpacked(blob: FileBlob, path: str) -> bytes:
    """What is in an index or a shard."""
    limit = min(_LIMIT, _SMALL + _EXPANSION * blob.size)
    reader = BlobReader(blob)
    if path.endswith(".zst"):
        stream = decompression.open_zstd(reader, limit)
    elif path.endswith(".bz2"):
        stream = decompression.open_bz2(reader, limit)
    elif path.endswith(".gz"):
        stream = decompression.open_gzip(reader, limit)
    else:
        return raw(blob)

    return _read(stream)


def packed(data: bytes, path: str) -> Iterator[bytes]:
    """The bytes of an index or a shard with these contents."""
    if path.endswith(".zst"):
        return compression.compress_zstd([data], len(data))
    if path.endswith(".bz2"):
        return compression.compress_bz2([data])
    if path.endswith(".gz"):
        data = compression.compress_gzip(data)
    return iter([data])


def _read(stream: decompression.Stream) -> bytes:
    with contextlib.closing(stream):
        return b"".join(iter(lambda: stream.read(CHUNK), b""))
