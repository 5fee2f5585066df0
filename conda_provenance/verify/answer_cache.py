"""``AnswerCache``: what servers answered in earlier runs, for as long as the user says.

It holds no secrets. What was asked with a token is found again with that token only, and what was
asked where the user allowed more, only where he allows the same. It never makes a command fail: if
it cannot be used, it warns once, and everything is asked.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import sqlite3
import threading
import time
import zlib
from collections.abc import Callable, Mapping

import msgspec

from conda_provenance import __version__
from conda_provenance.net import Reach, origin_of
from conda_provenance.survey.cache_file import ANSWERS, FileOfResults
from conda_provenance.survey.cache_folder import NoCacheError
from conda_provenance.verify.answers import Answer

_BATCH = 100
_MAX_BODY = 8 << 20
_MAX_ROWS = 100_000
_ADDRESS = re.compile(r"https?://[^\s/]+")


class _Row(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    asked_at: float
    body: str
    """Compressed, in base64."""
    about: dict[str, str] = {}
    with_token: bool = False


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
        self._pending: dict[bytes, str] = {}
        self._opened: FileOfResults | None = None
        self._is_usable = True

    def get(self, question: str, scope: str) -> Answer | None:
        with self._lock:
            key = self._key(question, scope)
            file = self._file()
            try:
                value = self._pending.get(key) or (file.get(key) if file else None)
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

        body = base64.b64encode(zlib.compress(answer.body, 1)).decode("ascii")
        row = _Row(answer.asked_at, body, dict(answer.about), answer.with_token)
        with self._lock:
            self._pending[self._key(question, scope)] = msgspec.json.encode(row).decode()
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

    def _key(self, question: str, scope: str) -> bytes:
        """A digest: the file names no repository that is asked with a token."""
        address = _ADDRESS.search(question)
        origin = origin_of(address[0]) if address else None
        is_named = origin is not None and origin in self._reach.named
        parts = (__version__, self._reach.http, self._reach.private, is_named, scope, question)
        text = "\n".join(map(str, parts)).encode("utf-8", "surrogatepass")
        return hashlib.blake2b(text, digest_size=20).digest()

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


def _answer(value: str) -> Answer | None:
    """``None``: somebody has changed the file. The question is asked again."""
    try:
        row = msgspec.json.decode(value, type=_Row)
        unpack = zlib.decompressobj()
        body = unpack.decompress(base64.b64decode(row.body, validate=True), _MAX_BODY + 1)
    except (msgspec.MsgspecError, ValueError, RecursionError, zlib.error, binascii.Error):
        return None
    if len(body) > _MAX_BODY or not unpack.eof:
        return None
    return Answer(body, row.about, row.asked_at, row.with_token)
