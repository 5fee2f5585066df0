"""Threads: as many as are waited for, and no more."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from conda_provenance.verify.workers import Workers


def threads_of(workers: Workers[int], tasks: list[Callable[[], int]]) -> int:
    """Have all tasks done. How many threads did them?"""
    seen: set[int] = set()

    def noted(task: Callable[[], int]) -> int:
        seen.add(threading.get_ident())
        return task()

    for task in tasks:
        workers.submit(lambda task=task: noted(task))  # type: ignore[misc]
    done: list[int] = []
    while len(done) < len(tasks):
        done += workers.wait() or ()
    assert sorted(done) == [0] * len(tasks)
    assert workers.stop() == []
    return len(seen)


def quick() -> int:
    return 0


def slow() -> int:
    time.sleep(0.3)
    return 0


def test_one_thread_does_what_waits_for_nothing() -> None:
    assert threads_of(Workers(6, patience=5.0), [quick] * 500) == 1


def test_others_are_started_where_it_waits() -> None:
    start = time.monotonic()
    assert threads_of(Workers(6, patience=0.01), [slow] * 12) == 6
    assert time.monotonic() - start < 12 * 0.3 / 2


def test_short_waits_count_together() -> None:
    """As of a server that is near: each task is done before our patience ends."""

    def short() -> int:
        time.sleep(0.01)
        return 0

    assert threads_of(Workers(6, patience=0.05), [short] * 100) == 6


def test_what_computes_for_long_starts_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "process_time", time.monotonic)  # As if all of it were computing.
    assert threads_of(Workers(6, patience=0.01), [slow] * 3) == 1


def test_no_more_are_started_than_there_are_tasks() -> None:
    workers = Workers[int](6, patience=0.01)
    assert threads_of(workers, [slow, slow]) == 2


def test_without_patience_all_are_started() -> None:
    together = threading.Barrier(6, timeout=30)

    def met() -> int:
        together.wait()
        return 0

    assert threads_of(Workers(6), [met] * 6) == 6


def test_a_task_may_be_added_when_another_is_done() -> None:
    workers = Workers[int](3, patience=0.01)
    workers.submit(slow)
    for _ in range(3):
        while workers.wait() is None:
            pass
        workers.submit(slow)
    while workers.wait() is None:
        pass
    assert workers.stop() == []


@pytest.mark.parametrize("allowed", [0, 1, 2])
def test_a_system_without_threads(monkeypatch: pytest.MonkeyPatch, allowed: int) -> None:
    from conda_provenance.verify import workers as module

    real, left = module.start_new_thread, [None] * allowed

    def start(*arguments: object) -> int:
        if not left:
            raise RuntimeError("can't start new thread")
        left.pop()
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "start_new_thread", start)
    assert threads_of(Workers(6, patience=0.01), [slow] * 4) == max(allowed, 1)
