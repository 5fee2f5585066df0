"""``Spool``: keeps what has come of a file that is downloaded from its beginning."""

from __future__ import annotations

import tempfile
from collections.abc import Callable

from conda_provenance.web import Answer

_IN_MEMORY = 4 << 20


class Spool:
    """The bytes of an answer. Beyond a few MiB they are kept in a temporary file. Close it."""

    piece = 1 << 16
    from_front = True
    past_payload = False
    """What comes after the payload is at hand only with the end."""

    def __init__(self, answer: Answer, limit: int, too_large: Callable[[], Exception]) -> None:
        """``too_large`` makes the error for a file of more than ``limit`` bytes."""
        self._answer = answer
        self._limit = limit
        self._too_large = too_large
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115
        self._came = 0
        self._is_whole = False

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection and of the file."""
        self._answer.close()
        self._file.close()

    @property
    def size(self) -> int:
        """How large the file is. If its server does not say it, it is read to its end."""
        if not self._is_whole and self._answer.total is not None:
            return self._answer.total

        self._read_until(None)
        return self._came

    def fetch(self, start: int, length: int) -> None:
        """Nothing to do: the whole file is being sent."""

    def read(self, start: int, length: int, /) -> bytes:
        """These bytes. All that comes before them is read too."""
        self._read_until(start + length)
        self._file.seek(start)
        return self._file.read(length)

    def _read_until(self, stop: int | None) -> None:
        while not self._is_whole and (stop is None or self._came < stop):
            data = self._answer.read(self.piece)
            self._is_whole = len(data) < self.piece
            self._came += len(data)
            if self._came > self._limit:
                raise self._too_large()

            self._file.seek(0, 2)
            self._file.write(data)
