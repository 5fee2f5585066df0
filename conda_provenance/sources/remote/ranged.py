"""``RangedBlob``: a file on a server that sends parts of it. Only what is needed is fetched.

What the bytes mean is not known here.
"""

from __future__ import annotations

from conda_provenance.sources.remote.plan import NEXT
from conda_provenance.web import Answer, ByteRange, Web, WebError

_KEPT = 4 << 20
"""Bytes that are kept of what was read."""

_SKIPPED = 1 << 16
"""Bytes that we read and throw away, because that is faster than another request."""

_DROPS = 3
"""Times that a server may break off in the middle of one file."""


_MAX_SHORT = 7
"""Answers for one file, after the first, that may hold less than was asked for."""


class ReplacedError(Exception):
    """The file was replaced by another one while it was read."""


class RenamedError(ReplacedError):
    """The server gives it another ``ETag`` or date than before, and the same size.

    Mirrors that share one name do this too, and their files are the same.
    """


class ShortError(Exception):
    """The server sends less than is asked for, again and again."""


class RangedBlob:
    """A file whose first part has been asked for. Close it."""

    piece = 1 << 15
    """Bytes to read at a time. Reading stops at about.json, so larger pieces would be wasted."""

    def __init__(
        self, web: Web, url: str, first: Answer, size: int, *, from_front: bool, past_payload: bool
    ) -> None:
        self.size = size
        self.from_front = from_front
        self.past_payload = past_payload
        self._web = web
        self._url = url
        self._first = first
        self._kept: list[tuple[int, bytes]] = []
        self._planned = (0, 0)
        self._next = NEXT
        self._drops = 0
        self._short = 0
        self._stream: Answer | None = None
        self._position = self._stop = 0
        self._take(first)
        self.read(self._position, self._stop - self._position)

    def __enter__(self) -> RangedBlob:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def fetch(self, start: int, length: int) -> None:
        """The next request may be for all of this range."""
        self._planned = (start, start + length)

    def read(self, start: int, length: int, /) -> bytes:
        pieces = []
        stop = min(start + length, self.size)
        while start < stop:
            data = self._from_memory(start, stop) or self._from_stream(start, stop)
            pieces.append(data)
            start += len(data)
        return b"".join(pieces)

    def _from_memory(self, start: int, stop: int) -> bytes:
        for first, data in self._kept:
            if first <= start < first + len(data):
                return data[start - first : stop - first]
        return b""

    def _from_stream(self, start: int, stop: int) -> bytes:
        """Some bytes from ``start`` on. None if the server broke off: then it is asked again."""
        try:
            stream = self._stream_at(start, stop)
            data = stream.read(min(stop, self._stop) - start)
        except WebError as error:
            is_dropped = self._stream is not None and error.kind == "unavailable"
            self.close()
            self._drops += 1
            if not is_dropped or self._drops > _DROPS:
                raise
            return b""

        self._position += len(data)
        self._keep(start, data)
        if self._position >= self._stop:
            self.close()
        return data

    def _stream_at(self, start: int, stop: int) -> Answer:
        """An answer that goes on at ``start``."""
        stream = self._stream
        if stream is not None and self._position <= start < self._stop:
            skipped = start - self._position
            if skipped <= _SKIPPED:
                self._position += len(stream.read(skipped)) if skipped else 0
                return stream

        self.close()
        if self._short >= _MAX_SHORT:
            raise ShortError
        stop = self._stop_of_request(start, stop)
        answer = self._web.open(self._url, ByteRange(start, stop - start), after=self._first)
        if answer.status != 206 or answer.total not in (None, self.size):
            answer.close()
            raise ReplacedError
        if not self._has_same_tag(answer):
            answer.close()
            raise RenamedError

        self._short += (answer.length or 0) < stop - start
        return self._take(answer)

    def _stop_of_request(self, start: int, stop: int) -> int:
        """Where the next request ends: with the planned range, or else some way on.

        What is there already is not fetched again.
        """
        first, last = self._planned
        if first <= start < last:
            stop = max(stop, last)
        elif stop - start < self._next:
            stop = start + self._next
            self._next *= 2

        known = [place for place, _ in self._kept if start < place < stop]
        return min([stop, self.size, *known])

    def _take(self, answer: Answer) -> Answer:
        self._stream = answer
        self._position = answer.start
        self._stop = answer.start + (answer.length or 0)
        return answer

    def _has_same_tag(self, answer: Answer) -> bool:
        """Does the server call it the same file as in its first answer?"""
        for name in ("ETag", "Last-Modified"):
            before, now = (each.headers.get(name) for each in (self._first, answer))
            if before and now:
                return before.removeprefix("W/") == now.removeprefix("W/")
        return True

    def _keep(self, start: int, data: bytes) -> None:
        self._kept.append((start, data))
        # The first part stays: it says where the others are.
        while len(self._kept) > 2 and sum(len(each) for _, each in self._kept) > _KEPT:
            del self._kept[1]
