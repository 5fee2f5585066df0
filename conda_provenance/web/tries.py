"""``Tries``: counts the attempts at one request, and says how long to wait or when to give up."""

from __future__ import annotations

from conda_provenance.web import faults
from conda_provenance.web.backoff import Patience, retry_after, wait_before


class Tries:
    """The tries of one request at one server. Every method raises when it was the last one."""

    def __init__(self, patience: Patience, host: str) -> None:
        self._patience = patience
        self._host = host
        self._busy = 0
        self._failures = 0

    def after_busy(self, status: int, asked: str | None) -> float:
        """Seconds to wait for a busy server. ``asked`` is its ``Retry-After``."""
        return self.after_limit(status, retry_after(asked))

    def after_limit(self, status: int, wait: float | None) -> float:
        """The same. ``wait``: the seconds that the server asks for, if it says so."""
        self._busy += 1
        if self._busy >= self._patience.busy_tries:
            raise faults.busy(self._host, status)

        if wait is None:
            return self._wait(self._busy)
        if wait > self._patience.longest_wait:
            raise faults.busy(self._host, status, wait)
        # A server may ask for no wait at all, again and again.
        return wait if self._busy == 1 else max(wait, self._wait(self._busy))

    def after_failure(self, status: int) -> float:
        """Seconds to wait for a server that has failed."""
        self._failures += 1
        if self._failures >= self._patience.failed_tries:
            raise faults.server_failed(self._host, status)
        return self._wait(self._failures)

    def after_error(self, error: Exception) -> float:
        """Seconds to wait after a connection failed."""
        if faults.is_certificate_fault(error):
            raise faults.bad_certificate(self._host) from None

        self._failures += 1
        if self._failures >= self._patience.failed_tries:
            raise faults.no_connection(self._host, error) from None
        # A connection that was kept open may have been closed by the server meanwhile.
        is_stale = self._failures == 1 and "ProtocolError" in type(error).__name__
        return 0 if is_stale else self._wait(self._failures)

    def _wait(self, attempt: int) -> float:
        return wait_before(attempt, self._patience.first_wait, self._patience.longest_wait)
