"""``Answer``: what a server sends, read within bounds."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

from conda_provenance.web import faults
from conda_provenance.web.body import Body
from conda_provenance.web.redirects import Hop

_DRAINED = 64 << 10
"""Bytes that are read to their end rather than the connection be closed."""


class Answer:
    """A server's answer. Close it, or use it in a ``with`` block.

    A body that is not read is closed with it.
    """

    def __init__(self, raw: Any, hop: Hop, body: Body, *, limit: int | None) -> None:
        self.status: int = raw.status
        self.headers: Mapping[str, str] = raw.headers
        self.hop = hop
        self.host = hop.host
        """Who sent it, fit to be shown."""
        self.start = body.start
        """Where in the file the body begins."""
        self.total = body.total
        """Bytes of the whole file, if the server says it."""
        self._raw: Any = raw
        self._left = body.length
        self._limit = limit
        self._came = 0
        self._decoder = _gzip_decoder() if body.is_gzip else None
        self._next_member = b""
        """What has come of the gzip member that the decoder is to begin with."""
        self._is_over = body.length == 0

    @property
    def url(self) -> str:
        """Where it came from, after redirects. It may hold a secret: never show it."""
        return self.hop.url

    def __enter__(self) -> Answer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def length(self) -> int | None:
        """Bytes of the body that are still to come, if the server says it."""
        return None if self._decoder else self._left

    def read(self, size: int = -1) -> bytes:
        """The next ``size`` bytes. Fewer only at the end. ``-1``: all that is left."""
        if size < 0:
            pieces = []
            while piece := self.read(1 << 18):
                pieces.append(piece)
            return b"".join(pieces)

        data = self._take(size) if self._decoder is None else self._decoded(size)
        self._count(data)
        return data

    def _take(self, size: int) -> bytes:
        """The next bytes as they are sent."""
        wanted = size if self._left is None else min(size, self._left)
        if not wanted or self._is_over:
            return b""

        try:
            data: bytes = self._raw.read(wanted)
        except Exception as error:
            self._abort()
            raise faults.broke_off(self.host, error) from None

        self._is_over = len(data) < wanted
        if self._left is not None:
            self._left -= len(data)
            if self._is_over:
                self._abort()
                raise faults.broke_off(self.host)
        return data

    def _decoded(self, size: int) -> bytes:
        """The next bytes of what the server has compressed, though it was asked not to."""
        assert self._decoder is not None
        pieces: list[bytes] = []
        missing = size
        try:
            while missing and not (self._decoder.eof and self._is_last_member()):
                source = self._decoder.unconsumed_tail or self._next_member or self._take(1 << 16)
                self._next_member = b""
                piece = self._decoder.decompress(source, missing)
                if not piece and not source:
                    raise zlib.error
                pieces.append(piece)
                missing -= len(piece)
        except zlib.error:
            self._abort()
            raise faults.compressed(self.host) from None
        return b"".join(pieces)

    def _is_last_member(self) -> bool:
        """Is nothing left after this gzip member? Else the decoder begins with the next one.

        A body may have several (RFC 1952, 2.2), and zeros at its end.
        """
        assert self._decoder is not None
        rest = self._decoder.unused_data.lstrip(b"\0")
        while not rest and (data := self._take(1 << 16)):
            rest = data.lstrip(b"\0")
        if rest:
            self._decoder, self._next_member = _gzip_decoder(), rest
        return not rest

    def _count(self, data: bytes) -> None:
        self._came += len(data)
        if self._limit is not None and self._came > self._limit:
            self._abort()
            raise faults.too_large(self.host, self._limit)

    def close(self) -> None:
        """Let go of the connection. It is used again if the body has been read, or nearly."""
        if self._raw is None:
            return

        if self._left is not None and 0 < self._left <= _DRAINED and not self._is_over:
            try:
                self._raw.read(self._left)
            except Exception:  # Then it cannot be used again, that is all.
                self._abort()
                return
            self._left = 0
        if self._left == 0 or (self._left is None and self._is_over):
            self._raw.release_conn()
            self._raw = None
        else:
            self._abort()

    def _abort(self) -> None:
        if self._raw is not None:
            self._raw.close()
            self._raw = None
            self._is_over = True


def _gzip_decoder() -> zlib._Decompress:
    return zlib.decompressobj(16 + zlib.MAX_WBITS)
