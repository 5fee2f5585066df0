"""The ids of contents: one git for all of them, started again if it must be."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from git_asking import QUICK
from histories import PROGRAM

from conda_provenance.errors import UnavailableError
from conda_provenance.git import hasher as hashing
from conda_provenance.git.hasher import Hasher
from conda_provenance.git.processes import Processes
from conda_provenance.git.throwaway import Throwaway


def id_of(content: bytes, make: object = hashlib.sha1) -> str:
    return make(b"blob %d\0%s" % (len(content), content)).hexdigest()  # type: ignore[operator]


@pytest.fixture
def processes() -> Processes:
    return Processes(PROGRAM, QUICK)


def made(processes: Processes, folder: Path, object_format: str = "sha1") -> Hasher:
    return Hasher(Throwaway(processes, folder / "ids", object_format=object_format))


@pytest.mark.parametrize("count", [1, 3, 200, 201, 1000])
def test_many_contents(processes: Processes, tmp_path: Path, count: int) -> None:
    hasher = made(processes, tmp_path)
    contents = [b"", *(os.urandom(100) + b"\r\n" for _ in range(count - 1))]
    assert hasher.ids(contents) == [id_of(each) for each in contents]
    assert hasher.ids(contents[::-1]) == [id_of(each) for each in contents[::-1]]
    assert len(processes._running) == 1
    hasher.close()
    assert not processes._running


def test_sha256(processes: Processes, tmp_path: Path) -> None:
    hasher = made(processes, tmp_path, "sha256")
    assert hasher.ids([b"x"]) == [id_of(b"x", hashlib.sha256)]
    hasher.close()


def test_threads(processes: Processes, tmp_path: Path) -> None:
    hasher = made(processes, tmp_path)
    contents = [[str(number).encode(), b"%d x" % number] for number in range(200)]
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(hasher.ids, contents))
    assert found == [[id_of(each) for each in pair] for pair in contents]
    hasher.close()


def test_it_starts_again(
    processes: Processes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasher = made(processes, tmp_path)
    hasher.ids([b"x"])
    for question in list(processes._running):
        question.kill()
    with pytest.raises(UnavailableError):
        hasher.ids([b"y"])
    assert hasher.ids([b"y"]) == [id_of(b"y")]

    monkeypatch.setattr(hashing, "_MAX_AGE", 0)
    before = set(processes._running)
    assert hasher.ids([b"z"]) == [id_of(b"z")]
    assert not before & processes._running
    hasher.close()


class Counted(Hasher):
    """Notes how many contents git was asked for at once."""

    def __init__(self, repository: Throwaway) -> None:
        super().__init__(repository)
        self.asked: list[int] = []

    def _ids_of(self, contents: Sequence[bytes]) -> list[str]:
        self.asked.append(len(contents))
        return super()._ids_of(contents)


@pytest.fixture
def counted(processes: Processes, tmp_path: Path) -> Iterator[Counted]:
    hasher = Counted(Throwaway(processes, tmp_path / "ids"))
    yield hasher
    hasher.close()


def test_what_will_be_asked_for_is_done_at_once(counted: Counted) -> None:
    contents = [b"%d" % number for number in range(300)]
    assert counted.ids(contents[:2], ahead=contents) == [id_of(each) for each in contents[:2]]
    assert counted.asked == [200, 100]
    assert counted.ids(contents[::-1]) == [id_of(each) for each in contents[::-1]]
    assert counted.asked == [200, 100]
    assert counted.ids([b"new", *contents[:3], b"new"])[0] == id_of(b"new")
    assert counted.asked == [200, 100, 1]


def test_one_content_that_git_refuses_does_not_take_the_others_with_it(
    counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """git refuses what was made to have the id of something else. This stands in for it."""
    real = counted._asked

    def asked(paths: Sequence[str]) -> list[str]:
        if any(Path(path).read_bytes() == b"evil" for path in paths):
            raise StopIteration  # It ended without an answer.
        return real(paths)

    monkeypatch.setattr(counted, "_asked", asked)
    assert counted.ids([b"a"], ahead=[b"evil", b"b"]) == [id_of(b"a")]
    assert counted.ids([b"b"]) == [id_of(b"b")]
    with pytest.raises(UnavailableError):
        counted.ids([b"evil"])
    with pytest.raises(UnavailableError):
        counted.ids([b"evil"], ahead=[b"c"])
    assert counted.ids([b"c"]) == [id_of(b"c")]


def test_only_so_much_is_remembered(counted: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing, "_MAX_KNOWN", 1000)
    for number in range(10):
        content = bytes([number]) * 300
        assert counted.ids([content], ahead=[b"%d" % number]) == [id_of(content)]
        assert sum(map(len, counted._known)) <= 1000


def test_no_content_is_left_behind(counted: Counted) -> None:
    counted.ids([b"a", b"b"], ahead=[b"c"])
    assert not os.listdir(counted._folder)


def test_the_end_of_the_run(processes: Processes, tmp_path: Path) -> None:
    hasher = made(processes, tmp_path)
    hasher.ids([b"x"])
    processes.close()
    with pytest.raises(UnavailableError):
        hasher.ids([b"y"])
    hasher.close()
    assert not processes._running
