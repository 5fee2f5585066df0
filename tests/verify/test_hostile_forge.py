"""Every answer that a hostile server could give ends in its bound, with the right outcome.

No token leaves its server, and no message holds one, or an escape of a terminal.
"""

from __future__ import annotations

import gc
import re
import resource
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from doors_making import ANYWHERE, SECRET, TestApi, Thing, make_doors, open_door
from hostile_forge import WAYS, ZIPS, HostileForge
from web_fixtures import patience_of, slow_marked

from conda_provenance.api import Door, NamedBy, Server
from conda_provenance.errors import UnavailableError
from conda_provenance.net import Reach, origin_of
from conda_provenance.verify import door as door_module
from conda_provenance.verify.answers import Answers
from conda_provenance.web import Web

pytestmark = pytest.mark.usefixtures("plain_environment")

NO_JSON = "is not valid JSON"
OTHER_FORM = "answers JSON of another form"
PAGE = "answers with a page where JSON was asked for"
LIMIT = "is too busy"

GET: dict[str, str | Thing] = {
    "well": Thing("well", 1),
    "well-bom": Thing("well", 1),
    "well-gzip": Thing("well", 1),
    "renamed": Thing("well", 1),
    "renamed-307": Thing("well", 1),
    "cookies": Thing("well", 1),
    "header-escape": Thing("well", 1),
    "200-slow-down": Thing("well", 1),
    "200-slow-year": Thing("well", 1),
    "escapes": Thing("\x1b[2J\u202egnp.exe", 1),
    "nul": Thing("a\0b", 1),
    "big-integer": Thing("a", 10**30 - 1),
    "429-once": Thing("well", 1),
    "429-date": Thing("well", 1),
    "429-past": Thing("well", 1),
    "403-primary-past": Thing("well", 1),
    "well-204": "answers 204",
    # Redirects.
    "redirect-elsewhere": "redirects to another server",
    "redirect-metadata": "redirects to another server",
    "redirect-metadata-https": "redirects to another server",
    "redirect-http": "redirects to another server",
    "redirect-file": "neither http nor https",
    "redirect-garbage": "redirects to an address that makes no sense",
    "redirect-nowhere": "redirects to nowhere",
    "redirect-login": "redirects to another server",
    # What stands for a line break is sent as it stands.
    "redirect-split": Thing("well", 1),
    "redirect-loop": "redirects again and again",
    "redirect-chain": "redirects again and again",
    # Bodies.
    "endless": "sends more than 1 MiB|takes too long",
    "endless-spaces": "sends more than 1 MiB|takes too long",
    "too-long": "sends more than 1 MiB",
    "drip": "takes too long",
    "drip-head": "does not answer in time",
    "silent": "does not answer in time",
    "gzip-bomb": "sends more than 1 MiB",
    "gzip-torn": "cannot be read|broke off",
    "gzip-lie": "cannot be read",
    "brotli": "cannot be read",
    "torn": "broke off",
    "too-short-length": NO_JSON,
    "negative-length": "than it was asked for|connection fails|broke off",
    "two-lengths": "than it was asked for|connection fails",
    "bad-chunks": "broke off|connection fails",
    "no-http": "connection fails",
    # Heads.
    "header-flood": "connection fails|does not answer in time",
    "header-long": "connection fails",
    "continue": "connection fails|does not answer in time|takes too long",
    "header-nul": Thing("well", 1),
    # JSON.
    "html-200": PAGE,
    "html-203": r"answers 203",
    "json-203": r"answers 203",
    "html-as-json": NO_JSON,
    "text": PAGE,
    "no-type": PAGE,
    "empty": NO_JSON,
    "deep": NO_JSON,
    "deep-member": f"{NO_JSON}|{OTHER_FORM}|sends more than",
    "twice": NO_JSON,
    "list": OTHER_FORM,
    "wrong-type": OTHER_FORM,
    "null": OTHER_FORM,
    "member-missing": OTHER_FORM,
    "huge-integer": f"{NO_JSON}|{OTHER_FORM}",
    "infinite": f"{NO_JSON}|{OTHER_FORM}",
    "nan": f"{NO_JSON}|{OTHER_FORM}",
    "not-utf-8": NO_JSON,
    "utf-16": NO_JSON,
    "surrogate": f"{NO_JSON}|{OTHER_FORM}",
    "raw-nul": NO_JSON,
    "trailing": NO_JSON,
    # Statuses.
    "202": "no answer yet",
    "206": "than it was asked for",
    "300": "answers 300",
    "304": "answers 304",
    "400": "answers 400",
    "401": r"asks for a login \(401\)",
    "403": r"refuses that \(403\)",
    "404": r"no such thing \(404\), or does not show it",
    "407": "answers 407",
    "410": r"no such thing \(410\)",
    "418": "answers 418",
    "422": "answers 422",
    "451": "answers 451",
    "500": "answers 500, also after several tries",
    "501": "answers 501",
    "502": "answers 502",
    "504": "answers 504",
    "599": "answers 599",
    # Limits.
    "429-negative": LIMIT,
    "429-garbage": LIMIT,
    "429-year": LIMIT,
    "429-ages": LIMIT,
    "429-digits": LIMIT,
    "429-far-date": LIMIT,
    "429-zero": LIMIT,
    "429-bare": LIMIT,
    "429-gitlab": LIMIT,
    "429-draft": LIMIT,
    "403-primary": LIMIT,
    "403-secondary": LIMIT,
    "403-message": LIMIT,
    "403-left": r"refuses that \(403\)",
    "503-hour": LIMIT,
    # The token, sent back.
    "echo": "repeats your token",
    "echo-escaped": "repeats your token",
    "echo-header": "repeats your token",
    "echo-redirect": "repeats your token",
    "echo-403": r"refuses that \(403\)",
}
"""A way, and what ``get`` makes of it: the answer, or the sentence that says why there is none."""

PAGES = {
    "pages": "in more than 100 pages",
    "pages-loop": "from page to page in a circle",
    "pages-elsewhere": "leads to another server",
    "pages-http": "leads to another server|is not encrypted|port",
    "pages-garbage": "a next page that makes no sense",
    "pages-break": "no such thing",
    "pages-huge": "answers more than 4 MiB",
    "pages-type": PAGE,
    "echo-link": "repeats your token",
    "well": OTHER_FORM,
}

LOGS: dict[str, str | bytes] = {
    "log": b"line\n" * 100,
    "log-elsewhere": b"line\n" * 100,
    "log-endless": "sends more than 2 MiB",
    "log-one-line": "sends more than 2 MiB",
    "log-gzip-bomb": "sends more than 2 MiB",
    "log-drip": "takes too long",
    "log-torn": "broke off",
    "log-metadata": r"may not be asked: .*private network",
    # Back on its own server, it does not get the token again.
    "log-there-and-back": b"line\n" * 100,
    "log-echo": "repeats your token",
    "401": "asks for a login",
    "redirect-metadata": "may not be asked: it is not encrypted",
    "redirect-metadata-https": "may not be asked: .*private network",
    "redirect-mapped": "may not be asked: .*private network",
    "redirect-nat64": "may not be asked: .*private network",
    "redirect-decimal": "may not be asked: .*private network",
    "redirect-octal": "may not be asked: .*private network",
    "redirect-short": "may not be asked: .*private network",
    "redirect-localhost": "may not be asked: .*private network",
    "redirect-shared": "may not be asked: .*private network",
    "redirect-port": "may not be asked: its port is not 443",
    "redirect-http": "may not be asked: it is not encrypted",
    "redirect-login": "may not be asked: it holds a login",
    "redirect-unicode": "may not be asked|makes no sense",
    "zip-none": b"this is no zip",
}


@pytest.fixture
def impatient(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """The same bounds, but smaller."""
    monkeypatch.setattr(door_module, "MAX_JSON", 1 << 20)
    monkeypatch.setattr(door_module, "MAX_LOG", 2 << 20)
    monkeypatch.setattr(door_module, "MAX_PAGED", 4 << 20)
    few = {"busy_tries": 3, "failed_tries": 2, "longest_wait": 2.0, "longest_rest": 3.0}
    with Web(use_conda=False, patience=patience_of(request)._replace(**few)) as web:
        yield web


@pytest.fixture
def forges(hostile_forge: HostileForge, other_forge: HostileForge) -> Iterator[HostileForge]:
    """A hostile forge. The other one, to which it redirects, must never see the token."""
    hostile_forge.elsewhere = other_forge.root
    other_forge.elsewhere = hostile_forge.root
    yield hostile_forge
    assert not any(SECRET in repr(asked) for asked in other_forge.asked)
    assert not any("cookie" in asked.headers for asked in hostile_forge.asked)


def _door(web: Web, forge: HostileForge, other: HostileForge) -> Door:
    """The user names these two, and nothing else that is private."""
    named = {origin for each in (forge, other) if (origin := origin_of(each.root))}
    return open_door(make_doors(web, forge, other, reach=Reach(named=frozenset(named))), forge)


def _ends(do: Callable[[], Any], said: str) -> UnavailableError:
    """It raises what it should, soon, in one sentence that can be shown."""
    begun = time.monotonic()
    with pytest.raises(UnavailableError) as caught:
        do()
    assert time.monotonic() - begun < 20
    message = str(caught.value)
    assert re.search(said, message), message
    assert message.isprintable()
    assert message.endswith(".")
    assert message.count(". ") == 0
    assert SECRET not in message
    return caught.value


@pytest.mark.parametrize("way", slow_marked(GET))
def test_an_answer(
    impatient: Web, forges: HostileForge, other_forge: HostileForge, way: str
) -> None:
    door = _door(impatient, forges, other_forge)
    expected = GET[way]
    if isinstance(expected, Thing):
        assert door.get(forges.url(way), Thing) == expected
    else:
        error = _ends(lambda: door.get(forges.url(way), Thing), expected)
        if expected == LIMIT:
            assert error.retry_at is not None
            assert time.time() - 5 < error.retry_at < time.time() + 367 * 86400
    assert not other_forge.asked
    assert forges.sent < 64 << 20


@pytest.mark.parametrize("way", slow_marked(PAGES))
def test_pages(impatient: Web, forges: HostileForge, other_forge: HostileForge, way: str) -> None:
    door = _door(impatient, forges, other_forge)
    _ends(lambda: list(door.pages(forges.url(way, "0"), list[Thing])), PAGES[way])
    assert not other_forge.asked
    assert len(forges.asked) <= 100


@pytest.mark.parametrize("way", slow_marked(LOGS))
def test_a_log(impatient: Web, forges: HostileForge, other_forge: HostileForge, way: str) -> None:
    door = _door(impatient, forges, other_forge)
    got: list[bytes] = []

    def read() -> None:
        with door.text(forges.url(way)) as pieces:
            assert pieces is not None
            got.extend(pieces)

    expected = LOGS[way]
    if isinstance(expected, bytes):
        read()
        assert b"".join(got) == expected
    else:
        _ends(read, expected)
        assert SECRET.encode() not in b"".join(got)
    assert sum(map(len, got)) <= 3 << 20
    tokens = ["authorization" in asked.headers for asked in forges.asked]
    assert tokens == [True] + [False] * (len(tokens) - 1)


def test_every_way_is_tried() -> None:
    assert (
        WAYS.keys() - {"pages-two", "back"} <= GET.keys() | PAGES.keys() | LOGS.keys() | ZIPS.keys()
    )
    assert len(WAYS) > 100


@pytest.mark.parametrize(
    "way", slow_marked(["well", "endless", "header-flood", "gzip-bomb", "drip", "deep"])
)
def test_a_probe(impatient: Web, forges: HostileForge, other_forge: HostileForge, way: str) -> None:
    doors = make_doors(impatient, forges)
    try:
        probe = doors.probe(forges.url(way))
    except UnavailableError as error:
        assert SECRET not in str(error)
    else:
        assert len(probe.body) <= 64 << 10
    assert not any("authorization" in asked.headers for asked in forges.asked)


# What an address leads to.

NOT_ADMITTED = {
    "http://forge.example/": "it is not encrypted",
    "https://127.0.0.1/": "in a private network",
    "https://10.0.0.1/": "in a private network",
    "https://169.254.169.254/": "in a private network",
    "https://100.100.100.200/": "in a private network",
    "https://[::1]/": "in a private network",
    "https://[::ffff:127.0.0.1]/": "in a private network",
    "https://[::127.0.0.1]/": "in a private network",
    "https://[64:ff9b::a9fe:a9fe]/": "in a private network",
    "https://[2002:7f00:1::]/": "in a private network",
    "https://[fc00::1]/": "in a private network",
    "https://[fe80::1%25eth0]/": "in a private network|has characters",
    "https://224.0.0.1/": "in a private network",
    "https://2130706433/": "in a private network",
    "https://0x7f.1/": "in a private network",
    "https://127.1/": "in a private network",
    "https://localhost/": "in a private network",
    "https://localhost./": "in a private network",
    "https://forge/": "in a private network",
    "https://forge.internal/": "in a private network",
    "https://forge.example:8443/": "its port is not 443",
    "https://forge.example:22/": "its port is not 443",
    "https://user@forge.example/": "it holds a login",
    "https://user:pass@forge.example/": "it holds a login",
    "https://ex\u00e4mple.org/": "its host has characters",
    "https://forge.example\u3002evil.example/": "its host has characters",
    "https://forge example/": "its host has characters",
    "https://-/": "in a private network",
    "ftp://forge.example/": "no complete https address",
    "file:///etc/passwd": "no complete https address",
    "https://": "no complete https address",
    "https://[/": "no complete https address",
    "https://forge.example:99999/": "no complete https address",
    "": "no complete https address",
}


@pytest.mark.parametrize("url", NOT_ADMITTED)
def test_an_address_that_is_not_admitted(impatient: Web, url: str) -> None:
    assert re.search(NOT_ADMITTED[url], Reach().fault(url) or "")
    doors = make_doors(impatient, reach=Reach())
    _ends(lambda: doors.open(TestApi, Server(url, "forge.example", NamedBy.NOBODY)), "is not asked")
    _ends(lambda: doors.probe(url), "is not asked")


def test_what_the_user_allows_is_admitted() -> None:
    assert Reach().fault("https://forge.example/") is None
    assert Reach(private=True).fault("https://127.0.0.1:8443/") is None
    assert "not encrypted" in (Reach(private=True).fault("http://127.0.0.1:8080/") or "")
    assert ANYWHERE.fault("http://127.0.0.1:8080/") is None
    assert "login" in (ANYWHERE.fault("http://u@127.0.0.1:8080/") or "")
    own = origin_of("https://git.internal:8443")
    assert own is not None
    named = Reach(named=frozenset({own}))
    assert named.fault("https://git.internal:8443/o/n") is None
    assert named.fault("https://git.internal/o/n")
    assert named.fault("http://git.internal:8443/o/n")


def _resolver(monkeypatch: pytest.MonkeyPatch, *answers: str) -> list[str]:
    """Stands in for DNS: each look-up of forge.example gives the next address, then the last."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def lookup(host: Any, port: Any, *rest: Any, **named: Any) -> Any:
        if host != "forge.example":
            return real(host, port, *rest, **named)
        asked.append(answers[min(len(asked), len(answers) - 1)])
        return real(asked[-1], port, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    return asked


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.0.0.1", "169.254.169.254"]
)
def test_a_name_that_leads_into_a_private_network(
    impatient: Web, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    _resolver(monkeypatch, address)
    doors = make_doors(impatient, reach=Reach())
    door = doors.open(TestApi, Server("https://forge.example", "forge.example", NamedBy.NOBODY))
    _ends(lambda: door.get("https://forge.example/x", Thing), "is in a private network")
    _ends(lambda: doors.probe("https://forge.example/y"), "is in a private network")


def test_a_name_that_leads_elsewhere_the_next_moment(
    impatient: Web, forges: HostileForge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First a public address, then this machine: nothing is sent to it."""
    asked = _resolver(monkeypatch, "93.184.216.34", "127.0.0.1")
    port = forges.server_address[1]
    # Any port, but public addresses only.
    doors = make_doors(impatient, forges, reach=Reach(http=True))
    url = f"https://forge.example:{port}"
    door = doors.open(TestApi, Server(url, f"forge.example:{port}", NamedBy.USER))
    _ends(lambda: door.get(f"{url}/well/x", Thing), "is in a private network")
    assert asked[:2] == ["93.184.216.34", "127.0.0.1"]
    assert forges.asked == []


def test_through_a_proxy_addresses_in_numbers_are_not_asked(
    impatient: Web, plain_forge: HostileForge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", plain_forge.root)
    doors = make_doors(impatient, reach=Reach())
    for host in ("93.184.216.34", "[2606:2800:220:1::1]"):
        _ends(lambda host=host: doors.probe(f"https://{host}/x"), "a proxy is asked for names only")
    assert plain_forge.asked == []


# Bounds.


def test_a_host_is_asked_by_as_many_at_once_as_it_wants(
    impatient: Web, forges: HostileForge
) -> None:
    import threading

    running: list[int] = []
    most: list[int] = []
    lock = threading.Lock()

    def slow(handler: Any) -> None:
        with lock:
            running.append(1)
            most.append(len(running))
        time.sleep(0.05)
        with lock:
            running.pop()
        WAYS["well"](handler)

    class SerialApi(TestApi):
        is_serial = True

    for api, at_most in ((TestApi, 4), (SerialApi, 1)):
        door = open_door(make_doors(impatient, forges), forges, api)
        most.clear()
        monkey = pytest.MonkeyPatch()
        monkey.setitem(WAYS, "slow", slow)
        threads = [
            threading.Thread(target=door.get, args=(forges.url("slow", f"{n}"), Thing))
            for n in range(12)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        monkey.undo()
        assert max(most) <= at_most
        assert len(most) == 12


def test_a_busy_server_is_not_waited_for_again_and_again(
    impatient: Web, forges: HostileForge, other_forge: HostileForge
) -> None:
    door = _door(impatient, forges, other_forge)
    begun = time.monotonic()
    for number in range(50):
        with pytest.raises(UnavailableError, match=LIMIT):
            door.get(forges.url("429-year", str(number)), Thing)
    assert time.monotonic() - begun < 5
    assert len(forges.asked) == 1


def test_a_server_that_always_asks_for_a_little_is_waited_for_up_to_a_budget(
    impatient: Web, forges: HostileForge, other_forge: HostileForge
) -> None:
    door = _door(impatient, forges, other_forge)
    begun = time.monotonic()
    for number in range(30):
        door.get(forges.url("200-slow-down", str(number)), Thing)
    assert time.monotonic() - begun < 15


def test_a_long_log_takes_no_memory(
    forges: HostileForge, other_forge: HostileForge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door_module, "MAX_LOG", 100 << 20)
    with Web(use_conda=False) as web:
        door = _door(web, forges, other_forge)
        gc.collect()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        sizes: list[int] = []

        def read() -> None:
            with door.text(forges.url("log-endless")) as pieces:
                sizes.extend(map(len, pieces or ()))

        _ends(read, "sends more than 100 MiB")
        size = sum(sizes)
        assert size >= 99 << 20
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30 << 10


def test_an_interrupted_log_lets_go_of_the_server(
    impatient: Web, forges: HostileForge, other_forge: HostileForge
) -> None:
    door = _door(impatient, forges, other_forge)
    for _ in range(10):
        with door.text(forges.url("log-endless")) as pieces:
            assert pieces is not None
            next(pieces)
            # The reader may ask the same server something else meanwhile.
            assert door.get(forges.url("well"), Thing) == Thing("well", 1)


def test_what_was_asked_offline_is_nothing(forges: HostileForge) -> None:
    with Web(offline=True, use_conda=False) as web:
        doors = make_doors(web, forges, answers=Answers(offline=True))
        door = open_door(doors, forges)
        _ends(lambda: door.get(forges.url("well"), Thing), "Nothing is asked with --offline")
        _ends(lambda: doors.probe(forges.url("well")), "Nothing is asked with --offline")
        with pytest.raises(UnavailableError), door.text(forges.url("log")):
            pass
    assert forges.asked == []
