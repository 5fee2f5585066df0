"""What we remember about each host: how many requests it takes at once, and what it cannot do."""

from __future__ import annotations

import threading
import time

from conda_provenance.net import Origin
from conda_provenance.web import faults
from conda_provenance.web.errors import WebError

_GROWTH = 8
"""Requests that must succeed, for each that may run, before one more may run at once."""

_MAX_MEMORIES = 10_000


class Host:
    """One server. All threads share it.

    When the server says that it is too busy, all threads wait, and fewer requests run at once
    afterwards. The number grows again slowly, with every success.
    """

    def __init__(self, origin: Origin, connections: int) -> None:
        self.origin = origin
        self._most = self._limit = connections
        self._running = 0
        self._successes = 0
        self._not_before = 0.0
        self._busy_since = 0.0
        self._refusal: WebError | None = None
        self._rested = 0.0
        self._closed = threading.Event()
        self._change = threading.Condition()

    def begin_turn(self) -> float:
        """Wait for our turn, and hold it until :meth:`end_turn`. Returns when it came."""
        with self._change:
            while (wait := self._wait()) is None or wait > 0:
                self._change.wait(wait)
            self._running += 1
        return time.monotonic()

    def end_turn(self) -> None:
        """Let the next one have its turn."""
        with self._change:
            self._running -= 1
            self._change.notify()

    def _wait(self) -> float | None:
        """Seconds until it may be our turn. ``None``: until somebody else is done."""
        if self._closed.is_set():
            raise faults.given_up(self.origin.shown)

        wait = self._not_before - time.monotonic()
        if self._refusal is not None and wait > 0:
            raise WebError("unavailable", str(self._refusal), retry_at=self._refusal.retry_at)
        if wait > 0:
            return wait
        return 0 if self._running < self._limit else None

    @property
    def rested(self) -> float:
        """Seconds that everybody has waited for this server so far."""
        return self._rested

    def rest(self, seconds: float, since: float, *, refusal: WebError | None = None) -> None:
        """Send nothing for ``seconds``, and then half as many requests at once.

        ``since`` is when the busy request began. If several ran together, only the first of them
        counts. With ``refusal`` nobody waits: every request until then fails with that message.
        """
        with self._change:
            now = time.monotonic()
            if refusal is None:
                self._rested += max(0.0, now + seconds - max(now, self._not_before))
            # A request that ran meanwhile may be asked to wait for a shorter time.
            if refusal is not None or now + seconds > self._not_before:
                self._refusal = refusal
            self._not_before = max(self._not_before, now + seconds)
            if since >= self._busy_since:
                self._limit = max(1, self._limit // 2)
                self._busy_since = time.monotonic()
                self._successes = 0
            self._change.notify_all()

    def sleep(self, seconds: float) -> None:
        """Let one thread wait."""
        if self._closed.wait(seconds):
            raise faults.given_up(self.origin.shown)

    def succeeded(self) -> None:
        """A request was answered."""
        if self._limit == self._most:
            return

        with self._change:
            self._successes += 1
            if self._successes >= _GROWTH * self._limit:
                self._successes = 0
                self._limit = min(self._most, self._limit + 1)
                self._change.notify()

    def close(self) -> None:
        """Wake whoever waits. They get an error."""
        self._closed.set()
        with self._change:
            self._change.notify_all()


class Hosts:
    """All hosts that were asked."""

    def __init__(self, connections: int) -> None:
        self._connections = connections
        self._hosts: dict[Origin, Host] = {}
        self._memories: dict[str, Memory] = {}
        self._lock = threading.Lock()
        self._is_closed = False

    def of(self, origin: Origin) -> Host:
        host = self._hosts.get(origin)
        if host is None:
            with self._lock:
                host = self._hosts.setdefault(origin, Host(origin, self._connections))
                if self._is_closed:
                    host.close()
        return host

    def memory(self, url: str) -> Memory:
        """What is remembered of the folder that ``url`` lies in.

        One host name may stand for several servers: a channel that supports ranges, and beside it a
        mirror that does not.
        """
        folder = url.partition("?")[0].rpartition("/")[0]
        if len(self._memories) > _MAX_MEMORIES:
            self._memories.clear()
        return self._memories.setdefault(folder, Memory())

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            for host in self._hosts.values():
                host.close()


class Memory:
    """What a server cannot do, as far as one folder on it has shown."""

    __slots__ = ("no_ranges", "no_suffix", "sends_parts")

    def __init__(self) -> None:
        self.no_ranges = False
        """It sends whole files only."""
        self.sends_parts = False
        """It has sent a part of a file."""
        self.no_suffix = False
        """It cannot send the last bytes of a file unless it is told where they begin."""
