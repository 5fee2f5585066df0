"""The door to an API: what it asks, what it takes for an answer, and what it makes of the rest."""

from __future__ import annotations

import re
import time
from threading import Semaphore

import pytest
from doors_making import ENVIRON, SECRET, TestApi, Thing, make_doors, open_door
from hostile_forge import HostileForge

from conda_provenance.api import Door
from conda_provenance.errors import UnavailableError
from conda_provenance.net import Reach
from conda_provenance.verify.answers import Answers
from conda_provenance.verify.door import Access
from conda_provenance.verify.json_answers import plain_text
from conda_provenance.web import Request, Web


@pytest.fixture
def door(web: Web, hostile_forge: HostileForge) -> Door:
    return open_door(make_doors(web, hostile_forge), hostile_forge)


def test_an_answer_is_read_by_its_type(door: Door, hostile_forge: HostileForge) -> None:
    assert door.get(hostile_forge.url("well"), Thing) == Thing("well", 1)
    [asked] = hostile_forge.asked
    assert asked.headers["authorization"] == f"Bearer {SECRET}"
    assert asked.headers["accept"] == "application/json"
    assert asked.headers["x-api-version"] == "1"
    assert asked.headers["user-agent"].startswith("conda-provenance/")


def test_a_question_is_asked_once(door: Door, hostile_forge: HostileForge) -> None:
    for _ in range(3):
        door.get(hostile_forge.url("well"), Thing)
        with pytest.raises(UnavailableError):
            door.get(hostile_forge.url("html-203"), Thing)
    assert len(hostile_forge.asked) == 2


def test_a_status_that_says_that_there_is_nothing(door: Door, hostile_forge: HostileForge) -> None:
    assert door.get(hostile_forge.url("404"), Thing, missing=(404, 422)) is None
    assert door.get(hostile_forge.url("422"), Thing, missing=(404, 422)) is None
    with pytest.raises(UnavailableError, match=r"has no such thing \(404\)"):
        door.get(hostile_forge.url("404"), Thing)


def test_a_long_question_is_posted(door: Door, hostile_forge: HostileForge) -> None:
    for number in (1, 2, 1):
        assert door.post(hostile_forge.url("well"), {"n": number}, Thing) == Thing("well", 1)
    assert [(each.method, each.body) for each in hostile_forge.asked] == [
        ("POST", b'{"n":1}'),
        ("POST", b'{"n":2}'),
    ]
    assert hostile_forge.asked[0].headers["content-type"] == "application/json"


def test_pages_follow_one_another(door: Door, hostile_forge: HostileForge) -> None:
    pages = list(door.pages(hostile_forge.url("pages-two", "0"), list[Thing]))
    assert pages == [[Thing("one", 1)], [Thing("one", 1)]]
    assert list(door.pages(hostile_forge.url("404"), list[Thing], missing=(404,))) == []


def test_a_renamed_repository_is_followed_with_the_token(
    door: Door, hostile_forge: HostileForge
) -> None:
    assert door.get(hostile_forge.url("renamed", "new"), Thing) == Thing("well", 1)
    assert [each.path for each in hostile_forge.asked] == ["/renamed/new", "/well/new"]
    assert all(SECRET in each.headers["authorization"] for each in hostile_forge.asked)


def test_a_log_is_read_in_pieces(door: Door, hostile_forge: HostileForge) -> None:
    with door.text(hostile_forge.url("log")) as pieces:
        assert pieces is not None
        assert b"".join(pieces) == b"line\n" * 100
    with door.text(hostile_forge.url("410"), missing=(404, 410)) as pieces:
        assert pieces is None


def test_a_log_on_another_server_is_asked_for_without_the_token(
    web: Web, hostile_forge: HostileForge, other_forge: HostileForge
) -> None:
    hostile_forge.elsewhere = other_forge.root
    door = open_door(make_doors(web, hostile_forge, other_forge), hostile_forge)
    with door.text(hostile_forge.url("log-elsewhere"), headers={"X-Mine": "1"}) as pieces:
        assert pieces is not None
        assert b"".join(pieces) == b"line\n" * 100
    assert SECRET in hostile_forge.asked[0].headers["authorization"]
    [asked] = other_forge.asked
    assert not asked.headers.keys() & {"authorization", "x-mine", "x-api-version"}

    with pytest.raises(UnavailableError, match="redirects to another server"):
        door.get(hostile_forge.url("redirect-elsewhere"), Thing)
    assert len(other_forge.asked) == 1


class OtherApi(TestApi):
    """A CI at the same server asks it too."""


def test_without_a_token_it_says_what_that_costs_once_a_server(
    web: Web, hostile_forge: HostileForge
) -> None:
    said: list[str] = []
    doors = make_doors(web, hostile_forge, environ={}, warn=said.append)
    door = open_door(doors, hostile_forge)
    assert said == []
    door.get(hostile_forge.url("well"), Thing)
    door.get(hostile_forge.url("well", "y"), Thing)
    open_door(doors, hostile_forge, OtherApi).get(hostile_forge.url("well", "z"), Thing)
    assert said == [f"There is no token for {hostile_forge.host}: 10 packages an hour."]
    assert "authorization" not in hostile_forge.asked[0].headers
    with pytest.raises(UnavailableError, match=r"a token for it in FORGE_TOKEN, FIXED_TOKEN, or"):
        door.get(hostile_forge.url("404"), Thing)


def test_a_probe_has_no_token_and_follows_nothing(web: Web, hostile_forge: HostileForge) -> None:
    doors = make_doors(web, hostile_forge)
    probe = doors.probe(hostile_forge.url("html-203"))
    assert (probe.status, probe.headers["content-type"]) == (203, "text/html")
    assert probe.body.startswith(b"<!DOCTYPE html>")
    assert doors.probe(hostile_forge.url("redirect-elsewhere")).status == 302
    assert len(doors.probe(hostile_forge.url("too-long")).body) == 64 << 10
    assert not any("authorization" in each.headers for each in hostile_forge.asked)


def test_what_was_kept_is_all_that_is_known_of_an_answer(
    web: Web, hostile_forge: HostileForge
) -> None:
    answers = Answers()
    door = open_door(make_doors(web, hostile_forge, answers=answers), hostile_forge)
    url = hostile_forge.url("renamed", "new")
    with answers.noted() as questions:
        door.get(url, Thing)
    assert list(questions) == [f"GET {url}"]
    answer = answers.get(
        f"GET {url}", lambda: pytest.fail("it was asked already"), scope=door.scope
    )
    assert answer.body == b'{"name": "well", "number": 1}'
    assert answer.about["url"] == hostile_forge.url("well", "new")
    assert answer.with_token
    assert answer.is_lasting
    assert SECRET not in repr(answer)


def test_a_limit_says_when_to_try_again(door: Door, hostile_forge: HostileForge) -> None:
    with pytest.raises(UnavailableError, match="is too busy") as caught:
        door.get(hostile_forge.url("403-primary"), Thing)
    assert caught.value.retry_at == pytest.approx(time.time() + 1800, abs=10)
    with pytest.raises(UnavailableError) as again:
        door.get(hostile_forge.url("well"), Thing)
    assert again.value.retry_at == caught.value.retry_at
    assert len(hostile_forge.asked) == 1


def test_messages_name_the_host_only(door: Door, hostile_forge: HostileForge) -> None:
    for way in ("404", "html-200", "deep", "500", "401"):
        with pytest.raises(UnavailableError) as caught:
            door.get(hostile_forge.url(way, "private/path"), Thing)
        assert hostile_forge.host in str(caught.value)
        assert not re.search(rf"private|path|{SECRET}", str(caught.value))
    assert ENVIRON["FORGE_TOKEN"] == SECRET


def test_json_of_too_many_values_is_not_read() -> None:
    """Empty objects take twenty times as much memory as their bytes."""
    body = b"[" + b"{}," * 600_000 + b"{}]"
    with pytest.raises(UnavailableError, match="more values than are read"):
        plain_text("forge.example", body)


def test_what_holds_a_token_does_not_show_it() -> None:
    credential = {"Authorization": "Bearer s3cr3t-token"}
    access = Access("https://a", {}, credential, (b"s3cr3t-token",), "", "", Semaphore())
    request = Request("https://a", Reach(), {}, credential)
    assert "s3cr3t" not in f"{access!r} {request!r} {access} {request}"
