"""Reads the index of a channel's subdir, from a server or a disk, in whichever form there is.

Which packages of it are wanted is not known here.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, Protocol
from urllib.parse import urljoin, urlsplit
from urllib.request import url2pathname

from conda_provenance.credentials import without_credentials
from conda_provenance.errors import UnavailableError
from conda_provenance.packages.archive import decompression
from conda_provenance.packages.blob import CHUNK, BlobReader, BytesBlob, open_file_blob
from conda_provenance.packages.refusals import Refusal, shown_path
from conda_provenance.sources.channels.addresses import Subdir
from conda_provenance.sources.channels.records import (
    Index,
    ShardList,
    parse_index,
    parse_shard,
    parse_shard_list,
)
from conda_provenance.text import escape, redact_location

WHOLE = ("repodata.json.zst", "repodata.json", "repodata.json.bz2")
"""Indexes of all packages, the quickest first."""

SHARDS = "repodata_shards.msgpack.zst"

_LIMIT = 1 << 30
"""Bytes of an index, unpacked or not. conda-forge's largest has a third of it."""

_SMALL, _EXPANSION = 64 << 20, 100
"""Bytes, and times its own size, that an index may unpack to. Real ones unpack to ten times."""

_ZSTD = re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18")
"""How a frame of zstd begins, or one of another content that is to be skipped."""

_SHARD_LIMIT = 64 << 20
"""Bytes of a shard, or of the list of shards, unpacked or not. Real ones have a few megabytes.

Unpacked they take many times as much memory: a name and a checksum can be seven bytes.
"""

_GOES_ON = frozenset({"missing", "refused"})
"""The answers that mean that there is no such file. S3 says "refused" for that."""


class Web(Protocol):
    """What is needed of ``conda_provenance.web.Web``."""

    def fetch(self, url: str, *, limit: int) -> bytes: ...


class SubdirIndex(NamedTuple):
    """What the index of a subdir lists."""

    subdir: Subdir
    listing: Index
    address: str
    """Where its packages are: an address or a folder, with a slash at its end."""
    shown: str
    """The same without credentials, or beginning as the channel's folder was given."""
    is_local: bool
    names: frozenset[str] = frozenset()
    """All names in the channel, if the index holds one of them only."""


class NoIndexError(UnavailableError):
    """A subdir has no index of any form."""


class IndexReader:
    """Reads indexes. The door to the web is opened when it is needed."""

    def __init__(self, web: Callable[[], Web]) -> None:
        self._web = web
        self._shards: dict[str, ShardList] = {}
        self._wholes: dict[str, SubdirIndex] = {}

    def whole(self, subdir: Subdir) -> SubdirIndex:
        """All packages. Raises :class:`NoIndexError`, or else :class:`UnavailableError`."""
        refused: UnavailableError | None = None
        for name in WHOLE:
            try:
                packed = self._read(subdir, name, _LIMIT)
            except UnavailableError as error:
                if not _is_missing(error):
                    raise
                refused = error if getattr(error, "kind", "") == "refused" else refused
                continue
            if not _is_packed(packed, name):
                refused = refused or _another_file(subdir, name)
                continue

            with _sentences(subdir, name):
                data = _unpacked(packed, name)
                del packed  # It takes some memory.
                index = parse_index(data)
                return self._located(subdir, index, index.base_url)

        raise refused or NoIndexError(f"{shown_path(subdir.shown)} has no index.")

    def of_name(self, subdir: Subdir, name: str) -> SubdirIndex:
        """The packages of one name, and maybe others: from the shards, where there are any.

        What was read is kept, for the next name.
        """
        if subdir.address not in self._shards and subdir.address not in self._wholes:
            try:
                data = self._read(subdir, SHARDS, _SHARD_LIMIT)
            except UnavailableError as error:
                if not _is_missing(error):
                    raise
                self._keep(self.whole(subdir))
            else:
                if not _is_packed(data, SHARDS):
                    self._keep(self.whole(subdir))
                    return self._wholes[subdir.address]
                with _sentences(subdir, SHARDS):
                    self._shards[subdir.address] = parse_shard_list(
                        _unpacked(data, SHARDS, _SHARD_LIMIT)
                    )

        shards = self._shards.get(subdir.address)
        return self._shard(subdir, shards, name) if shards else self._wholes[subdir.address]

    def _keep(self, index: SubdirIndex) -> None:
        """Large indexes take hundreds of megabytes: only those of one channel are kept."""
        channel = index.subdir.channel
        self._wholes = {
            address: each
            for address, each in self._wholes.items()
            if each.subdir.channel == channel
        }
        self._wholes[index.subdir.address] = index

    def _shard(self, subdir: Subdir, shards: ShardList, name: str) -> SubdirIndex:
        base = shards.info.base_url if shards.info else None
        digest = shards.shards.get(name)
        if digest is None:
            empty = Index({}, {}, {}, {}, {}, [])
            return self._located(subdir, empty, base)._replace(names=frozenset(shards.shards))

        with _sentences(subdir, f"its shard of {name}"):
            if len(digest) != 32:
                raise Refusal("it has no checksum")
            folder, is_local = _joined(subdir, shards.info.shards_base_url if shards.info else None)
            data = self._get(f"{folder}{digest.hex()}.msgpack.zst", is_local, _SHARD_LIMIT)
            if hashlib.sha256(data).digest() != digest:
                raise Refusal("its checksum is another one")
            index = parse_shard(_unpacked(data, SHARDS, _SHARD_LIMIT))
            return self._located(subdir, index, base)

    def _located(self, subdir: Subdir, index: Index, base_url: str | None) -> SubdirIndex:
        with _sentences(subdir, "its base_url"):
            address, is_local = _joined(subdir, base_url)
        return SubdirIndex(
            subdir, index, address, _shown_place(subdir, address, is_local), is_local
        )

    def _read(self, subdir: Subdir, name: str, limit: int) -> bytes:
        if subdir.is_local:
            return self._get(os.path.join(subdir.address, name), True, limit)
        return self._get(f"{subdir.address}/{name}", False, limit)

    def _get(self, address: str, is_local: bool, limit: int) -> bytes:
        return _read_file(address, limit) if is_local else self._web().fetch(address, limit=limit)


def _read_file(path: str, limit: int) -> bytes:
    try:
        with open_file_blob(path) as blob:
            if blob.size > limit:
                raise UnavailableError(f"{shown_path(path)} is larger than {limit >> 20} MiB.")
            return blob.read(0, blob.size)
    except FileNotFoundError:
        raise NoIndexError(f"{shown_path(path)} does not exist.") from None
    except (OSError, ValueError, Refusal) as error:  # ValueError: a NUL in a path, as "%00" in it
        why = getattr(error, "strerror", None) or str(error)
        raise UnavailableError(f"{shown_path(path)} cannot be read: {why}.") from None


def _is_missing(error: UnavailableError) -> bool:
    return isinstance(error, NoIndexError) or getattr(error, "kind", "") in _GOES_ON


def _is_packed(data: bytes, name: str) -> bool:
    """Does it begin as a file of this name does?

    Some servers answer with a page of theirs, and 200, where they have no such file.
    """
    if name.endswith(".zst"):
        return _ZSTD.match(data) is not None
    return data.startswith(b"BZh") if name.endswith(".bz2") else True


def _another_file(subdir: Subdir, name: str) -> UnavailableError:
    where = f"The index of {shown_path(subdir.shown)}"
    return UnavailableError(f"{where} cannot be used ({name}): it is another kind of file.")


def _unpacked(data: bytes, name: str, most: int = _LIMIT) -> bytes | bytearray:
    """What is in an index or a shard, which is ``most`` bytes."""
    limit = min(most, _SMALL + _EXPANSION * len(data))
    if name.endswith(".zst"):
        # In one piece where that goes: in pieces it takes seconds longer.
        return _unpacked_at_once(data, limit) or _unpacked_stream(
            decompression.open_zstd(BlobReader(BytesBlob(data)), limit)
        )
    if name.endswith(".bz2"):
        return _unpacked_stream(decompression.open_bz2(BlobReader(BytesBlob(data)), limit))
    return data


def _unpacked_at_once(data: bytes, limit: int) -> bytearray | None:
    """What is in the only frame of zstd data. ``None``: it is to be read as a stream instead."""
    zstd, is_zstandard = decompression.zstd_library()
    if is_zstandard:
        return None

    decompressor, rest = zstd.ZstdDecompressor(), data
    try:
        size = zstd.get_frame_info(data).decompressed_size
        if size is None or size > limit:
            return None

        # Pieces that the processor's cache holds, put into one place that is known to be enough.
        unpacked = bytearray(size)
        end = 0
        while end <= size and not decompressor.eof:
            piece = decompressor.decompress(rest, CHUNK)
            if not piece and not decompressor.eof:
                return None  # It is cut short.
            unpacked[end : end + len(piece)] = piece
            end, rest = end + len(piece), b""
    except zstd.ZstdError:
        return None
    is_whole = decompressor.eof and not decompressor.unused_data and len(unpacked) == end == size
    return unpacked if is_whole else None


def _unpacked_stream(stream: decompression.Stream) -> bytes:
    with stream:
        return b"".join(iter(lambda: stream.read(CHUNK), b""))


def _joined(subdir: Subdir, base_url: str | None) -> tuple[str, bool]:
    """The address that ``base_url`` means beside the index, and whether it is a folder.

    A stranger wrote ``base_url``. It may lead to another folder or host: that is its purpose. But
    an index from the web must not lead to a file on this machine, nor one from https to http.
    """
    base = base_url or ""
    if not base.isprintable() or "\\" in base or "?" in base or "#" in base:
        raise Refusal("it is no address")

    index = _uri(subdir.address) if subdir.is_local else f"{subdir.address}/"
    try:
        address = urljoin(index, base)
        scheme, host = urlsplit(address).scheme, urlsplit(address).hostname
    except ValueError:
        raise Refusal("it is no address") from None

    known = urlsplit(index).scheme
    allowed = {known, "https"} | ({"http"} if subdir.is_local else set())
    if scheme not in allowed or (scheme == "file" and host not in (None, "", "localhost")):
        raise Refusal(f"it leads from {known}: to {escape(scheme, 20)}:, which is not followed")

    address = address if address.endswith("/") else f"{address}/"
    if scheme != "file":
        return address, False
    return os.path.join(url2pathname(urlsplit(address).path), ""), True


def _shown_place(subdir: Subdir, address: str, is_local: bool) -> str:
    if not is_local:
        return redact_location(without_credentials(address))
    if address.startswith(os.path.join(subdir.address, "")):
        return subdir.shown + address[len(subdir.address) :]
    return address


def _uri(folder: str) -> str:
    from pathlib import Path

    return Path(folder).absolute().as_uri() + "/"


@contextmanager
def _sentences(subdir: Subdir, what: str) -> Iterator[None]:
    """Raise every fault of an index in this block as one sentence."""
    try:
        yield
    except Refusal as refusal:
        where = f"The index of {shown_path(subdir.shown)}"
        raise UnavailableError(
            f"{where} cannot be used ({escape(what, 100)}): {refusal}."
        ) from None
