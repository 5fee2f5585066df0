"""``Exchange``: sends one request and returns the answer. It does not retry or follow redirects.

Everything here may import requests and conda, so it is loaded with the first request.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from urllib3.exceptions import ClosedPoolError, HTTPError, InvalidHeader
from urllib3.util import Retry, Timeout

from conda_provenance.web import faults
from conda_provenance.web.backoff import Patience
from conda_provenance.web.clients import Call, Client, CondaClient, PlainClient
from conda_provenance.web.connections import Bound, Connections, PrivateAddressError
from conda_provenance.web.direct import ask
from conda_provenance.web.quiet_log import without_queries

_NO_RETRIES = Retry(False, redirect=False)
"""What goes wrong is raised as it is. Whether to try again is not decided here."""

_SHORT = 1 << 14
"""Bytes of an unwanted body that we still read, so that the connection can be used again."""


class Sent:
    """An answer whose head has been read, and whose body has not."""

    def __init__(self, raw: Any, *, peer: str | None, is_proxied: bool) -> None:
        self.raw = raw
        self.status: int = raw.status
        self.headers = raw.headers
        self.peer = peer
        """The address of the server that sent it. ``None``: it is not known."""
        self.is_proxied = is_proxied

    def __enter__(self) -> Sent:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection. A short body is read, so that it can be used again."""
        length = self.headers.get("Content-Length", "")
        # "²" is a digit to Python, and a number of thousands of digits is none.
        is_number = length.isascii() and length.isdigit() and len(length) < 19
        if is_number and int(length) <= _SHORT:
            try:
                self.raw.read(_SHORT + 1)
            except Exception:  # Then it cannot be used again, that is all.
                self.raw.close()
        else:
            self.raw.close()
        self.raw.release_conn()

    def abort(self) -> None:
        """Close the connection."""
        self.raw.close()


class Exchange:
    """All connections of a command."""

    def __init__(self, connections: int, patience: Patience, use_conda: bool | None) -> None:
        if use_conda is None:
            use_conda = find_spec("conda") is not None
        self._client: Client = CondaClient() if use_conda else PlainClient()
        self._patience = patience
        self._timeout = Timeout(connect=patience.connect, read=patience.read)
        self._agent = " ".join(filter(None, (self._client.name, _user_agent())))
        tls = self._client.ssl_context
        self._any = Connections(connections, ssl_context=tls)
        self._public = Connections(connections, ssl_context=tls, public=True)

    def prepare(self, url: str, headers: dict[str, str], *, with_credentials: bool) -> Call:
        """The request, with the user's credentials if they may go there."""
        headers = {"User-Agent": self._agent, **headers}
        return self._client.prepare(url, headers, with_credentials=with_credentials)

    def is_proxied(self, call: Call) -> bool:
        """Is it sent to a proxy, which connects to the server?"""
        return self._any.route(call.url, call.settings).is_proxied

    def send(self, call: Call, host: str, *, public: bool) -> Sent | Exception:
        """Send the request. ``public``: refuse any address outside the public internet.

        If the connection fails, the exception is returned, not raised: the caller may try again.
        """
        try:
            return self._sent(call, public)
        except InvalidHeader:  # Two lengths.
            raise faults.contradiction(host) from None
        except ClosedPoolError as error:
            self._any.forget_routes()
            self._public.forget_routes()
            return error
        except (HTTPError, OSError) as error:
            return error
        except PrivateAddressError:
            raise faults.private_address(host) from None

    def _sent(self, call: Call, public: bool) -> Sent:
        connections = self._any
        route = connections.route(call.url, call.settings)
        if public and not route.is_proxied:
            connections = self._public
            route = connections.route(call.url, call.settings)

        target = call.url if route.is_target_whole else _target(call.url)
        patience = self._patience
        with Bound(patience.answer, patience.slowest, patience.read) as bound:
            raw = None
            if call.body is None and not call.hooks and not route.is_proxied:
                raw = ask(route.pool, target, call.headers, bound)
            if raw is None:
                raw = self._opened(route.pool, target, call)
        if call.hooks:
            raw = _after_hooks(connections, call, raw)
        peer = getattr(getattr(raw, "connection", None), "peer", None)
        return Sent(raw, peer=peer, is_proxied=route.is_proxied)

    def _opened(self, pool: Any, target: str, call: Call) -> Any:
        """The answer by a new connection, or by one that leads to a proxy."""
        with without_queries():
            return pool.urlopen(
                "GET" if call.body is None else "POST",
                target,
                body=call.body,
                headers=call.headers,
                redirect=False,
                retries=_NO_RETRIES,
                assert_same_host=False,
                preload_content=False,
                decode_content=False,
                timeout=self._timeout,
            )

    def close(self) -> None:
        self._any.close()
        self._public.close()


def _after_hooks(connections: Connections, call: Call, raw: Any) -> Any:
    """The answer, after an authentication plugin has seen it. It may have asked again."""
    response = connections.build_response(call.request, raw)
    settings = call.settings._asdict()
    try:
        for hook in call.hooks:
            response = hook(response, stream=True, **settings) or response
    except Exception as error:  # A plugin's. Its text may hold a secret.
        raw.close()
        raise faults.plugin_failed(call.url, error) from None
    return response.raw


def _target(url: str) -> str:
    """Path and query of an address."""
    start = url.find("/", url.index("://") + 3)
    query = url.find("?")
    if start < 0 or 0 <= query < start:
        return "/" + (url[query:] if query >= 0 else "")
    return url[start:].partition("#")[0]


def _user_agent() -> str:
    from conda_provenance import __version__

    return f"conda-provenance/{__version__}"
