"""A progress bar: one line of a terminal, erased before anything else is printed there."""

from __future__ import annotations

import shutil
import time
from typing import TextIO

_WIDTH = 40
_REDRAWN_AFTER = 0.05
"""Seconds. To draw more often would cost more than the work that is counted."""


class Bar:
    """Counts to ``total`` on ``stream``, a terminal."""

    def __init__(self, stream: TextIO, total: int) -> None:
        self._stream = stream
        self._total = total
        self._done = 0
        self._started = time.monotonic()
        self._drawn_at = -1.0
        self.draw()

    def advance(self) -> None:
        """One more is done."""
        self._done += 1
        if time.monotonic() - self._drawn_at > _REDRAWN_AFTER or self._done == self._total:
            self.draw()

    def draw(self) -> None:
        """Draw the bar, over itself."""
        self._drawn_at = time.monotonic()
        filled = _WIDTH * self._done // self._total
        line = f"[{'#' * filled}{'-' * (_WIDTH - filled)}] {self._done}/{self._total}{self._left()}"
        # A line that is wrapped could not be erased.
        columns = shutil.get_terminal_size().columns
        self._write("\r" + line[: columns - 1] + "\x1b[K")

    def erase(self) -> None:
        """Make room for a line."""
        self._write("\r\x1b[K")

    def _left(self) -> str:
        elapsed = time.monotonic() - self._started
        if not self._done or self._done == self._total or elapsed < 1:
            return ""

        return f", {elapsed / self._done * (self._total - self._done):.0f} s left"

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
