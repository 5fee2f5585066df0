"""Remote packages are read at once: in order, lazily, within bounds, and with an end."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from _thread import get_ident
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from survey_artifacts import StandIn, artifact

from conda_provenance.errors import PackageError
from conda_provenance.sources import Artifact, Unreadable
from conda_provenance.survey import Cache, survey
from conda_provenance.survey.cache_file import FileOfResults
from conda_provenance.survey.surveying import WINDOW


def remote(name: str, seconds: float = 0.0) -> Artifact:
    return artifact(name, StandIn(name, is_remote=True, before=lambda: time.sleep(seconds)))


@settings(max_examples=30)
@given(st.lists(st.tuples(st.sampled_from(["remote", "local", "none"]), st.integers(0, 3))))
def test_the_order_is_that_of_the_packages(kinds: list[tuple[str, int]]) -> None:
    found = [
        Unreadable(f"p{number}", "there", "It is torn.")
        if kind == "none"
        else artifact(
            f"p{number}",
            StandIn(
                f"p{number}",
                is_remote=kind == "remote",
                before=lambda delay=delay: time.sleep(delay / 1000),
            ),
        )
        for number, (kind, delay) in enumerate(kinds)
    ]
    assert [reading.found for reading in survey(found, threads=4)] == found


def test_remote_packages_are_read_at_once_and_local_ones_here() -> None:
    threads: dict[str, set[int]] = {"remote": set(), "local": set()}

    def found() -> Iterator[Artifact]:
        for number in range(32):
            for kind, idents in threads.items():

                def note(idents: set[int] = idents) -> None:
                    idents.add(get_ident())
                    time.sleep(0.05 if idents is threads["remote"] else 0)

                name = f"{kind}{number}"
                yield artifact(name, StandIn(name, is_remote=kind == "remote", before=note))

    begin = time.monotonic()
    assert len(list(survey(found(), threads=32))) == 64
    assert time.monotonic() - begin < 1.0, "one after the other they take 1.6 s"
    assert threads["local"] == {get_ident()}
    assert len(threads["remote"]) == 32


def test_what_contents_do_not_say_is_told_by_the_address() -> None:
    idents = []

    class Silent:
        def claim(self, *, thorough: bool = False):  # type: ignore[no-untyped-def]
            idents.append(get_ident())
            raise PackageError("It is torn.")

    there = artifact("a", Silent())
    list(survey([there, there._replace(location="/there/a-1.0-0.conda")]))
    assert [ident == get_ident() for ident in sorted(idents, key=lambda i: i == get_ident())] == [
        False,
        True,
    ]


def test_a_long_list_is_taken_as_it_is_needed() -> None:
    taken = itertools.count()
    found = (remote(f"p{next(taken)}") for _ in itertools.count())
    with closing(survey(found, threads=4)) as readings:
        for _ in range(5000):
            next(readings)
    assert next(taken) <= 5000 + WINDOW


def test_one_slow_package_does_not_fill_the_memory() -> None:
    taken = itertools.count()
    go = threading.Event()

    def found() -> Iterator[Artifact]:
        yield artifact("slow", StandIn("slow", is_remote=True, before=lambda: go.wait(20) and None))
        for number in range(20_000):
            next(taken)
            yield remote(f"p{number}")

    readings = survey(found(), threads=4)
    timer = threading.Timer(0.7, go.set)
    timer.start()
    next(readings)
    timer.join()
    assert next(taken) <= WINDOW
    readings.close()


def test_no_thread_is_left() -> None:
    before = _threads()
    list(survey(remote(f"p{number}", 0.01) for number in range(64)))
    assert _eventually(before)

    with closing(survey(remote(f"p{number}", 0.2) for number in range(64))) as readings:
        next(readings)
    assert _eventually(before)


def test_a_server_that_takes_too_long_is_hung_up_on() -> None:
    closed = threading.Event()
    before = _threads()
    slow = artifact("a", StandIn("a", is_remote=True, before=lambda: closed.wait(30) and None))
    with closing(survey([remote("b"), slow], hang_up=closed.set)) as readings:
        next(readings)
    assert closed.is_set()
    assert _eventually(before)


def test_what_was_finished_and_not_handed_out_is_kept_too(tmp_path: Path) -> None:
    environ = {"CONDA_PROVENANCE_CACHE_DIR": str(tmp_path / "cache")}
    found = [remote(f"p{number}", 0.01 if number else 0.1) for number in range(600)]
    with (
        Cache(environ, pytest.fail) as cache,
        closing(survey([*found, artifact("end", StandIn("end"))], cache=cache)) as readings,
    ):
        next(readings)
        time.sleep(0.5)
    read = [each for each in found if each.contents.reads]  # type: ignore[attr-defined]
    assert len(read) > 300
    with Cache(environ, pytest.fail) as cache:
        assert all(cache.get(each, thorough=False) for each in read)


def test_what_a_survey_has_read_is_written_at_its_end(tmp_path: Path) -> None:
    environ = {"CONDA_PROVENANCE_CACHE_DIR": str(tmp_path / "cache")}
    found = [remote(f"p{number}") for number in range(30)]
    with Cache(environ, pytest.fail) as first, Cache(environ, pytest.fail) as second:
        list(survey(found, cache=first))
        assert all(second.get(each, thorough=False) for each in found)


def test_an_error_of_the_list_itself_is_raised_and_ends_the_threads() -> None:
    def found() -> Iterator[Artifact]:
        yield from (remote(f"p{number}", 0.05) for number in range(8))
        raise PackageError("The list is torn.")

    before = _threads()
    with pytest.raises(PackageError, match="The list is torn"):
        list(survey(found()))
    assert _eventually(before)


def test_a_library_that_wants_to_exit_fails_one_package() -> None:
    bad = artifact("a", StandIn("a", is_remote=True, before=lambda: sys.exit(3)))
    first, second = survey([bad, remote("b")])
    assert "SystemExit" in str(first.error)
    assert second.package


def test_without_threads_all_is_read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    from conda_provenance.survey import readers

    def refuse(*_: object) -> int:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(readers, "start_new_thread", refuse)
    readings = list(survey(remote(f"p{number}") for number in range(20)))
    assert all(reading.package for reading in readings)


def test_progress_is_told_of_each_package() -> None:
    class Progress:
        done = ticks = 0

        def advance(self) -> None:
            self.done += 1

        def tick(self) -> None:
            self.ticks += 1

    progress = Progress()
    found = [remote("a", 1.2), remote("b"), artifact("c", StandIn("c"))]
    list(survey(found, progress=progress))
    assert progress.done == 3
    assert progress.ticks, "a bar must be able to say that it waits"


INTERRUPTED = """
import os, signal, sys, time
sys.path[:0] = sys.argv[1].split(os.pathsep)
# A shell may have started the test in the background, where Ctrl-C is ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
from contextlib import closing
from survey_artifacts import StandIn, artifact
from conda_provenance.survey import Cache, survey
from conda_provenance.survey.surveying import THREADS

def found():
    for n in range(100_000):
        wait = 30 if n == 40 else 0.01
        contents = StandIn(f"p{n}", is_remote=True, before=lambda w=wait: time.sleep(w))
        yield artifact(f"p{n}", contents)

reads = 0
with Cache(os.environ, print) as cache, closing(survey(found(), cache=cache)) as readings:
    for reading in readings:
        reads += 1
        if reads == 1:
            print("reading", flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is sent in another way on Windows")
def test_ctrl_c_ends_promptly_and_loses_nothing_that_was_finished(tmp_path: Path) -> None:
    """A server lets one package wait for half a minute. All behind it is read by then, and kept."""
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, os.pathsep.join(sys.path)],
        env={**os.environ, "CONDA_PROVENANCE_CACHE_DIR": str(tmp_path / "cache")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "reading\n"
    time.sleep(1.0)
    begin = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=20)
    assert time.monotonic() - begin < 5
    assert process.returncode == -signal.SIGINT, stderr
    assert stderr.strip().endswith("KeyboardInterrupt")

    warnings: list[str] = []
    environ = {"CONDA_PROVENANCE_CACHE_DIR": str(tmp_path / "cache")}
    with Cache(environ, warnings.append) as cache:
        kept = [
            number
            for number in range(3000)
            if cache.get(remote(f"p{number}"), thorough=False) is not None
        ]
    assert 40 not in kept
    assert len(kept) > 200, "they were read behind the slow one"
    assert kept[:40] == list(range(40))
    assert warnings == []

    file = FileOfResults.open(environ, pytest.fail)
    assert file.info().results == len(kept)
    file.close()


def _threads() -> int:
    """The threads of this process, as the system counts them where it does."""
    if os.path.isdir("/proc/self/task"):
        return len(os.listdir("/proc/self/task"))

    return threading.active_count()


def _eventually(count: int) -> bool:
    """Python gives a thread's last word a moment before the thread itself is gone."""
    for _ in range(100):
        if _threads() <= count:
            return True
        time.sleep(0.02)
    return False
