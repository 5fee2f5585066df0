"""One address for servers that are several in the tests: a forge's git, its API and its CI."""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

_HOP_BY_HOP = {"connection", "transfer-encoding", "keep-alive", "content-length", "date", "server"}


class JoinedServer(ThreadingHTTPServer):
    """Hands each request on to one of several servers on loopback."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.routes: dict[str, str] = {}
        """Patterns of paths, and the servers to which they lead. The first that fits counts."""
        self.moved: dict[str, str] = {}
        """Beginnings of paths that answer with a redirect, and where it leads."""
        self.asked: list[tuple[str, Mapping[str, str]]] = []
        """The paths of all requests, with their headers."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *_: Any) -> None:
        """A client that hangs up is no error of a test."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: JoinedServer

    def do_GET(self) -> None:
        self._hand_on()

    def do_POST(self) -> None:
        self._hand_on()

    def log_message(self, *_: Any) -> None: ...

    def _hand_on(self) -> None:
        body = self._body()
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.asked.append((self.path, headers))
        for start, target in self.server.moved.items():
            if self.path.startswith(start):
                self._answer(301, {"Location": target + self.path[len(start) :]}, b"")
                return

        for pattern, target in self.server.routes.items():
            if re.match(pattern, self.path):
                self._answer(*self._asked_of(target, body))
                return
        self._answer(404, {"Content-Type": "text/plain"}, b"not here")

    def _asked_of(self, target: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        place = urlsplit(target)
        connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=60)
        headers = {
            name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP
        }
        try:
            connection.request(self.command, self.path, body or None, headers)
            reply = connection.getresponse()
            kept = {
                name: value for name, value in reply.getheaders() if name.lower() not in _HOP_BY_HOP
            }
            return reply.status, kept, reply.read()
        finally:
            connection.close()

    def _answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length")
        if length is not None:
            return self.rfile.read(int(length))

        data = b""
        while "chunked" in (self.headers.get("Transfer-Encoding") or ""):
            size = int(self.rfile.readline().split(b";")[0], 16)
            data += self.rfile.read(size)
            self.rfile.readline()
            if not size:
                break
        return data


@contextmanager
def joined() -> Iterator[JoinedServer]:
    """A server that leads to others, for the length of a ``with`` block."""
    server = JoinedServer()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
