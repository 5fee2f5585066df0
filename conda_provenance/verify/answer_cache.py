"""``AnswerCache``: what servers answered in earlier runs, for as long as the user says.

It holds no secrets. What was asked with a token is found again with that token only, and what was
asked where the user allowed more, only where he allows the same. It never makes a command fail: if
it cannot be used, it warns once, and everything is asked.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

import msgspec

from conda_provenance import __version__
from conda_provenance.net import Reach, origin_of
from conda_provenance.survey.cache_file import ANSWERS, FileOfResults
from conda_provenance.survey.cache_folder import NoCacheError
from conda_provenance.verify.answers import Answer

_BATCH = 100
_MAX_BODY = 8 << 20
_MAX_ROWS = 100_000
_MAX_ADDRESS = 8 << 20
_MAX_HELD = 64 << 20
"""Bytes of rows that are read ahead: about one address, and about all together."""

_ADDRESS = re.compile(r"(https?://[^\s/]+)\S*")


class _Row(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    asked_at: float
    with_token: bool
    about: dict[str, str]
    is_compressed: bool
    body: bytes


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Row).decode


class _AddressKeys(NamedTuple):
    """How the keys of all questions about one address are made."""

    start: bytes
    """Of all their keys."""
    secret: bytes
    """What the rest of a key is made with."""


class AnswerCache:
    """Implements :class:`~conda_provenance.verify.answers.Cache`. Threads share it.

    ``max_age``: seconds. ``reach``: where the user lets us go in this run. ``warn`` is called with
    a sentence if the cache cannot be used, or no longer. Close it at the end.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        warn: Callable[[str], None],
        *,
        max_age: float,
        reach: Reach,
    ) -> None:
        self._environ = environ
        self._warn = warn
        self._max_age = max_age
        self._reach = reach
        self._lock = threading.Lock()
        self._pending: dict[bytes, bytes] = {}
        self._keys_of = lru_cache(maxsize=10_000)(self._made_keys)
        self._ahead: dict[bytes, dict[bytes, bytes] | None] = {}
        """The rows about an address, by the start of their keys. ``None``: they are too many."""
        self._held = 0
        self._opened: FileOfResults | None = None
        self._is_usable = True

    def get(self, question: str, scope: str) -> Answer | None:
        with self._lock:
            start, key = self._key(question, scope)
            try:
                value = self._pending.get(key) or self._found(start, key)
            except sqlite3.Error as error:
                self._give_up(error)
                return None

        answer = _answer(value) if value else None
        is_young = answer is not None and 0 <= time.time() - answer.asked_at <= self._max_age
        return answer if is_young else None

    def put(self, question: str, scope: str, answer: Answer) -> None:
        if not answer.is_lasting or len(answer.body) > _MAX_BODY:
            return
        if answer.with_token and not scope:
            return  # Then it is not known whose token it was.

        body = _packed(answer.body)
        is_compressed = body is not answer.body
        about = dict(answer.about)
        value = _encode(_Row(answer.asked_at, answer.with_token, about, is_compressed, body))
        with self._lock:
            start, key = self._key(question, scope)
            self._pending[key] = value
            self._hold(start, {key: value})
            if len(self._pending) >= _BATCH:
                self._commit()

    def close(self) -> None:
        """Write what is left."""
        with self._lock:
            self._commit()
            if self._opened is not None:
                self._opened.close()
            self._opened = None
            self._is_usable = False

    def _found(self, start: bytes, key: bytes) -> bytes | None:
        """The row of this key. All rows about its address are read at once, if they are few."""
        if start not in self._ahead:
            self._read_ahead(start)
        rows = self._ahead.get(start)
        if rows is not None:
            return rows.get(key)

        file = self._file()
        return None if file is None else file.bytes_at(key)

    def _read_ahead(self, start: bytes) -> None:
        file = self._file()
        rows = {} if file is None else file.bytes_below(start, _MAX_ADDRESS)
        self._ahead[start] = None if rows is None else {}
        self._hold(start, rows or {})

    def _hold(self, start: bytes, rows: Mapping[bytes, bytes]) -> None:
        """Remember rows, if all the others about their address are remembered."""
        known = self._ahead.get(start)
        if known is None:
            return

        known |= rows
        self._held += sum(map(len, rows.values()))
        if self._held > _MAX_HELD:
            self._ahead, self._held = {}, 0

    def _key(self, question: str, scope: str) -> tuple[bytes, bytes]:
        """The key of a question, and how the keys of all about its address begin.

        It is a digest: the file names no repository that is asked with a token.
        """
        address = _ADDRESS.search(question)
        keys = self._keys_of(*(address.group(0, 1) if address else ("", "")), scope)
        text = question.encode("utf-8", "surrogatepass")
        digest = hashlib.blake2b(text, digest_size=20, key=keys.secret).digest()
        return keys.start, keys.start + digest

    def _made_keys(self, address: str, server: str, scope: str) -> _AddressKeys:
        origin = origin_of(server)
        is_named = origin is not None and origin in self._reach.named
        parts = (__version__, self._reach.http, self._reach.private, is_named, scope, address)
        text = "\n".join(map(str, parts)).encode("utf-8", "surrogatepass")
        digest = hashlib.blake2b(text, digest_size=48).digest()
        return _AddressKeys(digest[:16], digest[16:])

    def _commit(self) -> None:
        file = self._file() if self._pending else None
        if file is not None:
            try:
                file.put(self._pending)
            except (sqlite3.Error, OSError) as error:
                self._give_up(error)
        self._pending = {}

    def _file(self) -> FileOfResults | None:
        """The file, which is opened when it is first needed."""
        if self._opened is None and self._is_usable:
            try:
                self._opened = FileOfResults.open(
                    self._environ, self._warn, name=ANSWERS, max_rows=_MAX_ROWS
                )
            except NoCacheError as error:
                self._end(str(error))
        return self._opened

    def _give_up(self, error: Exception) -> None:
        file, self._opened = self._opened, None
        self._end(file.what_is_wrong(error) if file else "The cache cannot be used.")

    def _end(self, why: str) -> None:
        self._is_usable = False
        self._pending = {}
        self._warn(f"{why} Nothing more is kept for the next time.")


def _answer(value: bytes) -> Answer | None:
    """``None``: somebody has changed the file. The question is asked again."""
    try:
        row = _decode(value)
        body = _unpacked(row.body) if row.is_compressed else row.body
    except (msgspec.MsgspecError, ValueError, RecursionError, zlib.error):
        return None
    if body is None or len(body) > _MAX_BODY:
        return None
    return Answer(body, row.about, row.asked_at, row.with_token)


def _packed(body: bytes) -> bytes:
    """The body, compressed if that halves it: a tree is mostly ids, and does not get smaller."""
    packed = zlib.compress(body, 1)
    return packed if len(packed) <= len(body) // 2 else body


def _unpacked(data: bytes) -> bytes | None:
    unpack = zlib.decompressobj()
    body = unpack.decompress(data, _MAX_BODY + 1)
    return body if unpack.eof else None
