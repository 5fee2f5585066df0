"""Questions to an API: which credentials go where, and how long a limit is waited for."""

from __future__ import annotations

import time
from collections.abc import Iterator
from email.utils import formatdate
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hostile_forge import HostileForge
from web_fixtures import QUICK

from conda_provenance.net import Reach, Tls, origin_of
from conda_provenance.web import Request, Web, WebError
from conda_provenance.web.hosts import Host
from conda_provenance.web.limits import SECONDARY, Limit, limit_of

ANYWHERE = Reach(http=True, private=True)
TOKEN = {"Authorization": "Bearer s3cr3t-of-the-user"}

NOW = 1_800_000_000.0


@pytest.fixture(params=["plain", "conda"])
def asker(
    request: pytest.FixtureRequest, plain_environment: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Web]:
    """With requests alone, and with conda's session."""
    if request.param == "conda" and find_spec("conda") is None:
        pytest.skip("conda is not installed here: see CONTRIBUTING.md")
    with Web(use_conda=request.param == "conda", patience=QUICK) as web:
        yield web


def _tls(forge: HostileForge) -> dict[Any, Tls]:
    return {origin_of(forge.root): Tls(authority=str(forge.certificate))}


def test_nothing_of_the_user_s_is_sent_but_the_credential_of_the_question(
    asker: Web, plain_forge: HostileForge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login user password p4ssw0rd\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with asker.ask(Request(plain_forge.url("cookies"), ANYWHERE)) as answer:
        assert answer.status == 200
    with asker.ask(Request(plain_forge.url("well"), ANYWHERE, credential=TOKEN)) as answer:
        assert answer.read().startswith(b"{")
    first, second = (asked.headers for asked in plain_forge.asked)
    assert "authorization" not in first
    assert second["authorization"] == TOKEN["Authorization"]
    assert "cookie" not in second


def test_a_question_is_posted(asker: Web, hostile_forge: HostileForge) -> None:
    request = Request(
        hostile_forge.url("renamed-307"),
        ANYWHERE,
        {"Content-Type": "application/json"},
        TOKEN,
        b'{"a": 1}',
        tls=_tls(hostile_forge),
    )
    with asker.ask(request) as answer:
        assert (answer.status, answer.url) == (200, hostile_forge.url("well"))
    assert [(each.method, each.body) for each in hostile_forge.asked] == [("POST", b'{"a": 1}')] * 2

    # 301 and 302 would make another question of it.
    with pytest.raises(WebError, match="an address for another kind of request"):
        asker.ask(request._replace(url=hostile_forge.url("renamed")))


@pytest.mark.parametrize("status", [202, 300, 304, 400, 401, 403, 404, 407, 410, 418, 422, 451])
def test_every_status_is_an_answer(asker: Web, plain_forge: HostileForge, status: int) -> None:
    with asker.ask(Request(plain_forge.url(str(status)), ANYWHERE)) as answer:
        assert answer.status == status


def test_a_refusal_that_was_looked_at_can_still_be_read(
    asker: Web, plain_forge: HostileForge
) -> None:
    with asker.ask(Request(plain_forge.url("403"), ANYWHERE)) as answer:
        assert answer.read() == b'{"message": "no"}'
    with asker.ask(Request(plain_forge.url("well"), ANYWHERE)) as answer:
        assert answer.status == 200


def test_a_redirect_is_an_answer_where_none_is_followed(
    asker: Web, plain_forge: HostileForge
) -> None:
    request = Request(plain_forge.url("redirect-metadata"), ANYWHERE, is_redirected=False)
    with asker.ask(request) as answer:
        assert answer.status == 302
    assert len(plain_forge.asked) == 1


def test_an_authority_of_the_user_s_is_for_its_server_alone(
    asker: Web, hostile_forge: HostileForge, other_forge: HostileForge
) -> None:
    tls = _tls(hostile_forge)
    with asker.ask(Request(hostile_forge.url("well"), ANYWHERE, tls=tls)) as answer:
        assert answer.status == 200
    with pytest.raises(WebError, match="certificate does not hold"):
        asker.ask(Request(other_forge.url("well"), ANYWHERE, tls=tls))


@pytest.mark.parametrize(
    ("status", "headers", "beginning", "expected"),
    [
        (200, {}, b"", None),
        (200, {"Retry-After": "7"}, b"", Limit(7)),
        (200, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1800000060"}, b"", None),
        (404, {"Retry-After": "7"}, b"", None),
        (429, {"Retry-After": "7"}, b"", Limit(7)),
        (429, {"Retry-After": "-7"}, b"", Limit(None)),
        (429, {"Retry-After": "1e9"}, b"", Limit(None)),
        (429, {"Retry-After": "\u00b2"}, b"", Limit(None)),
        (429, {}, b"", Limit(None)),
        (429, {"X-RateLimit-Reset": "1800000060"}, b"", Limit(60)),
        (429, {"RateLimit-Reset": "1800000060"}, b"", Limit(60)),
        (429, {"RateLimit-Reset": "60"}, b"", Limit(60)),
        (429, {"RateLimit-Reset": "1799999999"}, b"", Limit(0)),
        (429, {"RateLimit-Reset": "9" * 400}, b"", Limit(None)),
        (503, {}, b"", Limit(None)),
        (503, {"Retry-After": formatdate(NOW + 60, usegmt=True)}, b"", Limit(60)),
        (403, {}, b"", None),
        (403, {"X-RateLimit-Remaining": "1", "X-RateLimit-Reset": "1800000060"}, b"", None),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1800000060"}, b"", Limit(60)),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1700000000"}, b"", Limit(0)),
        (403, {"X-RateLimit-Remaining": "0"}, b"", Limit(SECONDARY)),
        (403, {"Retry-After": "60"}, b"", Limit(60)),
        (403, {}, b"You have exceeded a secondary rate limit", Limit(SECONDARY)),
        (403, {}, b"abuse detection mechanism", Limit(SECONDARY)),
        (403, {}, b"Resource not accessible by integration", None),
    ],
)
def test_what_a_limit_says(
    status: int, headers: dict[str, str], beginning: bytes, expected: Limit | None
) -> None:
    assert limit_of(status, headers, beginning, NOW) == expected


def test_a_shorter_rest_does_not_end_a_refusal() -> None:
    origin = origin_of("https://forge.example")
    assert origin is not None
    host = Host(origin, 4)
    host.rest(3600, time.monotonic(), refusal=WebError("unavailable", "Later.", retry_at=7.0))
    host.rest(1, time.monotonic())
    with pytest.raises(WebError, match=r"Later\.") as caught:
        host.begin_turn()
    assert caught.value.retry_at == 7.0
    assert host.rested == 0
