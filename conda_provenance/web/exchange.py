"""``Exchange``: sends one request and takes one answer. It neither waits nor follows.

Everything here may import requests and conda, so it is loaded with the first request.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from conda_provenance.web import faults
from conda_provenance.web.backoff import Patience
from conda_provenance.web.clients import Call, Client, CondaClient, PlainClient
from conda_provenance.web.connections import Bound, Connections, PrivateAddressError


class Sent:
    """An answer of which nothing but the head has been read."""

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
        if length.isdigit() and int(length) <= _SHORT:
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


_SHORT = 1 << 14
"""Bytes of a body that nobody wants, and that is read to its end all the same."""


class Exchange:
    """All connections of a command."""

    def __init__(self, connections: int, patience: Patience, use_conda: bool | None) -> None:
        if use_conda is None:
            use_conda = find_spec("conda") is not None
        self._client: Client = CondaClient() if use_conda else PlainClient()
        self._patience = patience
        tls = self._client.ssl_context
        self._any = Connections(connections, ssl_context=tls)
        self._public = Connections(connections, ssl_context=tls, public=True)

    def prepare(self, url: str, headers: dict[str, str], *, with_credentials: bool) -> Call:
        """The request, with the user's credentials if they may go there."""
        agent = " ".join(filter(None, (self._client.name, _user_agent())))
        return self._client.prepare(
            url, {"User-Agent": agent, **headers}, with_credentials=with_credentials
        )

    @staticmethod
    def is_proxied(call: Call) -> bool:
        from requests.utils import select_proxy

        return bool(select_proxy(call.request.url, call.proxies))

    def send(self, call: Call, host: str, *, public: bool) -> Sent | Exception:
        """Send it. ``public``: only to an address of the public internet.

        Returns what goes wrong with the connection.
        """
        from urllib3.exceptions import HTTPError, InvalidHeader

        try:
            return self._sent(call, public)
        except InvalidHeader:  # Two lengths.
            raise faults.contradiction(host) from None
        except (HTTPError, OSError) as error:
            return error
        except PrivateAddressError:
            raise faults.private_address(host) from None

    def _sent(self, call: Call, public: bool) -> Sent:
        from urllib3.util import Timeout

        is_proxied = self.is_proxied(call)
        connections = self._public if public and not is_proxied else self._any
        pool = connections.pool(call.request, call.verify, call.cert, call.proxies)
        patience = self._patience
        with Bound(patience.answer, patience.slowest, patience.read):
            raw = pool.urlopen(
                "GET",
                connections.request_url(call.request, call.proxies),
                headers=call.request.headers,
                redirect=False,
                retries=False,
                assert_same_host=False,
                preload_content=False,
                decode_content=False,
                timeout=Timeout(connect=patience.connect, read=patience.read),
            )
        if call.hooks:
            raw = _after_hooks(connections, call, raw)
        peer = getattr(getattr(raw, "connection", None), "peer", None)
        return Sent(raw, peer=peer, is_proxied=is_proxied)

    def close(self) -> None:
        self._any.close()
        self._public.close()


def _after_hooks(connections: Connections, call: Call, raw: Any) -> Any:
    """The answer, after an authentication plugin has seen it. It may have asked again."""
    response = connections.build_response(call.request, raw)
    settings = {"verify": call.verify, "cert": call.cert, "proxies": call.proxies}
    for hook in call.hooks:
        response = hook(response, stream=True, **settings) or response
    return response.raw


def _user_agent() -> str:
    from conda_provenance import __version__

    return f"conda-provenance/{__version__}"
