"""Progress: one line of a terminal, erased before anything else is printed, or lines in a log.

What is counted is not known here.
"""

from __future__ import annotations

import shutil
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol, TextIO

_WIDTH = 40
_MIN_WIDTH = 10
_REDRAWN_AFTER = 0.05
"""Seconds. To draw more often would cost more than the work that is counted."""

_LOGGED_AFTER = 30.0
"""Seconds between the lines in a log."""

_RATE_OVER = 10.0
"""Seconds. What comes from a cache at first says nothing about the rest."""

RequestsLeft = Callable[[], "int | None"]
"""How many requests a server still allows, where that is known."""


class Progress(Protocol):
    """Shows how far something is."""

    def advance(self) -> None:
        """One more is done."""

    def tick(self) -> None:
        """Time has passed."""

    def expect(self, more: int) -> None:
        """So many more are known to come."""

    def draw(self) -> None:
        """Show it again, after a line was printed."""

    def erase(self) -> None:
        """Make room for a line."""


class Pace:
    """Counts, and says how fast it goes and how long it will take."""

    def __init__(
        self, total: int | None, what: str = "", requests_left: RequestsLeft | None = None
    ) -> None:
        self.total = total
        self.done = 0
        self._what = f" {what}" if what else ""
        self._requests_left = requests_left
        self._started = time.monotonic()
        self._samples = deque([(self._started, 0)])

    def expect(self, more: int) -> None:
        """Add to the total, which is not known before. What is done already is part of it."""
        self.total = (self.total or 0) + more

    def text(self) -> str:
        """Such as "120/2,000 packages, 60/s, 31 s left"."""
        total = "" if self.total is None else f"/{max(self.total, self.done):,}"
        is_one = max(self.total or 0, self.done) == 1
        of_what = self._what.removesuffix("s") if is_one else self._what
        parts = [f"{self.done:,}{total}{of_what}"]
        rate = self._rate()
        if rate and self.done != self.total:
            parts.append(_per_time(rate))
            if self.total is not None and self.total > self.done:
                parts.append(f"{_duration((self.total - self.done) / rate)} left")

        left = self._requests_left and self._requests_left()
        if left is not None:
            parts.append(f"{left:,} requests left")
        return ", ".join(parts)

    def _rate(self) -> float:
        """How many a second, of late. 0: it cannot be said yet."""
        now = time.monotonic()
        self._samples.append((now, self.done))
        while len(self._samples) > 2 and now - self._samples[1][0] >= _RATE_OVER:
            self._samples.popleft()

        since, done = self._samples[0]
        return (self.done - done) / (now - since) if now - self._started >= 1 else 0.0


class Bar:
    """Shows a bar on ``stream``, a terminal. Where the total is not known, it has no bar."""

    def __init__(self, stream: TextIO, pace: Pace) -> None:
        self._stream = stream
        self._pace = pace
        self._drawn_at = -1.0
        self.draw()

    def advance(self) -> None:
        """One more is done."""
        self._pace.done += 1
        if self._is_due() or self._pace.done == self._pace.total:
            self.draw()

    def tick(self) -> None:
        """Draw the time that is left, which changes."""
        if self._is_due():
            self.draw()

    def expect(self, more: int) -> None:
        """So many more are known to come."""
        self._pace.expect(more)

    def draw(self) -> None:
        """Draw the bar, over itself."""
        self._drawn_at = time.monotonic()
        # A line that is wrapped could not be erased.
        columns = shutil.get_terminal_size().columns - 1
        text = self._pace.text()
        self._write("\r" + (self._bar(columns - len(text)) + text)[:columns] + "\x1b[K")

    def erase(self) -> None:
        """Make room for a line."""
        self._write("\r\x1b[K")

    def _bar(self, columns: int) -> str:
        width = min(columns - 3, _WIDTH)
        total = self._pace.total
        if total is None or width < _MIN_WIDTH:
            return ""

        filled = min(width * self._pace.done // max(total, 1), width)
        return f"[{'#' * filled}{'-' * (width - filled)}] "

    def _is_due(self) -> bool:
        return time.monotonic() - self._drawn_at > _REDRAWN_AFTER

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


class LogLines:
    """Says now and then how far it is, by ``say``."""

    def __init__(self, say: Callable[[str], None], pace: Pace) -> None:
        self._say = say
        self._pace = pace
        self._said_at = time.monotonic()

    def advance(self) -> None:
        """One more is done."""
        self._pace.done += 1
        self.tick()

    def tick(self) -> None:
        """Say how far it is, if nothing was said for a while."""
        now = time.monotonic()
        if now - self._said_at >= _LOGGED_AFTER:
            self._said_at = now
            self._say(self._pace.text())

    def expect(self, more: int) -> None:
        """So many more are known to come."""
        self._pace.expect(more)

    def draw(self) -> None:
        """Nothing: a line in a log stays."""

    def erase(self) -> None:
        """Nothing."""


def _per_time(rate: float) -> str:
    """Such as "610/s", "3.4/s" or "12/min"."""
    if rate < 1:
        return f"{rate * 60:.0f}/min"

    return f"{rate:,.0f}/s" if rate >= 10 else f"{rate:.1f}/s"


def _duration(seconds: float) -> str:
    """Such as "8 s", "12 min" or "2 h 05 min"."""
    if seconds < 100:
        return f"{seconds:.0f} s"

    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60:,} h {minutes % 60:02} min"
