"""The cache's file: values by keys in SQLite, bounded, and safe where several processes use it.

What the values are is not known here.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from conda_provenance.survey.cache_folder import (
    NoCacheError,
    cache_folder,
    make_folder,
    require_own,
    shown,
)

NAME = "results.sqlite3"
"""What packages said."""
ANSWERS = "answers.sqlite3"
"""What servers answered about what packages say."""
NAMES = (NAME, ANSWERS)
MAX_ROWS = 2_500_000
"""More than the largest channel has, or its audit would begin again each time. About 600 MB."""

_APPLICATION = 0x43505256
"""Marks the file as ours: "CPRV"."""
_FORMAT = 1
_WAIT = 30.0
"""Seconds to wait for another process. Its transactions take milliseconds."""

_TABLE = """
create table results (
    id integer primary key,
    key blob not null unique,
    value text not null,
    read_at integer not null
)
"""
"""``id`` grows with each result, so that the oldest have the lowest, and no count is needed."""

_VALUE = "select value from results where key = ?"
_MAX_KEY = 64
"""Bytes. All keys are shorter."""
_ROW = 200
"""Bytes of memory that a row takes besides its value."""

BESIDE = ("", "-wal", "-shm", "-journal")


class NotOurs(sqlite3.DatabaseError):
    """A database of something else, or of a newer version of us. The message says so."""


@dataclass(frozen=True, slots=True)
class CacheInfo:
    """What there is in the cache."""

    file: str
    results: int
    size: int
    """Bytes on the disk."""
    oldest: int | None
    """When the oldest result was read: seconds since 1970."""
    newest: int | None


class FileOfResults:
    """One open cache file. Its methods raise ``sqlite3.Error``.

    Threads may share it if they do not use it at the same time.
    """

    def __init__(self, path: str, connection: sqlite3.Connection, max_rows: int) -> None:
        self.path = path
        self._connection = connection
        self._max_rows = max_rows

    @classmethod
    def open(
        cls,
        environ: Mapping[str, str],
        warn: Callable[[str], None],
        *,
        name: str = NAME,
        max_rows: int = MAX_ROWS,
    ) -> FileOfResults:
        """Open the file ``name``, and make it if it is not there. A damaged one is set aside.

        Raises :class:`NoCacheError`.
        """
        folder = cache_folder(environ)
        make_folder(folder)
        path = os.path.join(folder, name)
        try:
            return cls(path, _connect(path), max_rows)
        except NotOurs as error:
            raise NoCacheError(str(error)) from None
        except sqlite3.OperationalError as error:
            raise NoCacheError(_unusable(path, error)) from None
        except sqlite3.DatabaseError:
            set_aside(path)
            warn(f"The cache {shown(path)} is damaged: it was set aside, and begins anew.")
        except OSError as error:
            raise NoCacheError(_unusable(path, error)) from None

        try:
            return cls(path, _connect(path), max_rows)
        except (sqlite3.Error, OSError) as error:
            raise NoCacheError(_unusable(path, error)) from None

    def get(self, key: bytes) -> str | None:
        """The text of this key."""
        row = self._connection.execute(_VALUE, (key,)).fetchone()
        return row[0] if row and isinstance(row[0], str) else None

    def bytes_at(self, key: bytes) -> bytes | None:
        """The bytes of this key."""
        row = self._connection.execute(_VALUE, (key,)).fetchone()
        return row[0] if row and isinstance(row[0], bytes) else None

    def bytes_below(self, start: bytes, most: int) -> dict[bytes, bytes] | None:
        """The bytes of all keys that begin with ``start``.

        ``None``: they are more than ``most`` bytes together.
        """
        found: dict[bytes, bytes] = {}
        query = "select key, value from results where key > ? and key < ?"
        for key, value in self._connection.execute(query, (start, start + b"\xff" * _MAX_KEY)):
            most -= _ROW
            if isinstance(value, bytes):
                found[key] = value
                most -= len(value)
            if most < 0:
                return None
        return found

    def put(self, values: Mapping[bytes, str | bytes]) -> None:
        """Keep these values, all of them or none. The oldest make room for them."""
        now = int(time.time())
        rows = [(key, value, now) for key, value in values.items()]
        with _transaction(self._connection):
            self._connection.executemany(
                "insert or replace into results (key, value, read_at) values (?, ?, ?)", rows
            )
            self._connection.execute(
                "delete from results where id <= (select max(id) from results) - ?",
                (self._max_rows,),
            )

    def info(self) -> CacheInfo:
        """What there is in it."""
        query = "select count(*), min(read_at), max(read_at) from results"
        results, oldest, newest = self._connection.execute(query).fetchone()
        return CacheInfo(self.path, results, _size(self.path), oldest, newest)

    def clear(self) -> None:
        """Forget everything. Another process that uses the file may go on."""
        with _transaction(self._connection):
            self._connection.execute("delete from results")
        self._connection.execute("vacuum")
        with contextlib.suppress(sqlite3.Error):
            self._connection.execute("pragma wal_checkpoint(truncate)")

    def close(self) -> None:
        """Close the file. What is not written is lost."""
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()

    def what_is_wrong(self, error: Exception) -> str:
        """Close the file after this error. Returns what to say about it."""
        self.close()
        is_damaged = isinstance(error, sqlite3.DatabaseError) and not isinstance(
            error, sqlite3.OperationalError | sqlite3.ProgrammingError
        )
        if not is_damaged:
            return _unusable(self.path, error)

        set_aside(self.path)
        return f"The cache {shown(self.path)} is damaged, and was set aside."


def existing_file(environ: Mapping[str, str], name: str = NAME) -> str | None:
    """The path of the cache's file, if there is one. Nothing is made.

    Raises :class:`NoCacheError` if its folder may not be used.
    """
    path = os.path.join(cache_folder(environ), name)
    if not os.path.lexists(path):
        return None

    require_own(os.path.dirname(path))
    return path


def set_aside(path: str) -> None:
    """Give a damaged file another name. Where that cannot be done, it stays."""
    with contextlib.suppress(OSError):
        os.replace(path, f"{path}.damaged")
        for ending in BESIDE[1:]:
            with contextlib.suppress(OSError):
                os.remove(path + ending)


def _connect(path: str) -> sqlite3.Connection:
    _make_private(path)
    connection = sqlite3.connect(path, timeout=_WAIT, isolation_level=None, check_same_thread=False)
    try:
        _check(connection, path)
        _set_up(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _make_private(path: str) -> None:
    """Make the file before SQLite does, which would let everybody read it."""
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _check(connection: sqlite3.Connection, path: str) -> None:
    """Raise :class:`NotOurs` unless this is a cache of ours, or nothing yet."""
    application = connection.execute("pragma application_id").fetchone()[0]
    tables = connection.execute("select count(*) from sqlite_master").fetchone()[0]
    if application != _APPLICATION and (application or tables):
        raise NotOurs(f"{shown(path)} is a database of another program: move it away.")

    if connection.execute("pragma user_version").fetchone()[0] > _FORMAT:
        raise NotOurs(
            f"The cache {shown(path)} was written by a newer version of conda-provenance: update "
            "this one, or remove the file."
        )


def _set_up(connection: sqlite3.Connection) -> None:
    try:
        connection.execute("pragma journal_mode = wal").fetchone()
    except sqlite3.OperationalError:
        # Network disks have no memory that is shared.
        connection.execute("pragma journal_mode = delete").fetchone()
    connection.execute("pragma synchronous = normal")

    if connection.execute("pragma user_version").fetchone()[0] == _FORMAT:
        return

    with _transaction(connection):
        # Another process may have been faster.
        if connection.execute("pragma user_version").fetchone()[0] != _FORMAT:
            connection.execute("drop table if exists results")
            connection.execute(_TABLE)
            connection.execute(f"pragma application_id = {_APPLICATION}")
            connection.execute(f"pragma user_version = {_FORMAT}")


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All that is done in this block is done, or nothing of it, also after Ctrl-C."""
    connection.execute("begin immediate")
    try:
        yield
        connection.execute("commit")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("rollback")
        raise


def _unusable(path: str, error: Exception) -> str:
    """What the system or SQLite said, such as that the disk is full."""
    why = (error.strerror if isinstance(error, OSError) else str(error)) or type(error).__name__
    return f"The cache {shown(path)} cannot be used: {why}."


def _size(path: str) -> int:
    size = 0
    for ending in BESIDE:
        with contextlib.suppress(OSError):
            size += os.path.getsize(path + ending)
    return size
