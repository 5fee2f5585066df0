"""Checksums and size of a file, as an index has them. Only what is asked for is computed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from conda_provenance.packages.blob import Blob, open_file_blob
from conda_provenance.packages.files.helper_thread import helper_thread
from conda_provenance.packages.refusals import ChangedMeanwhile, PathLike

KINDS = ("sha256", "md5", "sha1", "sha224", "sha384", "sha512", "blake2b")
"""Checksums that are computed. Indexes have the first two."""

_PIECE = 1 << 20
MAX_CHECKSUM = 128
"""Characters of a checksum that are compared at most."""


class Checksums(NamedTuple):
    """What a record says about its file. ``None``: nothing, or a value of the wrong type."""

    sha256: str | None
    md5: str | None
    size: int | None

    @classmethod
    def of(cls, record: Mapping[str, object], prefix: str = "") -> Checksums:
        """Read them from a record, whose keys begin with ``prefix``. Shards have them as bytes."""
        size = record.get(prefix + "size")
        return cls(
            _hex(record.get(prefix + "sha256")),
            _hex(record.get(prefix + "md5")),
            size if isinstance(size, int) and not isinstance(size, bool) else None,
        )


def _hex(value: object) -> str | None:
    text = value.hex() if isinstance(value, bytes) else value
    return text if isinstance(text, str) and len(text) <= MAX_CHECKSUM else None


class Digests:
    """The checksums of a file as hex, each computed when it is first needed."""

    def __init__(self, blob: Blob, known: Mapping[str, str] | None = None) -> None:
        self._blob = blob
        self._known = dict(known or {})

    @property
    def size(self) -> int:
        return self._blob.size

    @property
    def known(self) -> Mapping[str, str]:
        """Those that have been computed."""
        return self._known

    def need(self, names: Iterable[str]) -> None:
        """Compute those of ``KINDS`` that are not known yet, two at the same time."""
        missing = [name for name in dict.fromkeys(names) if name not in self._known]
        self._known |= _compute(self._blob, missing)

    def __getitem__(self, name: str) -> str:
        self.need([name])
        return self._known[name]


class StandingDigests(Digests):
    """The checksums of a file that stands in its place. It is opened when one is needed."""

    def __init__(self, path: str, size: int, known: Mapping[str, str] | None = None) -> None:
        self._path = path
        self._size = size
        self._known = dict(known or {})

    @property
    def size(self) -> int:
        return self._size

    def need(self, names: Iterable[str]) -> None:
        missing = [name for name in dict.fromkeys(names) if name not in self._known]
        if not missing:
            return

        with open_file_blob(self._path) as blob:
            if blob.size != self._size:
                raise ChangedMeanwhile
            self._known |= _compute(blob, missing)


def sha256_of(path: PathLike) -> str:
    """The sha256 of a file as hex. Raises OSError."""
    with open_file_blob(path) as blob:
        return Digests(blob)["sha256"]


def _compute(blob: Blob, names: list[str]) -> dict[str, str]:
    if len(names) != 2 or blob.size <= _PIECE:
        # A thread takes longer to start than a small file to be read twice.
        return {name: _digest(blob, name) for name in names}

    # Each checksum reads the file for itself. Together they take as long as the slower one.
    first, second = names
    results: list[str] = []

    def work() -> None:
        with contextlib.suppress(OSError, ChangedMeanwhile):
            results.append(_digest(blob, second))

    with helper_thread(work):
        digest = _digest(blob, first)

    if not results:  # No thread, or it failed. Then the same error comes again here.
        results.append(_digest(blob, second))
    return {first: digest, second: results[0]}


def _digest(blob: Blob, name: str) -> str:
    import hashlib  # OpenSSL takes a while to load, and most packages are in no index.

    checksum = hashlib.new(name, usedforsecurity=False)
    position = 0
    while piece := blob.read(position, _PIECE):
        checksum.update(piece)
        position += len(piece)

    if position != blob.size:
        raise ChangedMeanwhile
    return checksum.hexdigest()
