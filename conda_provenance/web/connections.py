"""Pools of connections. An answer may take only so long, and may not come from a private address.

Which credentials a request carries is not known here.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import socket
import threading
import time
from typing import Any, NamedTuple
from weakref import WeakSet

from requests.adapters import HTTPAdapter
from requests.models import PreparedRequest
from requests.utils import select_proxy
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from conda_provenance.net import is_public_address, origin_of
from conda_provenance.web.clients import Settings

_POOLS = 256
"""Servers to which connections are kept."""

_MAX_INTERIM = 16
"""Answers of the kind 1xx before the one that counts."""

_MAX_HEAD = 1 << 20
"""Bytes of a head, with all interim answers: http.client takes any number of "100 Continue"."""

_bounds = threading.local()


class PrivateAddressError(Exception):
    """A public server redirects to an address outside the public internet."""


class Bound:
    """The time that one answer may take. It grows with the bytes that came."""

    def __init__(self, seconds: float, slowest: int, read: float) -> None:
        self._ends = time.monotonic() + seconds
        self._seconds_a_byte = seconds / slowest
        self._read = read

    def left(self) -> float:
        """Seconds that the next bytes may take."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer takes too long")
        return min(left, self._read)

    def came(self, count: int) -> None:
        self._ends += count * self._seconds_a_byte

    def __enter__(self) -> Bound:
        _bounds.current = self
        return self

    def __exit__(self, *_: object) -> None:
        _bounds.current = None


class _BoundedReader(io.RawIOBase):
    """Reads from a socket until the time is up: a server could send one byte a minute for ever."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, bound: Bound) -> None:
        self._raw = raw
        self._sock = sock
        self._bound = bound
        self.is_over = False
        """Has the server closed the connection?"""
        self.head_left: int | None = _MAX_HEAD
        """Bytes that the head may still have. ``None``: it has been read."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        self._sock.settimeout(self._bound.left())
        count = self._raw.readinto(buffer)
        if count:
            self._bound.came(count)
            self._count_head(count)
        self.is_over = count == 0
        return count

    def _count_head(self, count: int) -> None:
        if self.head_left is not None:
            self.head_left -= count
            if self.head_left < 0:
                raise http.client.HTTPException("the head is too long")

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
            super().close()


class Response(http.client.HTTPResponse):
    """A response that is read within the :class:`Bound` of the thread that asked."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        bound: Bound | None = getattr(_bounds, "current", None)
        if bound is not None:
            file: Any = self.fp
            self.fp = io.BufferedReader(_BoundedReader(file.detach(), sock, bound), 1 << 16)

    def begin(self) -> None:
        """Read the head, after those that only announce it, such as 103 (Early Hints)."""
        self._begin()
        for _ in range(_MAX_INTERIM):
            if not 101 < self.status < 200:
                raw = getattr(self.fp, "raw", None)
                if isinstance(raw, _BoundedReader):
                    raw.head_left = None
                return
            self.headers: Any = None
            self._begin()
        raise http.client.HTTPException("too many interim answers")

    def _begin(self) -> None:
        super().begin()
        if getattr(self.fp.raw, "is_over", False):  # Half a head is none.
            raise http.client.IncompleteRead(b"")


class _Opened:
    """The open connections. Another thread can end them while one waits for an answer."""

    def __init__(self) -> None:
        self._connections: WeakSet[Any] = WeakSet()
        self._lock = threading.Lock()

    def add(self, connection: Any) -> None:
        with self._lock:
            self._connections.add(connection)

    def shut_down(self) -> None:
        """End whatever comes over them."""
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            with contextlib.suppress(OSError, AttributeError):
                connection.sock.shutdown(socket.SHUT_RDWR)


def _pools(opened: _Opened, *, public: bool) -> dict[str, type[HTTPConnectionPool]]:
    """urllib3's pools, of connections that know where they lead and how long they may take."""

    def came_up(connection: Any) -> None:
        opened.add(connection)
        connection.peer = _peer(connection.sock)
        connection.waits = None

    def admitted(sock: socket.socket) -> socket.socket:
        """Nothing is sent to a private address, not even a greeting by TLS.

        The host's name may lead elsewhere now than when it was looked up.
        """
        if public and not is_public_address(_peer(sock) or ""):
            sock.close()
            raise PrivateAddressError
        return sock

    class Plain(HTTPConnection):
        response_class = Response

        def _new_conn(self) -> socket.socket:
            return admitted(super()._new_conn())

        def connect(self) -> None:
            super().connect()
            came_up(self)

    class Secure(HTTPSConnection):
        response_class = Response

        def _new_conn(self) -> socket.socket:
            return admitted(super()._new_conn())

        def connect(self) -> None:
            super().connect()
            came_up(self)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


def _peer(sock: Any) -> str | None:
    """The address that a socket is connected to. A proxy's, if there is one."""
    try:
        return str(sock.getpeername()[0])
    except (OSError, AttributeError, IndexError):
        return None


class Route(NamedTuple):
    """The way to a server."""

    pool: Any
    """Where connections to it are kept."""
    is_proxied: bool
    is_target_whole: bool
    """Is the whole address sent, rather than its path? Proxies want that."""


class Connections(HTTPAdapter):
    """The connections of one command. All threads share them.

    requests' adapter knows of proxies and certificates. ``public``: reach nothing but the public
    internet.
    """

    def __init__(
        self, connections: int, *, public: bool = False, ssl_context: Any | None = None
    ) -> None:
        self._opened = _Opened()
        self._classes = _pools(self._opened, public=public)
        self._routes: dict[Any, Route] = {}
        self._tls = {} if ssl_context is None else {"ssl_context": ssl_context}
        super().__init__(pool_connections=_POOLS, pool_maxsize=connections, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **{**self._tls, **kwargs})
        self.poolmanager.pool_classes_by_scheme = self._classes

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **{**self._tls, **kwargs})
        if not proxy.lower().startswith("socks"):  # Those have classes of their own.
            manager.pool_classes_by_scheme = self._classes
        return manager

    def route(self, url: str, settings: Settings) -> Route:
        """The way to the server of an address. It does not depend on the rest of it."""
        origin = origin_of(url)
        assert origin is not None
        key = (origin, settings.verify, settings.cert, tuple(settings.proxies.items()))
        route = self._routes.get(key)
        if route is None:
            if len(self._routes) >= _POOLS // 2:
                self._routes.clear()
            route = self._routes[key] = self._made_route(url, settings)
        return route

    def close(self) -> None:
        """Close all connections. Threads that wait for one get an error."""
        self._opened.shut_down()
        super().close()

    def forget_routes(self) -> None:
        """Some connections were closed to make room for others."""
        self._routes.clear()

    def _made_route(self, url: str, settings: Settings) -> Route:
        request = PreparedRequest()
        request.url = url
        verify, cert, proxies = settings.verify, settings.cert, settings.proxies
        if hasattr(self, "get_connection_with_tls_context"):  # requests 2.32
            pool = self.get_connection_with_tls_context(request, verify, proxies, cert)
        else:
            pool = self.get_connection(url, proxies)
        self.cert_verify(pool, url, verify, cert)

        proxy = select_proxy(url, proxies)
        target = self.request_url(request, proxies)
        return Route(pool, bool(proxy), is_target_whole="://" in target)
