"""Answers over a connection that is open, by a server that sends any bytes it is told to."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from web_fixtures import IMPATIENT, QUICK, patience_of

from conda_provenance.web import ByteRange, Web, WebError, direct
from conda_provenance.web.connections import Bound

OPENING = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Scripted:
    """Sends the next of ``answers`` to each request, on however many connections.

    An answer is bytes, or several that are sent one by one. ``None`` closes the connection.
    """

    def __init__(self, tls: tuple[Path, Path] | None = None) -> None:
        self.answers: list[bytes | list[bytes | None]] = []
        self.asked: list[bytes] = []
        self.connections = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._tls = None
        if tls is not None:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(*tls)
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self._socket.getsockname()[1]}/a.bin"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Wait for its thread, which else may accept for the next socket that has this number."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(1)
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        if self._tls is not None:
            connection = self._tls.wrap_socket(connection, server_side=True)
        with connection, contextlib.suppress(OSError):
            waiting = b""
            while True:
                while b"\r\n\r\n" not in waiting:
                    data = connection.recv(1 << 16)
                    if not data:
                        return
                    waiting += data
                head, _, waiting = waiting.partition(b"\r\n\r\n")
                self.asked.append(head)
                answer = self.answers.pop(0)
                for piece in [answer] if isinstance(answer, bytes) else answer:
                    if piece is None:
                        return
                    connection.sendall(piece)
                    time.sleep(0.01)


@pytest.fixture
def web(request: pytest.FixtureRequest) -> Iterator[Web]:
    """It asks a silent server twice, since each of these waits is a second."""
    with Web(use_conda=False, patience=patience_of(request)._replace(failed_tries=2)) as web:
        yield web


@pytest.fixture
def server() -> Iterator[Scripted]:
    scripted = Scripted()
    yield scripted
    scripted.close()


@pytest.fixture
def ask(web: Web, server: Scripted) -> Callable[..., bytes]:
    """Answers a first request plainly, and then a second one, over the same connection."""

    def asked(*answers: bytes | list[bytes | None]) -> bytes:
        server.answers = [OPENING, *answers]
        assert web.fetch(server.url) == b"ok"
        return web.fetch(server.url, limit=1 << 20)

    return asked


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How many answers were plain, and how many were left to http.client."""
    counts = {"plain": 0, "left": 0}

    def counting(name: str, found: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:
            counts[name] += 1
            return found(*args, **kwargs)

        return counted

    plain, left = direct.DirectAnswer, direct._left_to_http_client
    monkeypatch.setattr(direct, "DirectAnswer", counting("plain", plain))
    monkeypatch.setattr(direct, "_left_to_http_client", counting("left", left))
    return counts


def _head(*lines: bytes) -> bytes:
    return b"\r\n".join((b"HTTP/1.1 200 OK", *lines, b"", b""))


def test_a_further_request_is_the_same_as_a_first_one(
    web: Web, server: Scripted, count: dict[str, int]
) -> None:
    server.answers = [OPENING] * 4
    for _ in range(4):
        assert web.fetch(server.url) == b"ok"

    assert server.connections == 1
    assert count == {"plain": 3, "left": 0}
    first, *further = [sorted(each.lower().split(b"\r\n")) for each in server.asked]
    assert further == [first] * 3


def test_an_answer_may_come_in_any_pieces(
    ask: Callable[..., bytes], server: Scripted, count: dict[str, int]
) -> None:
    whole = _head(b"Content-Length: 4") + b"data"
    assert ask([whole[at : at + 1] for at in range(len(whole))]) == b"data"
    assert count["plain"] == 1


def test_an_answer_may_have_as_many_fields_as_http_client_takes(
    ask: Callable[..., bytes], count: dict[str, int]
) -> None:
    assert ask(_head(*[b"X: y"] * 99, b"Content-Length: 4") + b"data") == b"data"
    assert count["plain"] == 1


def test_a_part_is_read_over_an_open_connection(web: Web, server: Scripted) -> None:
    part = b"HTTP/1.1 206 x\r\nContent-Range: bytes 5-8/10\r\nContent-Length: 4\r\n\r\ndata"
    server.answers = [OPENING, part, OPENING]
    web.fetch(server.url)
    with web.open(server.url, ByteRange(5, 4)) as answer:
        assert (answer.status, answer.start, answer.total, answer.length) == (206, 5, 10, 4)
        assert [answer.read(3), answer.read(3), answer.read(3)] == [b"dat", b"a", b""]
    assert web.fetch(server.url) == b"ok"
    assert server.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        _head(b"Transfer-Encoding: chunked") + b"2\r\nda\r\n2\r\nta\r\n0\r\n\r\n",
        _head(b"X: a", b" b", b"Content-Length: 4") + b"data",
        _head(b"X: \x85\x01", b"Content-Length: 4") + b"data",
        _head(b"X: " + b"y" * 60_000, b"Content-Length: 4") + b"data",
        b"HTTP/1.1 200 OK\nContent-Length: 4\n\ndata",
        b"HTTP/1.1 200 OK\nContent-Length: 4\n\r\ndata",
        b"HTTP/1.1 100 Continue\r\n\r\n" + _head(b"Content-Length: 4") + b"data",
        b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + _head(b"Content-Length: 4") + b"data",
        [b"HTTP/1.1 102 Processing\r\n\r\n"] * 3 + [_head(b"Content-Length: 4"), b"data"],
    ],
)
def test_what_is_not_plain_is_read_by_http_client(
    ask: Callable[..., bytes],
    web: Web,
    server: Scripted,
    count: dict[str, int],
    answer: bytes | list[bytes | None],
) -> None:
    assert ask(answer, OPENING) == b"data"
    assert web.fetch(server.url) == b"ok"  # What follows is not mixed up with it.
    assert count["left"] == 1


@pytest.mark.parametrize(
    "answer",
    [
        [_head(b"Connection: close"), b"da", b"ta", None],
        [b"HTTP/1.0 200 OK\r\n\r\n", b"data", None],
        [_head(b"Connection: close", b"Content-Length: 4"), b"data", None],
    ],
)
def test_what_ends_with_its_connection_is_read_to_the_end(
    ask: Callable[..., bytes], web: Web, server: Scripted, answer: list[bytes | None]
) -> None:
    assert ask(answer, OPENING) == b"data"
    assert web.fetch(server.url) == b"ok"
    assert server.connections == 2


@pytest.mark.parametrize(
    "surplus", [b"x", OPENING, b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhidden"]
)
@pytest.mark.parametrize("at_once", [True, False])
def test_what_comes_after_an_answer_is_no_answer(
    ask: Callable[..., bytes], web: Web, server: Scripted, surplus: bytes, at_once: bool
) -> None:
    """Otherwise a server, or who writes its answers, could answer the next request for another."""
    plain = _head(b"Content-Length: 4") + b"data"
    assert ask([plain + surplus] if at_once else [plain, surplus], OPENING) == b"data"
    time.sleep(0.05)
    assert web.fetch(server.url) == b"ok"
    assert server.connections == 2


@pytest.mark.parametrize(
    "answer",
    [
        _head(*[b"X: y"] * 5_000, b"Content-Length: 4") + b"data",
        _head(b"X: " + b"y" * 100_000, b"Content-Length: 4") + b"data",
        _head(b"X" * 400_000),
        b"y" * 300_000,
        pytest.param(
            b"HTTP/1.1 200 OK\r\nnonsense\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\ndata",
            marks=pytest.mark.impatient,
        ),
        b"HTTP/1.1 2000 OK\r\nContent-Length: 4\r\n\r\ndata",
        [b"HTTP/1.1 102 Processing\r\n\r\n"] * 30 + [_head(b"Content-Length: 4"), b"data"],
        _head(b"Content-Length: 4", b"Content-Length: 5") + b"data",
        [_head(b"Content-Length: 4")[:20], None],
        [_head(b"Content-Length: 4"), b"da", None],
    ],
)
def test_what_makes_no_sense_is_an_error(
    ask: Callable[..., bytes], server: Scripted, answer: bytes | list[bytes | None]
) -> None:
    with pytest.raises(WebError) as caught:
        ask(*[answer] * 4)
    assert caught.value.kind in ("unavailable", "malformed")


@pytest.mark.impatient
def test_a_line_without_end_is_not_read_for_ever(
    ask: Callable[..., bytes], server: Scripted
) -> None:
    endless: list[bytes | None] = [b"HTTP/1.1 200 OK\r\nX: ", *[b"y" * 1000] * 60]
    start = time.monotonic()
    with pytest.raises(WebError):
        ask(*[endless] * 4)
    assert time.monotonic() - start < 5 * IMPATIENT.answer


@pytest.mark.impatient
@pytest.mark.parametrize(
    "begins", [b"", b"HTTP/1.1 200 OK\r\n", _head(b"Content-Length: 4") + b"d"]
)
def test_a_server_that_falls_silent_is_not_waited_for_for_ever(
    ask: Callable[..., bytes], server: Scripted, begins: bytes
) -> None:
    start = time.monotonic()
    with pytest.raises(WebError, match=r"does not answer in time|broke|too long"):
        ask(*[begins] * 4)
    assert IMPATIENT.read * 0.9 < time.monotonic() - start < 5 * IMPATIENT.read


def test_a_connection_that_the_server_has_closed_is_opened_again(
    ask: Callable[..., bytes], server: Scripted
) -> None:
    assert ask([None], _head(b"Content-Length: 4") + b"data") == b"data"
    assert server.connections == 2


def test_a_body_that_is_not_read_closes_its_connection(web: Web, server: Scripted) -> None:
    server.answers = [OPENING, _head(b"Content-Length: 1000000") + b"data", OPENING]
    web.fetch(server.url)
    with web.open(server.url) as answer:
        assert answer.read(2) == b"da"
    assert web.fetch(server.url) == b"ok"
    assert server.connections == 2


def test_closing_the_door_ends_a_wait(web: Web, server: Scripted) -> None:
    server.answers = [OPENING, [b"HTTP/1.1 200 OK\r\n"]]
    web.fetch(server.url)
    start = time.monotonic()
    threading.Timer(0.1, web.close).start()
    with pytest.raises(WebError):
        web.fetch(server.url)
    assert time.monotonic() - start < QUICK.read


def test_a_line_break_in_a_header_is_never_sent(web: Web, server: Scripted) -> None:
    server.answers = [OPENING, OPENING]
    web.fetch(server.url)
    with pytest.raises((WebError, ValueError)):
        web.fetch(server.url, headers={"X": "a\r\nY: b"})
    assert not [each for each in server.asked if b"\nY:" in each]


def test_what_comes_after_an_answer_does_not_answer_the_next_request(
    plain_environment: None,
    certificate: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
    count: dict[str, int],
) -> None:
    """With TLS, both bodies come in one record, and Python keeps what is not read of it."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate[0]))
    forged = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"
    server = Scripted(certificate)
    server.answers = [OPENING, [_head(b"Content-Length: 2"), b"ok" + forged], OPENING]
    try:
        with Web(use_conda=False, patience=QUICK) as web:
            assert [web.fetch(server.url) for _ in range(3)] == [b"ok"] * 3
    finally:
        server.close()
    assert len(server.asked) == 3
    assert server.connections == 2
    assert count["plain"] == 1


@pytest.mark.parametrize("name", ["_get_conn", "_put_conn"])
def test_without_the_inner_parts_of_urllib3_nothing_is_asked_directly(
    name: str,
) -> None:
    class Pool:
        """A stand-in for a pool of another version."""

        def __getattr__(self, asked: str) -> Any:
            if asked == name:
                raise AttributeError
            return lambda *_: pytest.fail("It was used.")

    bound = Bound(1, 1, 1)
    assert direct.ask(Pool(), "/a", {}, bound) is None
