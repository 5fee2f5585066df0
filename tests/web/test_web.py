from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from misbehaving import LOGIN, SIGNATURE, Server
from web_fixtures import QUICK

from conda_provenance.web import ByteRange, Web, WebError
from conda_provenance.web import redirects as redirects_module

DATA = bytes(range(256)) * 400


@pytest.fixture(autouse=True)
def file(misbehaving: Server, other_server: Server) -> None:
    for server in (misbehaving, other_server):
        server.files["a.bin"] = DATA


def _fails(call: Callable[[], object]) -> WebError:
    with pytest.raises(WebError) as caught:
        call()
    return caught.value


def _fetch_fails(web: Web, server: Server, way: str) -> WebError:
    return _fails(lambda: web.fetch(server.url(way, "a.bin"), limit=1 << 20))


def test_a_file_is_fetched_over_one_connection(web: Web, misbehaving: Server) -> None:
    for _ in range(5):
        assert web.fetch(misbehaving.url("well", "a.bin")) == DATA
    asked = misbehaving.asked[0].headers
    assert asked["accept-encoding"] == "identity"
    assert asked["user-agent"].startswith("conda-provenance/")
    assert not [each for each in misbehaving.asked if each.method != "GET"]


def test_a_range_is_what_was_asked_for(web: Web, misbehaving: Server) -> None:
    url = misbehaving.url("well", "a.bin")
    with web.open(url, ByteRange(100, 50)) as answer:
        assert (answer.status, answer.start, answer.total) == (206, 100, len(DATA))
        assert answer.read() == DATA[100:150]
    with web.open(url, ByteRange(None, 10)) as answer:
        assert answer.start == len(DATA) - 10
        assert answer.read() == DATA[-10:]
    with web.open(url, ByteRange(len(DATA) - 5)) as answer:
        assert answer.read() == DATA[-5:]
    assert [each.range for each in misbehaving.asked] == [
        "bytes=100-149",
        "bytes=-10",
        f"bytes={len(DATA) - 5}-",
    ]


@pytest.mark.parametrize(
    "way",
    ["drops-once", "closes-once", "fails-once", "busy-503", "busy-superscript", "busy-digits"],
)
def test_what_passes_is_asked_again(web: Web, misbehaving: Server, way: str) -> None:
    assert web.fetch(misbehaving.url(way, "a.bin")) == DATA


@pytest.mark.parametrize("way", ["busy-seconds", "busy-date"])
def test_a_busy_server_is_left_alone_as_long_as_it_says(
    web: Web, misbehaving: Server, way: str
) -> None:
    start = time.monotonic()
    assert web.fetch(misbehaving.url(way, "a.bin")) == DATA
    assert time.monotonic() - start > 0.9
    assert len(misbehaving.asked) == 2


@pytest.mark.parametrize(
    ("way", "kind", "asked", "says"),
    [
        ("busy", "unavailable", QUICK.busy_tries, "too busy (429)"),
        ("busy-long", "unavailable", 1, "left alone for 24 hours"),
        ("fails", "unavailable", QUICK.failed_tries, "answers 500"),
        ("closes", "unavailable", QUICK.failed_tries, "cannot be reached"),
        ("drops", "unavailable", QUICK.failed_tries, "broke off"),
        ("longer", "unavailable", QUICK.failed_tries, "broke off"),
        ("unauthorized", "refused", 1, "refuses access (401)"),
        ("forbidden", "refused", 1, "refuses access (403)"),
        ("gone", "missing", 1, "no such file (410)"),
        ("nothing", "missing", 1, "no such file (404)"),
        ("teapot", "unavailable", 1, "answers 418"),
        ("two-lengths", "malformed", 1, "another part"),
        ("brotli", "malformed", 1, "compresses"),
        ("bomb", "malformed", 1, "more than 1 MiB"),
        ("endless", "malformed", 1, "more than 1 MiB"),
        ("loop", "malformed", 11, "redirects again and again"),
        ("redirect-file", "not-allowed", 1, "neither http nor https"),
        ("redirect-nowhere", "not-allowed", 1, "nowhere"),
        ("redirect-bad", "not-allowed", 1, "makes no sense"),
    ],
)
def test_the_rest_ends_with_one_sentence(
    web: Web, misbehaving: Server, way: str, kind: str, asked: int, says: str
) -> None:
    error = _fetch_fails(web, misbehaving, way)
    assert error.kind == kind
    assert says in str(error)
    assert str(error).startswith("127.0.0.1:")
    assert str(error).endswith(".")
    assert len(misbehaving.asked) == asked


@pytest.mark.parametrize("way", ["busy", "busy-long"])
def test_a_server_that_stays_busy_is_not_asked_for_the_next_file(
    web: Web, misbehaving: Server, way: str
) -> None:
    first = _fetch_fails(web, misbehaving, way)
    asked = len(misbehaving.asked)
    start = time.monotonic()
    assert str(_fetch_fails(web, misbehaving, "well")) == str(first)
    assert len(misbehaving.asked) == asked
    assert time.monotonic() - start < 0.5


def test_a_host_without_a_connection_is_not_tried_for_the_next_file(
    plain_environment: None,
) -> None:
    patience = QUICK._replace(first_wait=0.3)
    with Web(use_conda=False, patience=patience) as web:
        start = time.monotonic()
        _fails(lambda: web.fetch("http://127.0.0.1:9/x"))
        first = time.monotonic() - start
        _fails(lambda: web.fetch("http://127.0.0.1:9/y"))
        assert time.monotonic() - start < first + 0.2


@pytest.mark.impatient
@pytest.mark.parametrize("way", ["drip-body", "drip-head", "silent"])
def test_a_slow_server_is_not_waited_for(web: Web, misbehaving: Server, way: str) -> None:
    start = time.monotonic()
    error = _fetch_fails(web, misbehaving, way)
    assert error.kind == "unavailable"
    assert time.monotonic() - start < 5 * QUICK.failed_tries


def test_what_comes_fast_enough_has_more_time(web: Web, misbehaving: Server) -> None:
    misbehaving.files["large.bin"] = bytes(6 << 20)
    assert len(web.fetch(misbehaving.url("well", "large.bin"))) == 6 << 20


@pytest.mark.parametrize("way", ["range-missing", "range-shifted", "range-garbled", "range-short"])
def test_another_part_than_asked_for_is_refused(web: Web, misbehaving: Server, way: str) -> None:
    url = misbehaving.url(way, "a.bin")
    error = _fails(lambda: web.open(url, ByteRange(0, 10)))
    assert error.kind == "malformed"


def test_a_part_of_something_compressed_is_refused(web: Web, misbehaving: Server) -> None:
    url = misbehaving.url("gzip-part", "a.bin")
    assert _fails(lambda: web.open(url, ByteRange(0, 10))).kind == "malformed"


@pytest.mark.parametrize("way", ["gzip", "gzip-members"])
def test_what_is_compressed_though_it_should_not_be_is_unpacked(
    web: Web, misbehaving: Server, way: str
) -> None:
    with web.open(misbehaving.url(way, "a.bin"), ByteRange(0, 10)) as answer:
        assert answer.status == 200
        assert answer.total is None
        assert answer.read() == DATA


def test_what_follows_something_compressed_is_not_passed_over(
    web: Web, misbehaving: Server
) -> None:
    with web.open(misbehaving.url("gzip-and-more", "a.bin"), None) as answer:
        assert _fails(answer.read).kind == "malformed"


def test_a_redirect_keeps_the_range_and_drops_the_login(
    web: Web, misbehaving: Server, other_server: Server
) -> None:
    misbehaving.elsewhere = f"{other_server.root}/well"
    url = misbehaving.url("redirect", "a.bin").replace("//", f"//{LOGIN}@")
    headers = {"Authorization": "Bearer t0ken"}
    with web.open(url, ByteRange(7, 3), headers=headers) as answer:
        assert answer.read() == DATA[7:10]
    assert "authorization" in misbehaving.asked[0].headers
    [there] = other_server.asked
    assert there.range == "bytes=7-9"
    assert not {"authorization", "cookie", "referer"} & there.headers.keys()


def test_a_redirect_to_the_same_server_keeps_the_login(web: Web, misbehaving: Server) -> None:
    url = misbehaving.url("redirect-same", "a.bin").replace("//", f"//{LOGIN}@")
    assert web.fetch(url) == DATA


def test_a_redirect_to_the_whole_address_of_the_same_server_keeps_the_login(
    web: Web, misbehaving: Server
) -> None:
    misbehaving.files["a.bin"] = DATA
    misbehaving.elsewhere = f"{misbehaving.root}/login"
    url = misbehaving.url("redirect", "a.bin").replace("//", f"//{LOGIN}@")
    assert web.fetch(url) == DATA


def test_a_login_that_a_server_names_is_not_taken(web: Web, misbehaving: Server) -> None:
    _fetch_fails(web, misbehaving, "redirect-login")
    assert len(misbehaving.asked) == 1


def test_a_redirect_is_not_followed_twice(web: Web, misbehaving: Server) -> None:
    misbehaving.elsewhere = f"{misbehaving.root}/well"
    url = misbehaving.url("redirect", "a.bin")
    with web.open(url, ByteRange(0, 5)) as first:
        first.read()
    with web.open(url, ByteRange(5, 5), after=first) as second:
        assert second.read() == DATA[5:10]
    assert [each.path for each in misbehaving.asked] == [
        "/redirect/a.bin",
        "/well/a.bin",
        "/well/a.bin",
    ]


def test_an_address_that_has_expired_is_asked_for_anew_once(web: Web, misbehaving: Server) -> None:
    url = misbehaving.url("presigned", "a.bin")
    with web.open(url, ByteRange(0, 5)) as first:
        first.read()
    with web.open(url, ByteRange(5, 5), after=first) as second:
        assert second.read() == DATA[5:10]
    assert len(misbehaving.asked) == 5  # Redirect, part; refused, redirect, part.

    misbehaving.forget()
    error = _fetch_fails(web, misbehaving, "expired")
    assert error.kind == "refused"
    assert SIGNATURE not in str(error)
    assert len(misbehaving.asked) == 4


def test_no_redirect_leads_from_a_public_server_into_a_private_network(
    web: Web, misbehaving: Server, other_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    misbehaving.elsewhere = f"{other_server.root}/well"
    # Loopback stands in for a public server here.
    monkeypatch.setattr(redirects_module, "_is_public", lambda host, head: True)
    assert _fetch_fails(web, misbehaving, "redirect").kind == "not-allowed"
    assert not other_server.asked

    # A name that leads elsewhere when it is looked up again: the connection looks at it too.
    monkeypatch.setattr(redirects_module, "_addresses", lambda host: ["93.184.216.34"])
    assert _fetch_fails(web, misbehaving, "redirect").kind == "not-allowed"
    assert not other_server.asked


class HeadOf:
    """What is known of an answer: the address that it came from."""

    is_proxied = False

    def __init__(self, peer: str | None) -> None:
        self.peer = peer


@pytest.mark.parametrize(
    ("peer", "public"), [("93.184.216.34", True), (None, True), ("127.0.0.1", False)]
)
def test_a_private_server_is_known_by_the_address_it_was_reached_at(
    peer: str | None, public: bool
) -> None:
    hop = redirects_module.Hop("http://h.example/a")
    assert redirects_module.redirected(hop, "http://i.example/", HeadOf(peer)).public is public


def test_a_public_server_does_not_lead_away_from_encryption() -> None:
    hop = redirects_module.Hop("https://h.example/a")
    with pytest.raises(WebError, match="without encryption"):
        redirects_module.redirected(hop, "http://h.example/a", HeadOf("93.184.216.34"))


def test_offline_nothing_is_opened(misbehaving: Server) -> None:
    with Web(offline=True, use_conda=False) as web:
        error = _fetch_fails(web, misbehaving, "well")
    assert error.kind == "offline"
    assert not misbehaving.asked


@pytest.mark.parametrize("url", ["ftp://h/x", "file:///etc/passwd", "s3://b/x", "x", "http://"])
def test_other_addresses_are_not_fetched(web: Web, url: str) -> None:
    assert _fails(lambda: web.fetch(url)).kind == "not-allowed"


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("http:///x", "It names no host."),
        ("https://user:s3cr3t@/x", "It names no host."),
        ("http://:80/x", "It names no host."),
        ("http://user:s3cr3t@h:0/x", "Its port is no number from 1 to 65535."),
        ("HTTP://h:99999/x?s=s3cr3t", "Its port is no number from 1 to 65535."),
        ("http://h:s3cr3t/x", "Its port is no number from 1 to 65535."),
        ("http://[::1/x", "Its host is malformed."),
    ],
)
def test_what_is_wrong_with_an_address_is_said(web: Web, url: str, fault: str) -> None:
    assert str(_fails(lambda: web.fetch(url))) == fault


def test_a_host_that_is_not_there(web: Web) -> None:
    error = _fails(lambda: web.fetch("http://127.0.0.1:9/x?sig=secret"))
    assert error.kind == "unavailable"
    assert str(error) == "127.0.0.1:9 cannot be reached: it refuses the connection."


def test_all_threads_wait_for_a_busy_server(plain_environment: None, misbehaving: Server) -> None:
    urls = [misbehaving.url("well", "a.bin")] * 20
    with Web(use_conda=False, connections=4, patience=QUICK) as web:
        busy = threading.Thread(
            target=lambda: web.fetch(misbehaving.url("busy-seconds", "a.bin")), daemon=True
        )
        busy.start()
        while not misbehaving.asked:
            time.sleep(0.01)
        time.sleep(0.1)
        start = time.monotonic()
        with ThreadPoolExecutor(8) as pool:
            assert {len(data) for data in pool.map(web.fetch, urls)} == {len(DATA)}
        assert time.monotonic() - start > 0.6
        busy.join()


def test_one_host_is_not_asked_by_more_threads_than_allowed(
    plain_environment: None, misbehaving: Server
) -> None:
    running, most = 0, 0
    lock = threading.Lock()
    with Web(use_conda=False, connections=3, patience=QUICK) as web:
        exchange = web._made_exchange()
        send = exchange.send

        def counted(*args: object, **kwargs: object) -> object:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            try:
                time.sleep(0.01)
                return send(*args, **kwargs)  # type: ignore[arg-type]
            finally:
                with lock:
                    running -= 1

        exchange.send = counted  # type: ignore[method-assign, assignment]
        with ThreadPoolExecutor(12) as pool:
            list(pool.map(web.fetch, [misbehaving.url("well", "a.bin")] * 40))
    assert most == 3


def test_closing_wakes_threads_that_wait(plain_environment: None, misbehaving: Server) -> None:
    patience = QUICK._replace(first_wait=60, longest_wait=60)
    web = Web(use_conda=False, patience=patience)
    errors: list[WebError] = []
    thread = threading.Thread(target=lambda: errors.append(_fetch_fails(web, misbehaving, "busy")))
    thread.start()
    while not misbehaving.asked:
        time.sleep(0.01)
    time.sleep(0.2)
    web.close()
    thread.join(5)
    assert not thread.is_alive()
    assert "given up" in str(errors[0])


def test_a_body_that_is_not_read_does_not_come(web: Web, misbehaving: Server) -> None:
    misbehaving.files["large.bin"] = bytes(50 << 20)
    with web.open(misbehaving.url("well", "large.bin")):
        pass
    time.sleep(0.3)
    assert misbehaving.sent < 20 << 20


def test_importing_the_door_loads_no_library() -> None:
    import subprocess
    import sys

    code = (
        "import sys, conda_provenance.web as w; w.Web(use_conda=False).close();"
        "print([m for m in ('requests', 'urllib3', 'conda') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
