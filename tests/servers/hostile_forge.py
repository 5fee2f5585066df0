"""A forge on loopback that means harm: every answer is one that a stranger's server could give.

The first folder of a path says which: ``/html-203/x``. It is a stand-in for a hostile server, and
for honest ones that are broken. It remembers what it was asked, and with which headers.
"""

from __future__ import annotations

import gzip
import io
import json
import shutil
import ssl
import subprocess
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from email.utils import formatdate
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest

SLOW = 0.1
"""Seconds between two bytes of a slow answer."""

METADATA = "169.254.169.254"


class Asked(NamedTuple):
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    """By their names in lower case."""
    body: bytes


class HostileForge(ThreadingHTTPServer):
    """Answers as the path says. ``certificate`` is what to trust, if it speaks TLS."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: str = "127.0.0.1", tls: tuple[Path, Path] | None = None) -> None:
        super().__init__((address, 0), _Handler)
        self.asked: list[Asked] = []
        self.elsewhere = "https://elsewhere.invalid"
        """Where ``/redirect-elsewhere/`` leads."""
        self.sent = 0
        self.certificate = tls[0] if tls else None
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self.socket = context.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def host(self) -> str:
        host, port = self.server_address[:2]
        return f"{host!s}:{port}"

    @property
    def root(self) -> str:
        return f"http{'s' if self.certificate else ''}://{self.host}"

    def url(self, way: str, rest: str = "x") -> str:
        return f"{self.root}/{way}/{rest}"

    def handle_error(self, *_: Any) -> None:
        """A client that goes away is what is tested."""

    def stop(self) -> None:
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: HostileForge
    wbufsize = 0

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.body = self.rfile.read(length)
        self.server.asked.append(Asked(self.command, self.path, headers, self.body))
        self.way, _, self.rest = self.path.lstrip("/").partition("/")
        WAYS.get(self.way, _status(404))(self)

    def do_POST(self) -> None:
        self.do_GET()

    @property
    def root(self) -> str:
        return self.server.root

    def reply(
        self, status: int, body: bytes = b"", kind: str = "application/json", **headers: Any
    ) -> None:
        """Answer. ``_`` in a header's name stands for a dash; ``None`` leaves one out."""
        given = {"Content_Type": kind, "Content_Length": len(body), **headers}
        self.send_response(status)
        for name, value in given.items():
            if value is not None:
                self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.write(body)

    def write(self, body: bytes) -> None:
        for at in range(0, len(body), 1 << 14):
            self.wfile.write(body[at : at + (1 << 14)])
            self.server.sent += len(body[at : at + (1 << 14)])


Way = Callable[[_Handler], None]

_JSON_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
_TEXT_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"

WELL = b'{"name": "well", "number": 1}'
HTML = b"<!DOCTYPE html><title>Sign in</title>"


def _body(body: bytes, kind: str = "application/json", status: int = 200, **headers: Any) -> Way:
    return lambda handler: handler.reply(status, body, kind, **headers)


def _gzip_bomb(size: int, kind: str = "application/json") -> Way:
    """So many zeros in one gzip, whose end is left out: whoever unpacks so far has lost."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    first, again = (
        packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2)
    )
    return _body(first + again * ((size >> 20) - 1), kind, Content_Encoding="gzip")


def _status(status: int, body: bytes = b'{"message": "no"}', **headers: Any) -> Way:
    return _body(body, status=status, **headers)


def _to(location: str | None, status: int = 302) -> Way:
    """Redirect. ``{root}``, ``{host}`` and ``{elsewhere}`` are this server and another one."""

    def way(handler: _Handler) -> None:
        server = handler.server
        there = location and location.format(
            root=server.root, host=server.host, elsewhere=server.elsewhere, rest=handler.rest
        )
        handler.reply(status, b"moved", Location=there)

    return way


def _chain(handler: _Handler) -> None:
    """A new address each time."""
    handler.reply(301, Location=f"/redirect-chain/{handler.rest}x")


def _endless(beginning: bytes, piece: bytes, kind: str = "application/json") -> Way:
    def way(handler: _Handler) -> None:
        handler.reply(200, kind=kind, Content_Length=None, Transfer_Encoding="chunked")
        if beginning:  # A chunk of nothing would be the last.
            handler.write(b"%x\r\n%s\r\n" % (len(beginning), beginning))
        while True:
            handler.write(b"%x\r\n%s\r\n" % (len(piece), piece))

    return way


def _drip(kind: str, pause: float = SLOW) -> Way:
    def way(handler: _Handler) -> None:
        handler.reply(200, kind=kind, Content_Length=1 << 20)
        while True:
            handler.write(b" ")
            time.sleep(pause)

    return way


def _drip_head(handler: _Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(10_000):
        handler.wfile.write(b"X-%d: 1\r\n" % number)
        time.sleep(SLOW)


def _silent(handler: _Handler) -> None:
    time.sleep(4)
    handler.close_connection = True


def _raw(answer: bytes, times: int = 1) -> Way:
    """These very bytes."""

    def way(handler: _Handler) -> None:
        for _ in range(times):
            handler.write(answer)
        handler.close_connection = True

    return way


def _flood(handler: _Handler) -> None:
    handler.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(100_000):
        handler.write(b"X-%d: %s\r\n" % (number, b"a" * 1000))
    handler.write(b"\r\n")


def _continue(handler: _Handler) -> None:
    """ "Go on", without end."""
    while True:
        handler.write(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)


def _busy(status: int, times: int = 1000, body: bytes = b"{}", **headers: Any) -> Way:
    """So many times. A header that is a function is called."""

    def way(handler: _Handler) -> None:
        asked = sum(each.path == handler.path for each in handler.server.asked)
        if asked > times:
            handler.reply(200, WELL)
            return
        values = {name: value() if callable(value) else value for name, value in headers.items()}
        handler.reply(status, body, **values)

    return way


def _in(seconds: float) -> Callable[[], str]:
    return lambda: str(int(time.time() + seconds))


def _date_in(seconds: float) -> Callable[[], str]:
    return lambda: formatdate(time.time() + seconds, usegmt=True)


def _page(following: str | None, body: bytes = b'[{"name": "one", "number": 1}]') -> Way:
    """A page. ``{n}`` is the next number."""

    def way(handler: _Handler) -> None:
        number = int(handler.rest) if handler.rest.isdigit() else 0
        server = handler.server
        link = following and following.format(
            n=number + 1, root=server.root, elsewhere=server.elsewhere
        )
        handler.reply(200, body, Link=f'<{link}>; rel="next"' if link else None)

    return way


def _page_breaks(handler: _Handler) -> None:
    """The second page is another thing."""
    if handler.rest == "1":
        handler.reply(404, b"{}")
    else:
        _page("/pages-break/1")(handler)


def _token(handler: _Handler) -> str:
    """What it was sent."""
    headers = handler.headers
    return headers.get("Authorization", headers.get("PRIVATE-TOKEN", "none")).split()[-1]


def _echo(handler: _Handler) -> None:
    handler.reply(200, json.dumps({"name": _token(handler), "number": 1}).encode())


def _echo_escaped(handler: _Handler) -> None:
    text = "".join(f"\\u{ord(char):04x}" for char in _token(handler))
    handler.reply(200, b'{"name": "%s", "number": 1}' % text.encode())


def _echo_header(handler: _Handler) -> None:
    handler.reply(200, WELL, ETag=f'"{_token(handler)}"')


def _echo_redirect(handler: _Handler) -> None:
    handler.reply(302, Location=f"/well/{_token(handler)}")


def _echo_link(handler: _Handler) -> None:
    link = f'<{handler.root}/pages/{_token(handler)}>; rel="next"'
    handler.reply(200, b'[{"name": "one", "number": 1}]', Link=link)


def _echo_status(handler: _Handler) -> None:
    handler.reply(403, json.dumps({"message": _token(handler)}).encode())


def _echo_log(handler: _Handler) -> None:
    """Across the border of two pieces."""
    body = bytes((1 << 16) - 7) + _token(handler).encode() + bytes(100)
    handler.reply(200, body, "text/plain")


@cache
def zip_bomb(size: int = 300 << 20) -> bytes:
    """A zip with one log of so many zeros."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("1_build.txt", "w", force_zip64=True) as log,
    ):
        piece = bytes(1 << 20)
        for _ in range(size >> 20):
            log.write(piece)
    return packed.getvalue()


def zip_of(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return packed.getvalue()


ZIPS: dict[str, Callable[[], bytes]] = {
    "zip-bomb": zip_bomb,
    "zip-members": lambda: zip_of({f"{number}.txt": b"x" for number in range(20_000)}),
    "zip-climbs": lambda: zip_of({"../../etc/passwd": b"x", "/abs.txt": b"x"}),
    "zip-twice": lambda: zip_of({"a.txt": zip_of({"b.txt": bytes(1 << 20)})}),
    "zip-torn": lambda: zip_of({"a.txt": bytes(1000)})[:60],
    "zip-none": lambda: b"this is no zip",
}
"""Archives of logs, for whoever opens one."""


def _zip(name: str) -> Way:
    return lambda handler: handler.reply(200, ZIPS[name](), "application/zip")


YEAR = 366 * 86400

WAYS: dict[str, Way] = {
    "well": _body(WELL),
    "well-bom": _body(b"\xef\xbb\xbf" + WELL),
    "well-gzip": _body(gzip.compress(WELL), Content_Encoding="gzip"),
    "well-204": _body(b"", status=204, Content_Length=None),
    # Redirects.
    "renamed": _to("/well/{rest}", 301),
    "renamed-307": _to("/well/{rest}", 307),
    "redirect-elsewhere": _to("{elsewhere}/well/{rest}"),
    "redirect-metadata": _to(f"http://{METADATA}/latest/meta-data/"),
    "redirect-metadata-https": _to(f"https://{METADATA}/latest/meta-data/"),
    "redirect-mapped": _to(f"https://[::ffff:{METADATA}]/"),
    "redirect-nat64": _to("https://[64:ff9b::a9fe:a9fe]/"),
    "redirect-decimal": _to("https://2852039166/"),
    "redirect-octal": _to("https://0251.0376.0251.0376/"),
    "redirect-short": _to("https://127.1/"),
    "redirect-localhost": _to("https://localhost/"),
    "redirect-shared": _to("https://100.100.100.200/"),
    "redirect-http": _to("http://{host}/well/{rest}", 301),
    "redirect-port": _to("https://example.org:22/", 301),
    "redirect-file": _to("file:///etc/passwd"),
    "redirect-garbage": _to("http://[half"),
    "redirect-nowhere": _to(None),
    "redirect-login": _to("https://user:secret@example.org/"),
    "redirect-unicode": _to("https://ex\u00e4mple.org/"),
    "redirect-split": _to("/well/x%0d%0aX-Evil: 1"),
    "redirect-loop": _to("/redirect-loop/{rest}", 301),
    "redirect-chain": _chain,
    # Bodies.
    "endless": _endless(b"[", b"0," * 8192),
    "endless-spaces": _endless(b"", b" " * 8192),
    "too-long": _body(b" " * (17 << 20) + WELL),
    "drip": _drip("application/json"),
    "drip-head": _drip_head,
    "silent": _silent,
    "gzip-bomb": _gzip_bomb(64 << 20),
    "gzip-torn": _body(gzip.compress(WELL)[:-10], Content_Encoding="gzip"),
    "gzip-lie": _body(WELL, Content_Encoding="gzip"),
    "brotli": _body(b"\x0b\x02\x80abc", Content_Encoding="br"),
    "torn": _raw(_JSON_HEAD + b"Content-Length: 99\r\n\r\n{"),
    "too-short-length": _raw(
        _JSON_HEAD + b"Content-Length: 5\r\n\r\n" + WELL
    ),
    "negative-length": _raw(
        _JSON_HEAD + b"Content-Length: -5\r\n\r\n" + WELL
    ),
    "two-lengths": _raw(
        _JSON_HEAD + b"Content-Length: 5\r\n"
        b"Content-Length: 29\r\n\r\n" + WELL
    ),
    "bad-chunks": _raw(
        _JSON_HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}"
    ),
    "no-http": _raw(b"SSH-2.0-OpenSSH_9.2\r\n"),
    # Heads.
    "header-flood": _flood,
    "header-long": _body(WELL, X_Long="a" * (1 << 20)),
    "continue": _continue,
    "cookies": _body(WELL, Set_Cookie="session=1; Path=/"),
    "header-nul": _body(WELL, ETag='"a\x00b"'),
    "header-escape": _body(WELL, ETag='"\x1b[31m"'),
    # JSON.
    "html-200": _body(HTML, "text/html"),
    "html-203": _body(HTML, "text/html", 203),
    "json-203": _body(WELL, status=203),
    "html-as-json": _body(HTML),
    "text": _body(WELL, "text/plain"),
    "no-type": _body(WELL, Content_Type=None),
    "empty": _body(b""),
    "deep": _body(b"[" * 1_000_000),
    "deep-member": _body(WELL[:-1] + b', "x": ' + b"[" * 500_000 + b"]" * 500_000 + b"}"),
    "twice": _body(b'{"name": "a", "name": "b", "number": 1}'),
    "list": _body(b"[" + WELL + b"]"),
    "wrong-type": _body(b'{"name": 7, "number": "1"}'),
    "null": _body(b"null"),
    "member-missing": _body(b'{"name": "a"}'),
    "huge-integer": _body(b'{"name": "a", "number": ' + b"9" * 100_000 + b"}"),
    "big-integer": _body(b'{"name": "a", "number": ' + b"9" * 30 + b"}"),
    "infinite": _body(b'{"name": "a", "number": 1e9999}'),
    "nan": _body(b'{"name": "a", "number": NaN}'),
    "not-utf-8": _body(b'{"name": "\xff\xfe", "number": 1}'),
    "utf-16": _body(WELL.decode().encode("utf-16")),
    "surrogate": _body(b'{"name": "\\ud800", "number": 1}'),
    "nul": _body(b'{"name": "a\\u0000b", "number": 1}'),
    "raw-nul": _body(b'{"name": "a\x00b", "number": 1}'),
    "escapes": _body(b'{"name": "\\u001b[2J\\u202egnp.exe", "number": 1}'),
    "trailing": _body(WELL + b"{}"),
    # Statuses.
    **{str(status): _status(status) for status in (
        202, 206, 300, 304, 400, 401, 403, 404, 407, 410, 418, 422, 451, 500, 501, 502, 504, 599,
    )},
    # Limits.
    "429-once": _busy(429, 1, Retry_After="1"),
    "429-date": _busy(429, 1, Retry_After=_date_in(1)),
    "429-past": _busy(429, 1, Retry_After=_date_in(-1000)),
    "429-negative": _busy(429, Retry_After="-5"),
    "429-garbage": _busy(429, Retry_After="soon\x1b[31m"),
    "429-year": _busy(429, Retry_After=YEAR),
    "429-ages": _busy(429, Retry_After="9" * 9),
    "429-digits": _busy(429, Retry_After="9" * 5000),
    "429-far-date": _busy(429, Retry_After="Fri, 31 Dec 9999 23:59:59 GMT"),
    "429-zero": _busy(429, Retry_After="0"),
    "429-bare": _busy(429),
    "429-gitlab": _busy(429, RateLimit_Remaining="0", RateLimit_Reset=_in(1800)),
    "429-draft": _busy(429, RateLimit_Remaining="0", RateLimit_Reset="1800"),
    "403-primary": _busy(403, X_RateLimit_Remaining="0", X_RateLimit_Reset=_in(1800)),
    "403-primary-past": _busy(403, 1, X_RateLimit_Remaining="0", X_RateLimit_Reset=_in(-1)),
    "403-secondary": _busy(403, Retry_After="1800"),
    "403-message": _busy(
        403, body=b'{"message": "You have exceeded a secondary rate limit. Please wait."}'
    ),
    "403-left": _busy(403, X_RateLimit_Remaining="59", X_RateLimit_Reset=_in(1800)),
    "503-hour": _busy(503, Retry_After="3600"),
    "200-slow-down": _body(WELL, Retry_After="1"),
    "200-slow-year": _body(WELL, Retry_After=YEAR),
    # Pages.
    "pages": _page("{root}/pages/{n}"),
    "pages-two": lambda handler: _page(None if handler.rest == "1" else "/pages-two/1")(handler),
    "pages-loop": _page("/pages-loop/x"),
    "pages-elsewhere": _page("{elsewhere}/pages/{n}"),
    "pages-http": _page("http://127.0.0.1/pages/{n}"),
    "pages-garbage": _page("http://[half"),
    "pages-break": _page_breaks,
    "pages-huge": _page("/pages-huge/{n}", b'[{"name": "%s", "number": 1}]' % (b"a" * 300_000)),
    "pages-type": _page("/html-200/x"),
    # The token, sent back.
    "echo": _echo,
    "echo-escaped": _echo_escaped,
    "echo-header": _echo_header,
    "echo-redirect": _echo_redirect,
    "echo-link": _echo_link,
    "echo-403": _echo_status,
    # Logs.
    "log": _body(b"line\n" * 100, "text/plain"),
    "log-endless": _endless(b"", b"a line\n" * 8192, "text/plain"),
    "log-one-line": _endless(b"", b"a" * 65536, "text/plain"),
    "log-drip": _drip("text/plain"),
    "log-elsewhere": _to("{elsewhere}/log/{rest}"),
    "log-metadata": _to(f"https://{METADATA}/log"),
    "log-there-and-back": _to("{elsewhere}/back/{rest}"),
    "back": _to("{elsewhere}/log/{rest}"),
    "log-torn": _raw(_TEXT_HEAD + b"Content-Length: 99\r\n\r\nx"),
    "log-gzip-bomb": _gzip_bomb(300 << 20, "text/plain"),
    "log-echo": _echo_log,
    **{name: _zip(name) for name in ZIPS},
}  # fmt: skip


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for two addresses of loopback that signs itself, and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed here")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-keyout", str(key), "-out", str(certificate)),
            *("-subj", "/CN=127.0.0.1"),
            *("-addext", "subjectAltName=IP:127.0.0.1,IP:127.0.0.2,DNS:forge.example"),
        ],
        check=True,
        capture_output=True,
    )
    return certificate, key


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def hostile_forge(certificate: tuple[Path, Path]) -> Iterator[HostileForge]:
    """It speaks TLS, so that it may be sent tokens."""
    forge = HostileForge(tls=certificate)
    yield forge
    forge.stop()


@pytest.fixture
def other_forge(certificate: tuple[Path, Path]) -> Iterator[HostileForge]:
    """A second one, on another address of loopback: another host."""
    forge = HostileForge("127.0.0.2", tls=certificate)
    yield forge
    forge.stop()


@pytest.fixture
def plain_forge() -> Iterator[HostileForge]:
    """One without encryption."""
    forge = HostileForge()
    yield forge
    forge.stop()
