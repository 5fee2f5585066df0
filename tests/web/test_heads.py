from __future__ import annotations

import http.client
import io
import string
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conda_provenance.web.heads import END, Fields, parse_head, request_head

_TOKEN = string.ascii_letters + string.digits + "!#$%&'*+.^_`|~-"
_VALUE = "".join(map(chr, (*range(0x20, 0x7F), *range(0xA0, 0x100)))) + "\t"
_TAIL = b"Content-Length: 5\r\n\r\n"


def _by_http_client(data: bytes) -> http.client.HTTPResponse:
    class Sock:
        def makefile(self, *_: object) -> io.BytesIO:
            return io.BytesIO(data)

    sock: Any = Sock()
    response = http.client.HTTPResponse(sock, method="GET")
    response.begin()
    return response


_FIELDS = st.lists(
    st.tuples(
        st.text(_TOKEN, min_size=1, max_size=20),
        st.sampled_from(["", " ", "\t", "  "]),
        st.text(_VALUE, max_size=30),
    ),
    max_size=20,
)


@given(
    st.integers(200, 599).filter(lambda status: status not in (204, 304)),
    st.text(string.printable[:94], max_size=10),
    _FIELDS,
    st.integers(0, 10**17),
)
def test_it_agrees_with_http_client(
    status: int, reason: str, fields: list[tuple[str, str, str]], length: int
) -> None:
    special = ("content-length", "transfer-encoding", "connection")
    fields = [each for each in fields if each[0].lower() not in special]
    lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}:{gap}{text}" for name, gap, text in fields)]
    data = "\r\n".join((*lines, f"Content-Length: {length}", "", "")).encode("latin-1")
    head = parse_head(data)
    theirs = _by_http_client(data)

    assert head is not None
    assert head.status == theirs.status
    assert head.length == theirs.length
    assert not theirs.will_close
    assert head.fields.keys() == {name.lower() for name in theirs.headers}
    for name in head.fields:
        assert head.fields[name.upper()] == ", ".join(theirs.headers.get_all(name, []))


@given(st.binary(max_size=200))
def test_what_is_taken_for_plain_is_the_same_to_http_client(data: bytes) -> None:
    for whole in (data, b"HTTP/1.1 200 OK\r\n" + data + _TAIL):
        end = END.search(whole)
        head = parse_head(whole[: end.end()]) if end else None
        if end is not None and head is not None:
            theirs = _by_http_client(whole)
            assert (head.status, head.length) == (theirs.status, theirs.length)
            rest: Any = theirs.fp
            assert rest.read() == whole[end.end() :]


_ODD = {
    "a folded line": b"HTTP/1.1 200 OK\r\nX: a\r\n b\r\n" + _TAIL,
    "a folded line of a tab": b"HTTP/1.1 200 OK\r\nX: a\r\n\tContent-Length: 1\r\n" + _TAIL,
    "no colon": b"HTTP/1.1 200 OK\r\nnonsense\r\n" + _TAIL,
    "no name": b"HTTP/1.1 200 OK\r\n: a\r\n" + _TAIL,
    "a space before the colon": b"HTTP/1.1 200 OK\r\nContent-Length : 1\r\n" + _TAIL,
    "a space in the name": b"HTTP/1.1 200 OK\r\nContent Length: 1\r\n" + _TAIL,
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n" + _TAIL,
    "two equal lengths": b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n" + _TAIL,
    "a list of lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n",
    "no length": b"HTTP/1.1 200 OK\r\nX: a\r\n\r\n",
    "a negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
    "a length with a sign": b"HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\n",
    "a length in other digits": b"HTTP/1.1 200 OK\r\nContent-Length: \xb2\r\n\r\n",
    "a length in hexadecimal digits": b"HTTP/1.1 200 OK\r\nContent-Length: 0x5\r\n\r\n",
    "an underscore in a length": b"HTTP/1.1 200 OK\r\nContent-Length: 1_0\r\n\r\n",
    "a length that is too long": b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 19 + b"\r\n\r\n",
    "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    "chunks and a length": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: x\r\n" + _TAIL,
    "lines that end in LF": b"HTTP/1.1 200 OK\nContent-Length: 5\n\n",
    "one line that ends in LF": b"HTTP/1.1 200 OK\r\nX: a\nContent-Length: 1\r\n" + _TAIL,
    "a lone CR": b"HTTP/1.1 200 OK\r\nX: a\rContent-Length: 1\r\n" + _TAIL,
    "NUL": b"HTTP/1.1 200 OK\r\nX: a\0b\r\n" + _TAIL,
    "another control character": b"HTTP/1.1 200 OK\r\nX: a\x0bb\r\n" + _TAIL,
    "a C1 control character": b"HTTP/1.1 200 OK\r\nX: a\x85b\r\n" + _TAIL,
    "HTTP/1.0": b"HTTP/1.0 200 OK\r\n" + _TAIL,
    "HTTP/1.10": b"HTTP/1.10 200 OK\r\n" + _TAIL,
    "an interim answer": b"HTTP/1.1 100 Continue\r\n" + _TAIL,
    "an early hint": b"HTTP/1.1 103 Early Hints\r\n" + _TAIL,
    "no content": b"HTTP/1.1 204 No Content\r\n" + _TAIL,
    "not modified": b"HTTP/1.1 304 Not Modified\r\n" + _TAIL,
    "the end of the connection": b"HTTP/1.1 200 OK\r\nConnection: close\r\n" + _TAIL,
    "a list of connection options": b"HTTP/1.1 200 OK\r\nConnection: x, close\r\n" + _TAIL,
    "a status of four digits": b"HTTP/1.1 2000 OK\r\n" + _TAIL,
    "something before": b"\r\nHTTP/1.1 200 OK\r\n" + _TAIL,
    "nothing": b"",
    "no field": b"HTTP/1.1 200 OK\r\n\r\n",
    "more fields than http.client takes": b"HTTP/1.1 200 OK\r\n" + b"a:\r\n" * 100 + _TAIL,
    "a head that is too long": b"HTTP/1.1 200 OK\r\nX: " + b"y" * 20_000 + b"\r\n" + _TAIL,
    "something after": b"HTTP/1.1 200 OK\r\n" + _TAIL + b"x",
}


@pytest.mark.parametrize("data", _ODD.values(), ids=_ODD)
def test_what_is_odd_is_left_to_http_client(data: bytes) -> None:
    assert parse_head(data) is None


def test_plain_heads_with_bytes_beyond_ascii_are_read() -> None:
    head = parse_head(b"HTTP/1.1 206\r\nX-Name:  caf\xe9 \r\nx-name:b\r\n" + _TAIL)
    assert head is not None
    assert (head.status, head.length) == (206, 5)
    assert head.fields["x-NAME"] == "café , b"
    assert "X-Name" in head.fields
    assert head.fields.get("Server") is None
    assert 1 not in head.fields
    assert len(Fields({})) == 0


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 " + b" " * 16_000,
        b"HTTP/1.1 200 OK\r\n" + b"X" * 16_000,
        b"HTTP/1.1 200 OK\r\n" + b"X: " + b"\t " * 8_000,
        b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * 2_600,
        b"HTTP/1.1 200 OK\r\n" + b"X:" * 8_000 + b"\r\n" + _TAIL[:-4],
    ],
)
def test_no_head_takes_long(data: bytes) -> None:
    start = time.process_time()
    assert parse_head(data) is None
    assert END.search(data) is None
    assert time.process_time() - start < 0.2


def test_a_request_is_what_urllib3_would_send() -> None:
    fields = {"User-Agent": "x", "Range": "bytes=0-1"}
    assert request_head("/a?b=%20", "h:8080", fields) == (
        b"GET /a?b=%20 HTTP/1.1\r\nHost: h:8080\r\nUser-Agent: x\r\nRange: bytes=0-1\r\n\r\n"
    )


@pytest.mark.parametrize(
    ("target", "fields"),
    [
        ("/a b", {}),
        ("/a\r\nX: y", {}),
        ("/ä", {}),
        ("http://other.example/a", {}),
        ("*", {}),
        ("/a", {"X": "a\r\nY: b"}),
        ("/a", {"X": "a\nY: b"}),
        ("/a", {"X": "a\r\n\r\nGET / HTTP/1.1"}),
        ("/a", {"X\r\nY": "a"}),
        ("/a", {"X: y\r\nY": "a"}),
        ("/a", {"X:": "a"}),
        ("/a", {"": "a"}),
        ("/a", {"X": "caf\xe9"}),
        ("/a", {"X": "a\0"}),
        ("/a", {"hOsT": "other.example"}),
        ("/a", {"Content-Length": "5"}),
        ("/a", {"Transfer-Encoding": "chunked"}),
        ("/a", {"Expect": "100-continue"}),
    ],
)
def test_no_request_is_sent_that_is_not_plain(target: str, fields: dict[str, str]) -> None:
    assert request_head(target, "h", fields) is None


def test_a_value_of_bytes_is_not_plain() -> None:
    fields: Any = {"Authorization": b"Basic x"}
    assert request_head("/a", "h", fields) is None
