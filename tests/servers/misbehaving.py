"""A server on loopback that misbehaves on purpose, as real ones do, and counts what it is asked.

The first folder of a path says how: ``/no-ranges/a.conda``. It is a stand-in for the servers that
docs/reference/remote.md lists; what nginx does is tested with nginx.
"""

from __future__ import annotations

import base64
import gzip
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import pytest

LOGIN = "us3r:p4ssw0rd"
TOKEN = "tk-11112222-3333-4444-5555-666677778888"
SIGNATURE = "s1gn4ture0fTh3Answer"
SECRETS = ("us3r", "p4ssw0rd", TOKEN, SIGNATURE, base64.b64encode(LOGIN.encode()).decode())
"""None of these may be shown."""

SLOW = 0.15
"""Seconds between two bytes of a slow server."""


class Asked(NamedTuple):
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    """By their names in lower case."""

    @property
    def range(self) -> str | None:
        return self.headers.get("range")


class Server(ThreadingHTTPServer):
    """Serves ``files`` by their names, in the way that the path says."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: str = "127.0.0.1") -> None:
        super().__init__((address, 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.asked: list[Asked] = []
        self.sent = 0
        """Bytes of bodies that were written to the network."""
        self.counts: Counter[str] = Counter()
        """Requests for each path."""
        self.elsewhere = ""
        """Where ``/redirect/`` leads, before the file's name."""
        self.lock = threading.Lock()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def root(self) -> str:
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}"

    def url(self, way: str, name: str) -> str:
        return f"{self.root}/{way}/{name}"

    def forget(self) -> None:
        """Count from nothing."""
        self.asked.clear()
        self.counts.clear()
        self.sent = 0

    def handle_error(self, *_: Any) -> None:
        """A client that closes the connection is what is tested."""

    def stop(self) -> None:
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server
    wbufsize = 0

    def log_message(self, *_: Any) -> None:
        pass

    def do_HEAD(self) -> None:
        self._note()
        self.reply(403)

    def do_GET(self) -> None:
        count = self._note()
        parts = urlsplit(self.path)
        way, _, name = unquote(parts.path).lstrip("/").partition("/")
        behaviour = WAYS.get(way)
        if behaviour is None:
            self.reply(404)
            return

        self.count = count
        self.query = parts.query
        self.name = name
        self.data = self.server.files.get(name.rpartition("/")[2])
        if self.data is None:
            self.reply(404, b"<html>no such file</html>")
        else:
            behaviour(self)

    def _note(self) -> int:
        headers = {name.lower(): value for name, value in self.headers.items()}
        with self.server.lock:
            self.server.asked.append(Asked(self.command, self.path, headers))
            self.server.counts[self.path] += 1
            return self.server.counts[self.path]

    def reply(self, status: int, body: bytes = b"", **headers: Any) -> None:
        """Answer. ``_`` in a header's name stands for a dash; ``None`` leaves one out."""
        given = {"Content_Length": len(body), **headers}
        self.send_response(status)
        for name, value in given.items():
            if value is not None:
                self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.write(body)

    def write(self, body: bytes) -> None:
        for at in range(0, len(body), 1 << 14):
            piece = body[at : at + (1 << 14)]
            self.wfile.write(piece)
            with self.server.lock:
                self.server.sent += len(piece)

    def part(self) -> tuple[int, int] | None:
        """The range that is asked for: first byte, and the one after the last."""
        match = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        assert self.data is not None
        size = len(self.data)
        if match is None:
            return None
        first, last = match.groups()
        if not first:
            return max(0, size - int(last)), size
        return int(first), min(size, int(last) + 1 if last else size)

    @property
    def is_suffix(self) -> bool:
        return self.headers.get("Range", "").startswith("bytes=-")

    def serve(self, data: bytes | None = None, **headers: Any) -> None:
        """Do it right."""
        self.data = self.data if data is None else data
        assert self.data is not None
        part = self.part()
        if part is None:
            self.reply(200, self.data, **headers)
        elif part[0] >= len(self.data):
            self.reply(416, Content_Range=f"bytes */{len(self.data)}", **headers)
        else:
            said = {"Content_Range": f"bytes {part[0]}-{part[1] - 1}/{len(self.data)}"}
            self.reply(206, self.data[slice(*part)], **{**said, **headers})


def _no_ranges(handler: _Handler) -> None:
    handler.reply(200, handler.data)


def _no_ranges_chunked(handler: _Handler) -> None:
    handler.reply(200, Content_Length=None, Transfer_Encoding="chunked")
    for at in range(0, len(handler.data), 5000):
        piece = handler.data[at : at + 5000]
        handler.write(b"%x\r\n%s\r\n" % (len(piece), piece))
    handler.write(b"0\r\n\r\n")


def _suffix(status: int) -> Callable[[_Handler], None]:
    def way(handler: _Handler) -> None:
        if handler.is_suffix:
            handler.reply(status, b"no")
        else:
            handler.serve()

    return way


def _drip_body(handler: _Handler) -> None:
    handler.reply(200, Content_Length=len(handler.data))
    for at in range(len(handler.data)):
        handler.write(handler.data[at : at + 1])
        time.sleep(SLOW)


def _drip_head(handler: _Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(1000):
        handler.wfile.write(b"X-%d: 1\r\n" % number)
        time.sleep(SLOW)


def _silent(handler: _Handler) -> None:
    time.sleep(3)
    handler.close_connection = True


def _drops(times: int) -> Callable[[_Handler], None]:
    """Break off in the middle of the first so many answers."""

    def way(handler: _Handler) -> None:
        if handler.count > times:
            handler.serve()
            return
        part = handler.part() or (0, len(handler.data))
        length = part[1] - part[0]
        handler.send_response(206 if handler.part() else 200)
        handler.send_header("Content-Length", str(length))
        if handler.part():
            said = f"bytes {part[0]}-{part[1] - 1}/{len(handler.data)}"
            handler.send_header("Content-Range", said)
        handler.end_headers()
        handler.write(handler.data[part[0] : part[0] + length // 2])
        handler.close_connection = True

    return way


def _closes(times: int) -> Callable[[_Handler], None]:
    """Close the connection without an answer, so many times."""

    def way(handler: _Handler) -> None:
        if handler.count > times:
            handler.serve()
        handler.close_connection = True

    return way


def _busy(
    status: int, times: int, after: Callable[[], str] | None = None
) -> Callable[[_Handler], None]:
    def way(handler: _Handler) -> None:
        if handler.count > times:
            handler.serve()
        else:
            asked = {"Retry_After": after()} if after else {}
            handler.reply(status, b'{"message": "RATE LIMIT EXCEEDED"}', **asked)

    return way


def _odd_length(length: str) -> Callable[[_Handler], None]:
    """A busy answer whose length is no number, at first."""

    def way(handler: _Handler) -> None:
        if handler.count > 1:
            handler.serve()
        else:
            handler.reply(503, b"", Content_Length=length)
            handler.close_connection = True

    return way


def _status(status: int) -> Callable[[_Handler], None]:
    return lambda handler: handler.reply(status, b"<html>%d</html>" % status)


def _redirect(handler: _Handler) -> None:
    handler.reply(302, b"moved", Location=f"{handler.server.elsewhere}/{handler.name}")


def _redirect_to(location: str) -> Callable[[_Handler], None]:
    return lambda handler: handler.reply(302, Location=location.format(name=handler.name))


def _loop(handler: _Handler) -> None:
    handler.reply(302, Location=f"/loop/{handler.name}")


def _presigned(handler: _Handler) -> None:
    handler.reply(
        302, Location=f"/signed/{handler.name}?X-Amz-Signature={SIGNATURE}{handler.count}"
    )


def _signed(handler: _Handler) -> None:
    """An address that is valid for one request."""
    if handler.count > 1:
        handler.reply(403, b"<Error>Request has expired</Error>")
    else:
        handler.serve()


def _expired(handler: _Handler) -> None:
    handler.reply(302, Location=f"/forbidden/{handler.name}?X-Amz-Signature={SIGNATURE}")


def _login(handler: _Handler) -> None:
    wanted = "Basic " + base64.b64encode(LOGIN.encode()).decode()
    if handler.headers.get("Authorization") == wanted:
        handler.serve()
    else:
        handler.reply(401, b"no", WWW_Authenticate='Basic realm="test"')


def _token(handler: _Handler) -> None:
    if handler.name.startswith(f"{TOKEN}/"):
        handler.serve()
    else:
        handler.reply(403)


def _gzip(handler: _Handler) -> None:
    """Compress, though ``identity`` was asked for, and forget about ranges."""
    handler.reply(200, gzip.compress(handler.data), Content_Encoding="gzip")


def _gzip_members(handler: _Handler) -> None:
    """Several gzip members one after the other, of which one is empty, and zeros at the end."""
    pieces = (handler.data[:7], b"", handler.data[7:])
    body = b"".join(map(gzip.compress, pieces)) + bytes(512)
    handler.reply(200, body, Content_Encoding="gzip")


def _gzip_and_more(handler: _Handler) -> None:
    handler.reply(200, gzip.compress(handler.data) + b"more", Content_Encoding="gzip")


def _gzip_part(handler: _Handler) -> None:
    handler.data = gzip.compress(handler.data)
    handler.serve(Content_Encoding="gzip")


def _brotli(handler: _Handler) -> None:
    handler.reply(200, b"\x0b\x02\x80abc", Content_Encoding="br")


def _bomb(handler: _Handler) -> None:
    # Packed quickly: on a busy machine a larger one took longer than the tests' patience.
    handler.reply(200, gzip.compress(bytes(8 << 20), 1), Content_Encoding="gzip")


def _said(value: str | None) -> Callable[[_Handler], None]:
    """A part whose ``Content-Range`` is another one."""

    def way(handler: _Handler) -> None:
        first, stop = handler.part() or (0, 10)
        told = value and value.format(
            first=first,
            last=stop - 1,
            size=len(handler.data),
            shifted=first + 1,
            later=stop,
            larger=len(handler.data) + 7,
        )
        handler.reply(206, handler.data[first:stop], Content_Range=told)

    return way


def _refuses(
    status: int, *, says_size: bool = False, sends: str | None = None
) -> Callable[[_Handler], None]:
    """Refuse every range but ``sends``."""

    def way(handler: _Handler) -> None:
        asked = handler.headers.get("Range")
        if asked in (None, sends):
            handler.serve()
        else:
            said = {"Content_Range": f"bytes */{len(handler.data)}"} if says_size else {}
            handler.reply(status, b"no", **said)

    return way


def _odd_part(way: Callable[[_Handler, bytes], None]) -> Callable[[_Handler], None]:
    """Send whole files well, and parts in this way."""

    def odd(handler: _Handler) -> None:
        part = handler.part()
        if part is None:
            handler.serve()
        else:
            way(handler, handler.data[slice(*part)])

    return odd


def _multipart(handler: _Handler, part: bytes) -> None:
    first, stop = handler.part() or (0, 0)
    said = f"bytes {first}-{stop - 1}/{len(handler.data)}".encode()
    body = b"\r\n--b\r\nContent-Range: %s\r\n\r\n%s\r\n--b--\r\n" % (said, part)
    handler.reply(206, body, Content_Type="multipart/byteranges; boundary=b")


def _whole_as_part(handler: _Handler, part: bytes) -> None:
    size = len(handler.data)
    handler.reply(206, handler.data, Content_Range=f"bytes 0-{size - 1}/{size}")


def _short(length: int) -> Callable[[_Handler], None]:
    """Send no more than ``length`` bytes at once."""

    def way(handler: _Handler, part: bytes) -> None:
        first, stop = handler.part() or (0, 0)
        first = max(first, stop - length) if handler.is_suffix else first
        stop = min(stop, first + length)
        said = f"bytes {first}-{stop - 1}/{len(handler.data)}"
        handler.reply(206, handler.data[first:stop], Content_Range=said)

    return _odd_part(way)


def _mirrors(handler: _Handler) -> None:
    """The same file, by another date in each answer."""
    handler.serve(Last_Modified=formatdate(1e9 + handler.count, usegmt=True))


def _longer(handler: _Handler) -> None:
    """Say a greater ``Content-Length`` than there is."""
    handler.reply(200, handler.data, Content_Length=len(handler.data) + 50)
    handler.close_connection = True


def _two_lengths(handler: _Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(handler.data)))
    handler.send_header("Content-Length", "5")
    handler.end_headers()
    handler.write(handler.data)


def _replaced(times: int) -> Callable[[_Handler], None]:
    """Another file, by its ``ETag``, after the first ``times`` requests."""

    def way(handler: _Handler) -> None:
        number = min(handler.count, times)
        handler.serve(ETag=f'"{number}"')

    return way


def _resized(handler: _Handler) -> None:
    """A file of another size with each request."""
    handler.serve(handler.data + bytes(handler.count))


def _endless(handler: _Handler) -> None:
    handler.reply(200, Content_Length=None, Transfer_Encoding="chunked")
    while True:
        handler.write(b"10000\r\n" + bytes(0x10000) + b"\r\n")


def _html(handler: _Handler) -> None:
    handler.reply(200, b"<html>Please log in</html>", Content_Type="text/html")


WAYS: dict[str, Callable[[_Handler], None]] = {
    "well": _Handler.serve,
    "no-ranges": _no_ranges,
    "no-ranges-chunked": _no_ranges_chunked,
    "suffix-404": _suffix(404),
    "suffix-416": _suffix(416),
    "suffix-501": _suffix(501),
    "drip-body": _drip_body,
    "drip-head": _drip_head,
    "silent": _silent,
    "drops-once": _drops(1),
    "drops": _drops(1000),
    "closes-once": _closes(1),
    "closes": _closes(1000),
    "busy-seconds": _busy(429, 1, lambda: "1"),
    "busy-date": _busy(429, 1, lambda: formatdate(time.time() + 2, usegmt=True)),
    "busy-503": _busy(503, 2),
    "busy": _busy(429, 1000),
    "busy-superscript": _odd_length("\xb2"),
    "busy-digits": _odd_length("9" * 5000),
    "busy-long": _busy(429, 1000, lambda: "86400"),
    "fails-once": _busy(502, 1),
    "fails": _busy(500, 1000),
    "forbidden": _status(403),
    "unauthorized": _status(401),
    "asks-proxy": _status(407),
    "gone": _status(410),
    "teapot": _status(418),
    "redirect": _redirect,
    "redirect-file": _redirect_to("file:///etc/passwd"),
    "redirect-nowhere": _redirect_to(""),
    "redirect-bad": _redirect_to("http://[::1/{name}"),
    "redirect-same": _redirect_to("/login/{name}"),
    "redirect-login": _redirect_to("http://evil:secret@127.0.0.1/{name}"),
    "loop": _loop,
    "presigned": _presigned,
    "signed": _signed,
    "expired": _expired,
    "login": _login,
    "t": _token,
    "gzip": _gzip,
    "gzip-members": _gzip_members,
    "gzip-and-more": _gzip_and_more,
    "gzip-part": _gzip_part,
    "brotli": _brotli,
    "bomb": _bomb,
    "range-missing": _said(None),
    "range-shifted": _said("bytes {shifted}-{later}/{size}"),
    "range-garbled": _said("bytes zero to ten"),
    "range-short": _said("bytes {first}-{first}/{size}"),
    "range-star": _said("bytes {first}-{last}/*"),
    "refuses-400": _refuses(400),
    "refuses-416": _refuses(416),
    "refuses-416-size": _refuses(416, says_size=True),
    "refuses-501": _refuses(501),
    "refuses-500": _refuses(500),
    "refuses-404": _refuses(404),
    "refuses-all-but-one-byte": _refuses(400, sends="bytes=0-0"),
    "part-unsaid": _odd_part(lambda handler, part: handler.reply(206, part)),
    "part-multipart": _odd_part(_multipart),
    "part-whole": _odd_part(_whole_as_part),
    "part-whole-unsaid": _odd_part(lambda handler, _: handler.reply(206, handler.data)),
    "short": _short(100),
    "mirrors": _mirrors,
    "longer": _longer,
    "two-lengths": _two_lengths,
    "replaced": _replaced(2),
    "replaced-always": _replaced(1000),
    "resized": _resized,
    "endless": _endless,
    "html": _html,
}


@pytest.fixture
def misbehaving() -> Iterator[Server]:
    """A server of the test's own."""
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def other_server() -> Iterator[Server]:
    """A second one, on another address of loopback: another host."""
    server = Server("127.0.0.2")
    yield server
    server.stop()
