"""The cache of results: what packages said, by their checksum and address, in one SQLite file.

It holds no credentials: results are kept as they are shown. It never makes a command fail: if it
cannot be used, it warns once, and every package is read.
"""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
import time
from collections.abc import Callable, Mapping
from types import TracebackType

from conda_provenance import __version__
from conda_provenance.sources import Artifact
from conda_provenance.survey.cache_file import FileOfResults
from conda_provenance.survey.cache_folder import NoCacheError
from conda_provenance.survey.reading import Reading
from conda_provenance.survey.rows import RowError, reading_of_row, row_of
from conda_provenance.text import redact_location

_BATCH = 100
_SECONDS = 5.0
"""Results are written when there are this many, or when the first of them is as old as this."""

_MAX_VALUE = 1 << 16
"""Characters. A package that says more than that is read again."""

_REMOTE = "remote"
_KNOWN = ("sha256", "read_from")
"""What is the same in every result, or is known before it is looked up."""

_ADDRESS = re.compile(r"(?i:https?|oci)://")
_SHA256 = re.compile(r"[0-9A-Fa-f]{64}")


def cache_key(artifact: Artifact, *, thorough: bool) -> bytes | None:
    """Under what a package's result is kept. ``None``: it is not kept.

    The checksum comes from the index, and reading a part of the file does not prove it. So the
    address is part of the key: one channel's checksum must not vouch for another channel's file.
    A thorough read is another result, and so is what another version of this program finds.
    """
    address = _address(artifact)
    if address is None or not _SHA256.fullmatch(artifact.sha256 or ""):
        return None

    parts = (__version__, str(artifact.sha256).lower(), address, str(thorough))
    text = "\n".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=20).digest()


def _address(artifact: Artifact) -> str | None:
    """Where the package is on a server, as its location or its channel says."""
    if _ADDRESS.match(artifact.location):
        return redact_location(artifact.location)

    channel = redact_location(artifact.channel or "").rstrip("/")
    if not _ADDRESS.match(channel) or not artifact.subdir:
        return None

    folder = channel.removesuffix(f"/{artifact.subdir}")
    return f"{folder}/{artifact.subdir}/{artifact.file_name}"


class Cache:
    """The results that were read before. It is for one thread, and for a ``with`` block.

    ``warn`` is called with a sentence if the cache cannot be used, or no longer.
    """

    def __init__(self, environ: Mapping[str, str], warn: Callable[[str], None]) -> None:
        self._environ = environ
        self._warn = warn
        self._pending: dict[bytes, str] = {}
        self._pending_since = 0.0
        self._opened: FileOfResults | None = None
        self._is_usable = True
        self.hits = 0
        """Packages that were not read again."""

    def __enter__(self) -> Cache:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def get(self, artifact: Artifact, *, thorough: bool) -> Reading | None:
        """What the same package said before."""
        key = cache_key(artifact, thorough=thorough)
        file = self._file() if key else None
        if key is None or file is None:
            return None

        try:
            value = self._pending.get(key) or file.get(key)
        except sqlite3.Error as error:
            self._give_up(file, error)
            return None

        reading = None if value is None else _reading(value, artifact)
        self.hits += reading is not None
        return reading

    def put(self, reading: Reading, *, thorough: bool) -> None:
        """Keep what was read from a server, without a fault, of a file whose checksum is known."""
        artifact, package = reading.found, reading.package
        if package is None or not isinstance(artifact, Artifact):
            return

        # A checksum that we computed would not be computed the next time. One that is not there is
        # not that of the file that the server has.
        if package.read_from != _REMOTE or package.sha256_from == "file":
            return
        if package.sha256 is None or package.sha256 != artifact.sha256:
            return

        key = cache_key(artifact, thorough=thorough)
        if key is None or not self._is_usable:
            return

        row = {name: value for name, value in row_of(reading).items() if name not in _KNOWN}
        value = json.dumps(row, separators=(",", ":"))
        if len(value) > _MAX_VALUE:
            return

        if not self._pending:
            self._pending_since = time.monotonic()
        self._pending[key] = value
        if len(self._pending) >= _BATCH or time.monotonic() - self._pending_since > _SECONDS:
            self.commit()

    def commit(self) -> None:
        """Write what was kept since the last time."""
        file = self._file() if self._pending else None
        if file is None:
            return

        try:
            file.put(self._pending)
        except (sqlite3.Error, OSError) as error:
            self._give_up(file, error)
        self._pending = {}

    def close(self) -> None:
        """Write what is left, and close the file."""
        self.commit()
        if self._opened is not None:
            self._opened.close()
        self._opened = None

    def _file(self) -> FileOfResults | None:
        """The file, which is opened when it is first needed."""
        if self._opened is None and self._is_usable:
            try:
                self._opened = FileOfResults.open(self._environ, self._warn)
            except NoCacheError as error:
                self._end(str(error))
        return self._opened

    def _give_up(self, file: FileOfResults, error: Exception) -> None:
        self._opened = None
        self._end(file.what_is_wrong(error))

    def _end(self, why: str) -> None:
        self._is_usable = False
        self._pending = {}
        self._warn(f"{why} Nothing more is kept for the next time.")


def _reading(value: str, artifact: Artifact) -> Reading | None:
    try:
        row = json.loads(value)
        place = row.get("place") or _address(artifact)
        row["place"] = None if place == artifact.location else place
        row |= {"read_from": _REMOTE, "sha256": artifact.sha256}
        return reading_of_row(row, artifact, is_ours=True)
    except (RowError, ValueError, AttributeError, TypeError, RecursionError):
        return None  # Somebody has changed the file. The package is read again.
