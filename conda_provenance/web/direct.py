"""``ask``: one plain request over a connection that is open, and its answer.

http.client and urllib3 do the same in four times the time. They still open all connections, and
they read every answer that is not plain. What is asked, and of whom, is not known here.
"""

from __future__ import annotations

import io
import os
import re
import struct
from collections.abc import Mapping
from http.client import HTTPException, IncompleteRead
from socket import SO_RCVTIMEO, SO_SNDTIMEO, SOL_SOCKET, socket
from typing import Any

from urllib3 import HTTPResponse
from urllib3._collections import HTTPHeaderDict
from urllib3.exceptions import ProtocolError

from conda_provenance.web.connections import Bound, Response
from conda_provenance.web.heads import END, MAX_HEAD, Fields, Head, parse_head, request_head

_PIECE = 1 << 16
"""Bytes that are read at a time."""

_SYSTEM_WAITS = os.name == "posix"
_TIME = struct.Struct("@ll")
"""The system's seconds and microseconds."""

_HOST = re.compile(r"[0-9A-Za-z.-]+")


class DirectAnswer:
    """A plain answer, whose body is read from its connection. It looks like urllib3's."""

    __slots__ = ("_bound", "_came", "_left", "_pool", "connection", "headers", "status")

    def __init__(self, pool: Any, connection: Any, bound: Bound, head: Head, came: bytes) -> None:
        """``came`` is what has been read beyond the head."""
        self.status = head.status
        self.headers: Fields = head.fields
        self.connection: Any = connection
        self._pool = pool
        self._bound = bound
        self._left = head.length
        self._came = came
        if len(came) > head.length:  # Whatever that is, it answers no question of ours.
            self._came = came[: head.length]
            connection.close()

    def read(self, size: int) -> bytes:
        """The next ``size`` bytes. Fewer only at the end, or if the server breaks off."""
        missing = min(size, self._left)
        pieces = []
        while missing:
            data = self._next(min(missing, _PIECE))
            if not data:
                break
            pieces.append(data)
            missing -= len(data)
            self._left -= len(data)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _next(self, size: int) -> bytes:
        if self._came:
            data, self._came = self._came[:size], self._came[size:]
            return data
        if self.connection is None or self.connection.sock is None:
            return b""
        return receive(self.connection, size, self._bound)

    def close(self) -> None:
        """Close the connection."""
        if self.connection is not None:
            self.connection.close()

    def release_conn(self) -> None:
        """Let go of the connection. It is used again if the body has been read."""
        if self.connection is None:
            return

        if self._left or _holds_more(self.connection.sock):
            self.connection.close()
        self._pool._put_conn(self.connection)
        self.connection = None


def ask(pool: Any, target: str, fields: Mapping[str, str], bound: Bound) -> Any | None:
    """The answer to a request for ``target``, by an open connection of the pool.

    ``None``: there is no such connection, or the request is not plain, and nothing was sent. Raises
    what urllib3 raises.
    """
    take = getattr(pool, "_get_conn", None)
    if take is None or not hasattr(pool, "_put_conn"):
        return None  # urllib3 may rename what is its own.

    connection = take()
    sock = connection.sock
    head = None
    if sock is not None and _HOST.fullmatch(connection.host):
        is_usual = connection.port == connection.default_port
        host = connection.host if is_usual else f"{connection.host}:{connection.port}"
        head = request_head(target, host, fields)
    if head is None:
        pool._put_conn(connection)
        return None

    try:
        return _exchanged(pool, connection, head, bound)
    except BaseException as error:
        connection.close()
        pool._put_conn(None)
        if isinstance(error, HTTPException | ConnectionError):
            raise ProtocolError("Connection aborted.", error) from error
        raise


def _exchanged(pool: Any, connection: Any, request: bytes, bound: Bound) -> Any:
    _set_time(connection, bound)
    connection.sock.sendall(request)

    data = b""
    end = None
    while end is None and len(data) < MAX_HEAD:
        more = receive(connection, _PIECE, bound)
        if not more:
            break
        data += more
        end = END.search(data)

    if end is None and 0 < len(data) < MAX_HEAD:  # http.client would make do with that.
        raise IncompleteRead(data)
    if end is not None and (head := parse_head(data[: end.end()])) is not None:
        return DirectAnswer(pool, connection, bound, head, data[end.end() :])
    return _left_to_http_client(pool, connection, data)


def receive(connection: Any, size: int, bound: Bound) -> bytes:
    """Some bytes, ``size`` at most, within the time. None at the end."""
    _set_time(connection, bound)
    try:
        data: bytes = connection.sock.recv(size)
    except BlockingIOError:
        raise TimeoutError("the server sends nothing") from None

    bound.came(len(data))
    return data


def _holds_more(sock: Any) -> bool:
    """Has TLS decrypted more than was read? That would pass for the answer to the next request.

    What a socket itself holds, urllib3 notices.
    """
    pending = getattr(sock, "pending", None)
    return pending is not None and pending() > 0


def _set_time(connection: Any, bound: Bound) -> None:
    """Let the socket wait as long as the bound allows.

    Where the system itself can end a wait, a wait takes one call of the system instead of two, and
    so fewer turns between threads. With TLS Python would wait again.
    """
    sock, left = connection.sock, bound.left()
    if not _SYSTEM_WAITS or type(sock) is not socket:
        if sock.gettimeout() != left:
            sock.settimeout(left)
        return

    if connection.waits != left or sock.gettimeout() is not None:
        seconds = _TIME.pack(*divmod(max(1, int(left * 1e6)), 1_000_000))
        sock.setsockopt(SOL_SOCKET, SO_RCVTIMEO, seconds)
        sock.setsockopt(SOL_SOCKET, SO_SNDTIMEO, seconds)
        sock.settimeout(None)
        connection.waits = left


def _left_to_http_client(pool: Any, connection: Any, data: bytes) -> HTTPResponse:
    """The answer that begins with ``data``, and is not plain."""
    begun: Any = _Begun(data, connection.sock)
    response = Response(begun, method="GET")
    try:
        response.begin()
        answer = HTTPResponse(
            body=response,
            headers=HTTPHeaderDict(response.msg.items()),
            status=response.status,
            version=response.version,
            reason=response.reason,
            preload_content=False,
            decode_content=False,
            original_response=response,
            pool=pool,
            connection=connection,
            request_method="GET",
        )
    except BaseException:
        response.close()
        raise

    if response.will_close:
        connection.close()  # The answer has a hold on the socket until it is read.
    return answer


class _Begun:
    """A socket of which some bytes have been read already."""

    def __init__(self, data: bytes, sock: Any) -> None:
        self._data = data
        self._sock = sock
        self.settimeout = sock.settimeout

    def makefile(self, *_: Any) -> io.BufferedReader:
        return io.BufferedReader(_BegunReader(self._data, self._sock.makefile("rb", buffering=0)))


class _BegunReader(io.RawIOBase):
    def __init__(self, data: bytes, rest: Any) -> None:
        self._data = data
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        if not self._data:
            count: int | None = self._rest.readinto(buffer)
            return count

        data, self._data = self._data[: len(buffer)], self._data[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._rest.close()
            super().close()
