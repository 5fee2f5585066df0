"""``Asking``: sends a question to an API and follows where it leads, within the user's bounds.

Every status is an answer, but those of a server that is too busy, limits us or fails: those are
waited for, up to a budget. What the answers mean is not known here.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urldefrag, urljoin

from conda_provenance.net import Tls, is_ip_address, origin_of
from conda_provenance.web import faults
from conda_provenance.web.answer import Answer
from conda_provenance.web.backoff import Patience
from conda_provenance.web.body import body_of
from conda_provenance.web.errors import WebError
from conda_provenance.web.hosts import Host, Hosts
from conda_provenance.web.limits import Limit, limit_of
from conda_provenance.web.redirects import REDIRECTS, Hop, require_public
from conda_provenance.web.request import Request
from conda_provenance.web.tries import Tries

if TYPE_CHECKING:
    from conda_provenance.web.clients import Call
    from conda_provenance.web.exchange import Exchange, Sent

_MAX_HOPS = 5
_SAME_METHOD = frozenset({307, 308})
_FAILED = frozenset({500, 502, 504})
_PEEK = 4096
"""Bytes of a refusal that are looked at: it may be a limit."""

_KEPT_HEADERS = frozenset({"accept", "accept-encoding"})
"""What another server gets, after a redirect."""

_LONGEST = 366 * 86400.0
"""Nobody is believed who asks to be left alone for longer. Seconds."""


class Asking:
    """Asks APIs. Threads share it."""

    def __init__(
        self, exchange: Exchange, hosts: Hosts, patience: Patience, public: set[str]
    ) -> None:
        self._exchange = exchange
        self._hosts = hosts
        self._patience = patience
        self._public = public
        """Servers whose names were looked up. Each connection looks at its address again."""

    def answer(self, request: Request) -> Answer:
        """The answer, whatever its status. Its body has not been read."""
        hop = _first(request)
        for _ in range(_MAX_HOPS + 1):
            sent = self._ask(request, hop)
            if sent.status not in REDIRECTS or not request.is_redirected:
                return _answer(request, hop, sent)

            location = sent.headers.get("Location")
            sent.close()
            hop = _following(request, hop, sent.status, location)
        raise faults.too_many_redirects(hop.host)

    def _ask(self, request: Request, hop: Hop) -> Sent:
        """Ask one server, again if it is busy or fails."""
        origin = origin_of(hop.url)
        assert origin is not None
        host = self._hosts.of(origin)
        tries = Tries(self._patience, origin.shown)
        call = self._call(request, hop)
        while True:
            since = host.begin_turn()
            try:
                sent = self._exchange.send(call, hop.host, public=hop.public)
            finally:
                host.end_turn()

            if isinstance(sent, Exception):
                self._wait_after_error(host, tries, sent, since)
            elif sent.status in _FAILED:
                sent.close()
                host.sleep(tries.after_failure(sent.status))
            elif limit := _limit_of(sent):
                if sent.status == 200:
                    self._slow_down(host, limit, since)
                    return sent
                sent.close()
                self._let_rest(host, tries, sent.status, limit, since)
            else:
                host.succeeded()
                return sent

    def _call(self, request: Request, hop: Hop) -> Call:
        """The request for one server, if it may be reached."""
        headers = {"Accept-Encoding": "identity", **request.headers}
        if hop.with_credentials:
            headers.update(request.credential)
        else:
            headers = {name: headers[name] for name in headers if name.lower() in _KEPT_HEADERS}

        call = self._exchange.prepare(hop.url, headers, with_credentials=False)
        if hop.public and hop.host not in self._public:
            _require_public(hop, is_proxied=self._exchange.is_proxied(call))
            self._public.add(hop.host)

        origin = origin_of(hop.url)
        if origin is not None and origin in request.tls:
            call = _with_tls(call, request.tls[origin])
        return call._replace(body=request.body)

    def _let_rest(self, host: Host, tries: Tries, status: int, limit: Limit, since: float) -> None:
        """Keep all threads from asking a server that is busy, or raise if that takes too long."""
        shown = host.origin.shown
        patience = self._patience
        try:
            wait = tries.after_limit(status, limit.seconds)
            if host.rested + wait > patience.longest_rest:
                raise faults.busy(shown, status)
        except WebError as error:
            seconds = min(_LONGEST, max(limit.seconds or 0.0, patience.longest_wait))
            error.retry_at = time.time() + seconds
            host.rest(seconds, since, refusal=error)
            raise
        host.rest(wait, since)

    def _slow_down(self, host: Host, limit: Limit, since: float) -> None:
        """A server has answered, and asks to be asked more slowly."""
        wait = min(limit.seconds or 0.0, self._patience.longest_wait)
        if host.rested + wait <= self._patience.longest_rest:
            host.rest(wait, since)

    def _wait_after_error(self, host: Host, tries: Tries, fault: Exception, since: float) -> None:
        try:
            wait = tries.after_error(fault)
        except WebError as error:
            if faults.is_unreachable(fault):
                host.rest(self._patience.longest_wait, since, refusal=error)
            raise
        host.sleep(wait)


def _first(request: Request) -> Hop:
    fault = request.reach.fault(request.url)
    if fault:
        raise faults.not_admitted(request.url, fault)

    origin = origin_of(request.url)
    assert origin is not None
    return Hop(urldefrag(request.url).url, public=request.reach.needs_public(origin))


def _with_tls(call: Call, tls: Tls) -> Call:
    certificate = (tls.certificate, tls.key) if tls.key else tls.certificate
    verify = tls.authority or call.settings.verify
    return call._replace(settings=call.settings._replace(cert=certificate, verify=verify))


def _require_public(hop: Hop, *, is_proxied: bool) -> None:
    origin = origin_of(hop.url)
    assert origin is not None
    if is_proxied and is_ip_address(origin.host):
        raise faults.not_admitted(hop.url, "a proxy is asked for names only")

    try:
        require_public(hop, is_proxied=is_proxied)
    except WebError:
        fault = "it is in a private network: '--allow private' permits that"
        raise faults.not_admitted(hop.url, fault) from None


def _following(request: Request, hop: Hop, status: int, location: str | None) -> Hop:
    """Where a redirect leads, if it may be followed."""
    if not location:
        raise faults.bad_redirect(hop.host, "nowhere")
    if request.body is not None and status not in _SAME_METHOD:
        raise faults.bad_redirect(hop.host, "an address for another kind of request")

    try:
        url = urldefrag(urljoin(hop.url, location.strip())).url
    except ValueError:
        raise faults.bad_redirect(hop.host, "an address that makes no sense") from None
    here, there = origin_of(hop.url), origin_of(url)
    if there is None:
        raise faults.bad_redirect(hop.host, "an address that is neither http nor https")

    is_same = here == there
    if not is_same and not request.may_leave:
        raise faults.bad_redirect(hop.host, "another server, perhaps to log in")
    fault = request.reach.fault(url)
    if fault:
        raise faults.bad_redirect(hop.host, f"an address that may not be asked: {fault}")

    public = request.reach.needs_public(there)
    return Hop(url, hop.with_credentials and is_same, public, is_redirected=True)


def _limit_of(sent: Sent) -> Limit | None:
    beginning = b""
    if sent.status == 403:
        try:
            beginning = sent.raw.read(_PEEK)
        except Exception:  # It broke off: then it says nothing.
            beginning = b""
        sent.raw = _Begun(sent.raw, beginning)
    return limit_of(sent.status, sent.headers, beginning, time.time())


class _Begun:
    """An answer of which the beginning has been read, and is read again."""

    def __init__(self, raw: Any, beginning: bytes) -> None:
        self._raw = raw
        self._beginning = beginning
        self.status = raw.status
        self.headers = raw.headers

    def read(self, size: int) -> bytes:
        first, self._beginning = self._beginning[:size], self._beginning[size:]
        rest: bytes = self._raw.read(size - len(first)) if len(first) < size else b""
        return first + rest

    def close(self) -> None:
        self._raw.close()

    def release_conn(self) -> None:
        self._raw.release_conn()


def _answer(request: Request, hop: Hop, sent: Sent) -> Answer:
    try:
        body = body_of(hop.host, sent.status, sent.headers, None)
        return Answer(sent.raw, hop, body, limit=request.limit)
    except WebError:
        sent.abort()
        raise
