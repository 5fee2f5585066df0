"""``Web``: asks for files, follows redirects, waits for busy servers, and says what went wrong.

What is in the files is not known here.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urldefrag

from conda_provenance.net import origin_of
from conda_provenance.web import faults
from conda_provenance.web.answer import Answer
from conda_provenance.web.backoff import Patience, retry_after
from conda_provenance.web.body import body_of
from conda_provenance.web.errors import WebError
from conda_provenance.web.hosts import Host, Hosts, Memory
from conda_provenance.web.ranges import ByteRange
from conda_provenance.web.redirects import REDIRECTS, Hop, redirected, require_public
from conda_provenance.web.request import Request
from conda_provenance.web.tries import Tries

if TYPE_CHECKING:
    from conda_provenance.web.exchange import Exchange, Sent

_MAX_REDIRECTS = 10
_BUSY = frozenset({429, 503})
_FAILED = frozenset({500, 502, 504})
_NOT_ALLOWED = frozenset({401, 403, 407})
_RETURNED = frozenset({200, 206, 400, 404, 416, 501})

MAX_FETCHED = 512 << 20
"""Bytes that :meth:`Web.fetch` takes, unless the caller says otherwise."""


class Web:
    """The web, as one command sees it. Threads may share it. Close it at the end.

    It uses conda's session where conda is installed: channels' credentials, proxies, certificates,
    and whether it is offline.
    """

    def __init__(
        self,
        *,
        offline: bool = False,
        connections: int = 48,
        patience: Patience | None = None,
        use_conda: bool | None = None,
    ) -> None:
        """``offline``: refuse everything. ``connections``: at most so many to one server.

        ``use_conda``: take conda's session. Not given: if conda is installed.
        """
        self.connections = connections
        self._offline = offline
        self._patience = patience or Patience()
        self._hosts = Hosts(connections)
        self._use_conda = use_conda
        self._exchange: Exchange | None = None
        self._lock = threading.Lock()
        self._public: set[str] = set()
        """Servers whose names were looked up. Each connection looks at its address again."""

    def __enter__(self) -> Web:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections. Threads that wait for a server get an error."""
        self._hosts.close()
        with self._lock:
            if self._exchange is not None:
                self._exchange.close()

    @staticmethod
    def shown_host(url: str) -> str:
        """The server of an address, fit to be shown."""
        return Hop(url).host

    def memory(self, url: str) -> Memory:
        """What is remembered of the server of ``url``. Callers may add to it."""
        return self._hosts.memory(url)

    def fetch(
        self,
        url: str,
        *,
        limit: int = MAX_FETCHED,
        headers: Mapping[str, str] | None = None,
        named: bool = False,
    ) -> bytes:
        """The whole file. The arguments are those of :meth:`open`.

        Raises :class:`WebError`, of the kind ``missing`` if there is none.
        """
        attempt = 0
        while True:
            attempt += 1
            with self.open(url, limit=limit, headers=headers, named=named) as answer:
                if answer.status != 200:
                    raise faults.no_file(answer.host, answer.status)
                try:
                    return answer.read()
                except WebError as error:
                    if error.kind != "unavailable" or attempt >= self._patience.failed_tries:
                        raise

    def open(
        self,
        url: str,
        range: ByteRange | None = None,
        *,
        limit: int | None = None,
        headers: Mapping[str, str] | None = None,
        after: Answer | None = None,
        named: bool = False,
    ) -> Answer:
        """Ask for a file, or a ``range`` of it. The body has not been read yet.

        The answer's status is 200, 206, 400, 404, 416 or 501. All else is raised as a
        :class:`WebError`. More than ``limit`` bytes are not read. ``after`` is an earlier answer
        for the same address: its redirects are not followed again. ``named``: the address comes
        from another server's answer, not from the user. It gets none of the user's credentials,
        and it must be on the public internet. An ``Authorization`` header replaces the user's
        credentials.
        """
        if self._offline:
            raise faults.offline()
        if origin_of(url) is None:
            raise faults.not_web(url)

        asked = {"Accept": "*/*", "Accept-Encoding": "identity", **(headers or {})}
        if range is not None:
            asked["Range"] = range.header

        first = Hop(urldefrag(url).url, with_credentials=not named, public=named)
        try:
            hop, sent = self._follow(after.hop if after else first, asked)
        except _Refused as refusal:
            if not refusal.hop.is_redirected:
                raise refusal.error() from None
            # It may have been valid for a minute only, and that is over.
            hop, sent = self._again(first, asked)
        return _answer(hop, sent, range, limit)

    def ask(self, request: Request) -> Answer:
        """Ask an API. The answer has any status, and its body has not been read.

        Raises :class:`WebError` for a server that cannot be reached, fails, or limits us for
        longer than we wait: then it has a ``retry_at``. None of the user's credentials is sent but
        those of the request.
        """
        if self._offline:
            raise faults.offline()

        from conda_provenance.web.asking import Asking

        asking = Asking(self._made_exchange(), self._hosts, self._patience, self._public)
        return asking.answer(request)

    def _again(self, first: Hop, headers: dict[str, str]) -> tuple[Hop, Sent]:
        try:
            return self._follow(first, headers)
        except _Refused as refusal:
            raise refusal.error() from None

    def _follow(self, hop: Hop, headers: dict[str, str]) -> tuple[Hop, Sent]:
        """Ask, and ask where the answer leads, until it leads no further."""
        for _ in range(_MAX_REDIRECTS + 1):
            sent = self._ask(hop, headers)
            if sent.status not in REDIRECTS:
                return hop, sent

            sent.close()
            following = redirected(hop, sent.headers.get("Location"), sent)
            if not following.with_credentials:
                headers = {
                    name: value
                    for name, value in headers.items()
                    if name.lower() != "authorization"
                }
            hop = following
        raise faults.too_many_redirects(hop.host)

    def _ask(self, hop: Hop, headers: dict[str, str]) -> Sent:
        """Ask one server, again if it is busy or fails."""
        origin = origin_of(hop.url)
        assert origin is not None
        host = self._hosts.of(origin)
        tries = Tries(self._patience, origin.shown)
        while True:
            since = host.begin_turn()
            try:
                sent = self._send(hop, headers)
            finally:
                host.end_turn()

            if isinstance(sent, Exception):
                self._wait_after_error(host, tries, sent, since)
            elif sent.status in _BUSY:
                sent.close()
                self._let_rest(host, tries, sent, since)
            elif sent.status in _FAILED:
                sent.close()
                host.sleep(tries.after_failure(sent.status))
            else:
                host.succeeded()
                return _checked(hop, sent)

    def _send(self, hop: Hop, headers: dict[str, str]) -> Sent | Exception:
        """The head of the answer, or what is wrong with the connection."""
        exchange = self._made_exchange()
        own = hop.with_credentials and "Authorization" not in headers
        call = exchange.prepare(hop.url, headers, with_credentials=own)
        if hop.public and hop.host not in self._public:
            require_public(hop, is_proxied=exchange.is_proxied(call))
            self._public.add(hop.host)

        return exchange.send(call, hop.host, public=hop.public)

    def _let_rest(self, host: Host, tries: Tries, sent: Sent, since: float) -> None:
        """Keep all threads from asking a host that is too busy."""
        asked = sent.headers.get("Retry-After")
        try:
            wait = tries.after_busy(sent.status, asked)
        except WebError as error:
            # Otherwise every other package would wait just as long, one after the other.
            rest = max(retry_after(asked) or 0, self._patience.longest_wait)
            host.rest(rest, since, refusal=error)
            raise
        host.rest(wait, since)

    def _wait_after_error(self, host: Host, tries: Tries, fault: Exception, since: float) -> None:
        """Wait before the next attempt, after a connection failed."""
        try:
            wait = tries.after_error(fault)
        except WebError as error:
            if faults.is_unreachable(fault):
                host.rest(self._patience.longest_wait, since, refusal=error)
            raise
        host.sleep(wait)

    def _made_exchange(self) -> Exchange:
        if self._exchange is None:
            with self._lock:
                if self._exchange is None:
                    from conda_provenance.web.exchange import Exchange

                    self._exchange = Exchange(self.connections, self._patience, self._use_conda)
        return self._exchange


class _Refused(Exception):
    """A server wants other credentials, or an address has expired."""

    def __init__(self, hop: Hop, status: int, challenge: str | None) -> None:
        super().__init__(status)
        self.hop = hop
        self._status = status
        self._challenge = challenge

    def error(self) -> WebError:
        return faults.refused(self.hop.host, self._status, self._challenge)


def _checked(hop: Hop, sent: Sent) -> Sent:
    """The answer, if it is one that a caller can do something with."""
    is_expired = hop.is_redirected and sent.status == 400  # As some object stores say it.
    if (sent.status in _RETURNED or sent.status in REDIRECTS) and not is_expired:
        return sent

    sent.close()
    if sent.status in _NOT_ALLOWED or is_expired:
        raise _Refused(hop, sent.status, sent.headers.get("WWW-Authenticate"))
    raise faults.no_file(hop.host, sent.status)


def _answer(hop: Hop, sent: Sent, range: ByteRange | None, limit: int | None) -> Answer:
    """The answer, whose head says what can be true."""
    try:
        is_zst = hop.url.partition("?")[0].endswith(".zst")
        body = body_of(hop.host, sent.status, sent.headers, range, is_zst=is_zst)
        return Answer(sent.raw, hop, body, limit=limit)
    except WebError:
        sent.abort()
        raise
