"""The ids of contents: one git for all of them, started again if it must be."""

from __future__ import annotations

import hashlib
import os
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
        hasher.ids([b"x"])
    assert hasher.ids([b"y"]) == [id_of(b"y")]

    monkeypatch.setattr(hashing, "_MAX_AGE", 0)
    before = set(processes._running)
    assert hasher.ids([b"z"]) == [id_of(b"z")]
    assert not before & processes._running
    hasher.close()


def test_the_end_of_the_run(processes: Processes, tmp_path: Path) -> None:
    hasher = made(processes, tmp_path)
    hasher.ids([b"x"])
    processes.close()
    with pytest.raises(UnavailableError):
        hasher.ids([b"x"])
    hasher.close()
    assert not processes._running
