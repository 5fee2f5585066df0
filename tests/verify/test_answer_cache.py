"""The cache of answers: what another run may use, and what is asked again."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import msgspec
import pytest
from doors_making import ANYWHERE, SECRET, Thing, make_doors, open_door
from hostile_forge import HostileForge

from conda_provenance.errors import UnavailableError
from conda_provenance.net import Origin, Reach
from conda_provenance.survey.cache_file import ANSWERS, FileOfResults
from conda_provenance.verify.answer_cache import AnswerCache
from conda_provenance.verify.answers import Answer, Answers
from conda_provenance.web import Web

QUESTION = "GET https://forge.example/a"
ANSWER = Answer(b'{"a": 1}', {"status": "200"})
DAY = 86400.0
PUBLIC = Reach()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "cache"


Run = Callable[..., Answers]


@pytest.fixture
def run(place: Path) -> Iterator[Run]:
    """Begins a run that uses the cache; the one before has ended."""
    caches: list[AnswerCache] = []

    def begin(max_age: float = DAY, reach: Reach = PUBLIC, warn=pytest.fail) -> Answers:
        for cache in caches:
            cache.close()
        environ = {"CONDA_PROVENANCE_CACHE_DIR": str(place)}
        caches.append(AnswerCache(environ, warn, max_age=max_age, reach=reach))
        return Answers(cache=caches[-1])

    yield begin
    for cache in caches:
        cache.close()


Reads: TypeAlias = list[str]


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Reads:
    """How rows are read: some ``below`` an address, or one ``at`` its key."""
    done: Reads = []
    for name in ("bytes_below", "bytes_at"):
        real = getattr(FileOfResults, name)

        def read(file, *arguments, _name: str = name, _real=real):
            done.append(_name.removeprefix("bytes_"))
            return _real(file, *arguments)

        monkeypatch.setattr(FileOfResults, name, read)
    return done


def _ask(
    answers: Answers, answer: Answer = ANSWER, question: str = QUESTION, scope: str = ""
) -> bool:
    """Ask, in a check that passes. Was somebody asked?"""
    asked = []

    def ask() -> Answer:
        asked.append(1)
        return answer

    with answers.noted() as questions:
        assert answers.get(question, ask, scope=scope).body == answer.body
    answers.keep(questions)
    return bool(asked)


def test_another_run_uses_it_and_says_how_old_it_is(run: Run) -> None:
    before = time.time()
    assert _ask(run())
    later = run()
    assert later.oldest_reused is None
    assert not _ask(later)
    assert later.oldest_reused is not None
    assert before <= later.oldest_reused <= time.time()
    answer = later.get(QUESTION, lambda: pytest.fail("asked"))
    assert (answer.body, answer.about) == (ANSWER.body, ANSWER.about)


def test_it_expires(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    _ask(run())
    assert _ask(run(max_age=0.0))
    now = time.time()
    monkeypatch.setattr("conda_provenance.verify.answer_cache.time.time", lambda: now + DAY - 60)
    assert not _ask(run())
    monkeypatch.setattr("conda_provenance.verify.answer_cache.time.time", lambda: now + DAY + 60)
    assert _ask(run())
    # A clock that went back: the answer is from the future.
    monkeypatch.setattr("conda_provenance.verify.answer_cache.time.time", lambda: now - 3600)
    assert _ask(run())


def test_what_led_to_no_pass_is_asked_again(run: Run) -> None:
    answers = run()
    answers.get(QUESTION, lambda: ANSWER)
    with answers.noted() as questions:
        answers.get("GET https://forge.example/b", lambda: ANSWER._replace(is_lasting=False))
        with pytest.raises(UnavailableError):
            answers.get("GET https://forge.example/c", _busy)
    answers.keep(questions)
    later = run()
    for question in (QUESTION, *questions):
        assert _ask(later, question=question)


def _busy() -> Answer:
    raise UnavailableError("It is too busy.")


def test_what_a_token_could_read_is_for_that_token_alone(run: Run, place: Path) -> None:
    private = ANSWER._replace(with_token=True)
    assert _ask(run(), private, scope="one")
    assert not _ask(run(), private, scope="one")
    assert _ask(run(), private, scope="other")
    assert _ask(run(), private, scope="")
    assert _ask(run(), private, scope="")


def test_where_more_was_allowed_is_no_answer_where_less_is(run: Run) -> None:
    question = "GET https://forge.internal.example/a"
    named = Reach(named=frozenset({Origin("https", "forge.internal.example", 443)}))
    reaches = (Reach(), ANYWHERE, Reach(private=True), Reach(http=True), named)
    for reach in reaches:
        assert _ask(run(reach=reach), question=question)
    for reach in reaches:
        assert not _ask(run(reach=reach), question=question)


def test_an_address_that_is_not_admitted_is_not_answered_from_it(
    web: Web, run: Run, plain_forge: HostileForge
) -> None:
    def get(reach: Reach) -> Thing | None:
        answers = run(reach=reach)
        door = open_door(make_doors(web, plain_forge, reach=ANYWHERE, answers=answers), plain_forge)
        door._doors.reach = reach
        with answers.noted() as questions:
            thing = door.get(plain_forge.url("well"), Thing)
        answers.keep(questions)
        return thing

    assert get(ANYWHERE) == get(ANYWHERE) == Thing("well", 1)
    assert len(plain_forge.asked) == 1
    for reach in (Reach(), Reach(private=True)):
        with pytest.raises(UnavailableError, match=r"is not asked: it is not encrypted"):
            get(reach)


def test_no_token_and_no_address_is_in_the_file(
    web: Web, run: Run, hostile_forge: HostileForge, place: Path
) -> None:
    answers = run(reach=ANYWHERE)
    door = open_door(make_doors(web, hostile_forge, answers=answers), hostile_forge)
    with answers.noted() as questions:
        door.get(hostile_forge.url("well", "private-name"), Thing)
    answers.keep(questions)
    run()
    held = b"".join(path.read_bytes() for path in place.iterdir())
    assert held
    assert SECRET.encode() not in held
    assert b"private-name" not in held
    assert (place / ANSWERS).stat().st_mode & 0o077 == 0


BOMB = zlib.compress(bytes(9 << 20))
ODD_ROWS = (
    b"",
    b"{",
    "a text",
    msgspec.msgpack.encode([]),
    msgspec.msgpack.encode([time.time(), False, {}, False]),
    msgspec.msgpack.encode([time.time(), False, {}, False, "text"]),
    msgspec.msgpack.encode([time.time(), False, {}, True, b"not compressed"]),
    msgspec.msgpack.encode([time.time(), False, {}, True, zlib.compress(b"cut short")[:-1]]),
    msgspec.msgpack.encode([time.time(), False, {}, True, BOMB]),
    msgspec.msgpack.encode([time.time(), False, {}, False, bytes(9 << 20)]),
    msgspec.msgpack.encode([time.time(), False, {}, False, b"{}", "more"]),
    b"\x91" * 100_000,
    # As earlier versions wrote it.
    '{"asked_at": 1e9, "body": "eNqrVkpUsjKsBQAKZQI3"}',
)


@pytest.mark.parametrize("value", ODD_ROWS, ids=range(len(ODD_ROWS)))
def test_a_file_that_somebody_changed_is_not_believed(
    run: Run, place: Path, value: bytes | str
) -> None:
    assert _ask(run())
    run()
    with sqlite3.connect(place / ANSWERS) as file:
        file.execute("update results set value = ?", (value,))
    file.close()
    assert _ask(run())


def test_a_file_with_the_keys_of_an_earlier_version_is_not_used(run: Run, place: Path) -> None:
    assert _ask(run())
    run()
    with sqlite3.connect(place / ANSWERS) as file:
        file.execute("update results set key = substr(key, 1, 20), value = '{}'")
    file.close()
    assert _ask(run())
    assert not _ask(run())


def test_answers_about_one_address_are_read_at_once(run: Run, reads: Reads) -> None:
    questions = [f"git tree https://forge.example/{one} {two}" for one in "ab" for two in range(20)]
    answers = run()
    assert all(_ask(answers, question=each) for each in questions)
    answers = run()
    reads.clear()
    assert not any(_ask(answers, question=each) for each in questions)
    assert reads == ["below", "below"]


def test_many_answers_about_one_address_are_read_one_by_one(
    run: Run, reads: Reads, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = [f"git tree https://forge.example/a {number}" for number in range(20)]
    answers = run()
    assert all(_ask(answers, question=each) for each in questions)
    monkeypatch.setattr("conda_provenance.verify.answer_cache._MAX_ADDRESS", 1000)
    answers = run()
    reads.clear()
    assert not any(_ask(answers, question=each) for each in questions)
    assert reads == ["below", *["at"] * 20]
    # What is new is found again, too.
    assert _ask(answers, question=questions[0] + "new")
    assert not _ask(run(), question=questions[0] + "new")


def test_only_so_much_is_remembered(
    run: Run, reads: Reads, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = [f"git tree https://forge.example/{number}" for number in range(20)]
    answers = run()
    assert all(_ask(answers, question=each) for each in questions)
    monkeypatch.setattr("conda_provenance.verify.answer_cache._MAX_HELD", 100)
    cache = run()._cache
    assert cache is not None
    for _ in range(2):
        for each in questions:
            found = cache.get(each, "")
            assert found is not None
            assert found.body == ANSWER.body
        assert len(cache._ahead) <= 3  # type: ignore[attr-defined]


def test_what_was_asked_in_this_run_is_found_where_the_rest_was_read(run: Run) -> None:
    assert _ask(run(), question="git tree https://forge.example/a 1")
    cache = run()._cache
    assert cache is not None
    later = ANSWER._replace(asked_at=time.time())
    assert cache.get("git tree https://forge.example/a 1", "") is not None
    for number in range(2, 250):
        cache.put(f"git tree https://forge.example/a {number}", "", later)
        assert cache.get(f"git tree https://forge.example/a {number}", "") == later
    assert cache.get("git tree https://forge.example/a 2", "") == later
    assert cache.get("git tree https://forge.example/a 250", "") is None


def test_a_question_without_an_address_is_found(run: Run) -> None:
    assert _ask(run(), question="a question")
    assert not _ask(run(), question="a question")
    assert _ask(run(), question="another question")


@pytest.mark.parametrize("size", [0, 1, 100, 10_000])
@pytest.mark.parametrize("make", [os.urandom, bytes])
def test_bodies_of_all_sizes_are_kept(
    run: Run, place: Path, size: int, make: Callable[[int], bytes]
) -> None:
    answer = ANSWER._replace(body=make(size))
    assert _ask(run(), answer)
    assert not _ask(run(), answer)

    run()
    with sqlite3.connect(place / ANSWERS) as file:
        ((kept,),) = file.execute("select length(value) from results")
    file.close()
    is_smaller = make is bytes and size > 100
    assert kept < 100 if is_smaller else kept < size + 100


def test_a_damaged_file_is_set_aside_and_everything_is_asked(run: Run, place: Path) -> None:
    place.mkdir(mode=0o700)
    (place / ANSWERS).write_bytes(b"no database at all" * 1000)
    said: list[str] = []
    assert _ask(run(warn=said.append))
    assert len(said) == 1
    assert "is damaged" in said[0]


def test_a_folder_of_others_is_not_used(run: Run, place: Path) -> None:
    place.mkdir()
    place.chmod(0o777)
    said: list[str] = []
    answers = run(warn=said.append)
    assert _ask(answers)
    assert _ask(answers, question=QUESTION + "b")
    assert len(said) == 1
    assert "Others may write" in said[0]
    assert not os.listdir(place)


def test_threads_share_it(run: Run) -> None:
    answers = run()

    def ask(number: int) -> None:
        for other in range(20):
            _ask(answers, question=f"{QUESTION}{(number + other) % 30}")

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    later = run()
    assert not any(_ask(later, question=f"{QUESTION}{number}") for number in range(27))


def test_an_answer_that_is_too_large_is_asked_again(run: Run) -> None:
    large = ANSWER._replace(body=os.urandom(9 << 20))
    assert _ask(run(), large)
    assert _ask(run(), large)
