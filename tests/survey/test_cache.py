"""The cache of results: what it keeps, what it refuses, and that it never breaks anything."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from survey_artifacts import EXTRA, StandIn, artifact

from conda_provenance.cli.package_report import PackageReport
from conda_provenance.errors import PackageError
from conda_provenance.sources import Artifact
from conda_provenance.survey import Cache, survey
from conda_provenance.survey.cache_file import NAME, FileOfResults

posix = pytest.mark.skipif(os.name == "nt", reason="modes and owners are POSIX's")
not_root = pytest.mark.skipif(
    os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


class Warnings(list[str]):
    """What the cache warns of."""

    def cache(self, folder: Path) -> Cache:
        return Cache({"CONDA_PROVENANCE_CACHE_DIR": str(folder)}, self.append)


@pytest.fixture
def warnings() -> Warnings:
    return Warnings()


def remote(name: str, **given: Any) -> Artifact:
    contents = {key: given.pop(key) for key in ("extra", "before") if key in given}
    return artifact(name, StandIn(name, is_remote=True, **contents), **given)


def reads(found: list[Artifact]) -> list[int]:
    return [each.contents.reads for each in found]  # type: ignore[attr-defined]


def run(found: list[Artifact], warnings: Warnings, folder: Path, **given: Any) -> list[Any]:
    with warnings.cache(folder) as cache:
        return list(survey(found, cache=cache, **given))


def test_nothing_is_read_twice(folder: Path, warnings: Warnings) -> None:
    found = [remote(f"p{number}") for number in range(250)]
    first = run(found, warnings, folder)
    second = run(found, warnings, folder)
    assert reads(found) == [1] * 250
    for before, after in zip(first, second, strict=True):
        assert PackageReport.of(before.package).to_json() == (
            PackageReport.of(after.package).to_json()
        )
    assert warnings == []


def test_what_is_not_kept(folder: Path, warnings: Warnings) -> None:
    def fail() -> None:
        raise PackageError("It is torn.")

    found = [
        remote("a", sha256=None),
        remote("b", sha256="md5"),
        remote("c", before=fail),
        artifact("d", StandIn("d", is_remote=False)),
        remote("e", extra={"sha": "x" * 100_000}),
        # The server has another file than the record says.
        artifact("f", StandIn("f", is_remote=True, sha256=None)),
        artifact("g", StandIn("g", is_remote=True, sha256="0" * 64)),
    ]
    run(found, warnings, folder)
    run(found, warnings, folder)
    assert reads(found) == [2] * 7
    assert warnings == []


def test_a_thorough_read_is_another_result(folder: Path, warnings: Warnings) -> None:
    found = [remote("a")]
    for thorough in (True, False, True, False):
        run(found, warnings, folder, thorough=thorough)
    assert reads(found) == [2]


def test_another_channels_word_for_a_checksum_is_not_believed(
    folder: Path, warnings: Warnings
) -> None:
    """A part of a file does not prove its checksum, so a channel could speak for others' files."""
    theirs = remote("a", extra={**EXTRA, "remote_url": "https://github.com/evil/a"})._replace(
        location="https://evil.example/noarch/a-1.0-0.conda"
    )
    ours = remote("a")
    run([theirs], warnings, folder)
    (reading,) = run([ours], warnings, folder)
    assert reading.package.claim.to_extra() == EXTRA


def test_an_environment_and_its_channel_share_results(folder: Path, warnings: Warnings) -> None:
    listed = remote("a")
    installed = listed._replace(
        location="/env/conda-meta/a-1.0-0.json",
        channel="https://example.org/noarch",
        subdir="noarch",
    )
    run([listed], warnings, folder)
    (reading,) = run([installed], warnings, folder)
    assert reads([listed]) == [1]
    assert reading.package.location == installed.location
    assert reading.package.place == listed.location, "that is where it was read"


@posix
def test_the_folder_and_the_file_are_private(folder: Path, warnings: Warnings) -> None:
    previous = os.umask(0)
    try:
        run([remote("a")], warnings, folder)
    finally:
        os.umask(previous)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


@posix
def test_a_folder_that_others_may_write_is_not_used(folder: Path, warnings: Warnings) -> None:
    folder.mkdir()
    folder.chmod(0o777)
    found = [remote("a"), remote("b")]
    run(found, warnings, folder)
    (warning,) = warnings
    assert "Others may write" in warning
    assert list(folder.iterdir()) == []
    assert reads(found) == [1, 1]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can give files away")
def test_another_users_folder_is_not_used(folder: Path, warnings: Warnings) -> None:
    folder.mkdir(mode=0o700)
    os.chown(folder, 12345, 12345)
    run([remote("a")], warnings, folder)
    assert "belongs to another user" in warnings[0]
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("place", ["file", "below a file"])
def test_where_no_folder_can_be_the_survey_goes_on(
    tmp_path: Path, warnings: Warnings, place: str
) -> None:
    (tmp_path / "file").write_text("x")
    folder = tmp_path / "file" if place == "file" else tmp_path / "file" / "cache"
    found = [remote("a"), remote("b")]
    assert all(reading.package for reading in run(found, warnings, folder))
    assert len(warnings) == 1


@not_root
def test_a_home_that_cannot_be_written(tmp_path: Path, warnings: Warnings) -> None:
    tmp_path.chmod(0o500)
    assert run([remote("a")], warnings, tmp_path / "cache")[0].package
    assert len(warnings) == 1


@pytest.mark.parametrize(
    "data", [b"not a database, but long enough to be taken for one" * 40, b"SQLite format 3\0" * 99]
)
def test_a_damaged_file_is_set_aside(folder: Path, warnings: Warnings, data: bytes) -> None:
    folder.mkdir(mode=0o700)
    (folder / NAME).write_bytes(data)
    found = [remote("a")]
    run(found, warnings, folder)
    run(found, warnings, folder)
    assert reads(found) == [1]
    (warning,) = warnings
    assert "damaged" in warning
    assert (folder / f"{NAME}.damaged").read_bytes() == data


def test_damage_that_shows_later_stops_nothing(folder: Path, warnings: Warnings) -> None:
    found = [remote(f"p{number}") for number in range(300)]
    run(found, warnings, folder)
    size = (folder / NAME).stat().st_size
    with (folder / NAME).open("r+b") as file:
        file.seek(8192)
        file.write(os.urandom(size - 8192))
    assert all(reading.package for reading in run(found, warnings, folder))
    assert all(reading.package for reading in run(found, warnings, folder))
    assert any("damaged" in warning for warning in warnings)


def test_a_database_of_another_program_is_left_alone(folder: Path, warnings: Warnings) -> None:
    folder.mkdir(mode=0o700)
    with sqlite3.connect(folder / NAME) as connection:
        connection.execute("create table songs (title)")
    connection.close()
    before = (folder / NAME).read_bytes()
    run([remote("a")], warnings, folder)
    assert "another program" in warnings[0]
    assert (folder / NAME).read_bytes() == before


def test_a_newer_format_is_left_alone(folder: Path, warnings: Warnings) -> None:
    found = [remote("a")]
    run(found, warnings, folder)
    with sqlite3.connect(folder / NAME) as connection:
        connection.execute("pragma user_version = 99")
    connection.close()
    run(found, warnings, folder)
    assert reads(found) == [2]
    assert "newer version" in warnings[0]


@pytest.mark.parametrize(
    "value", ["", "{", "[]", "null", '{"sha": 1}', "[" * 100_000, '"x"', b"\xff", 7]
)
def test_a_changed_value_is_read_again(folder: Path, warnings: Warnings, value: Any) -> None:
    found = [remote("a")]
    run(found, warnings, folder)
    with sqlite3.connect(folder / NAME) as connection:
        connection.execute("update results set value = ?", (value,))
    connection.close()
    assert run(found, warnings, folder)[0].package
    assert reads(found) == [2]


def test_it_is_bounded_and_the_oldest_go(folder: Path) -> None:
    environ = {"CONDA_PROVENANCE_CACHE_DIR": str(folder)}
    file = FileOfResults.open(environ, pytest.fail, max_rows=10)
    for number in range(25):
        file.put({bytes([number]): str(number)})
    file.put({bytes([20]): "again"})
    assert [number for number in range(25) if file.get(bytes([number]))] == [*range(16, 25)]
    assert file.get(bytes([20])) == "again"
    assert file.info().results == 9
    file.close()


def test_where_there_is_no_shared_memory_a_journal_is_used(
    folder: Path, warnings: Warnings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in for a network disk: WAL is refused, as SQLite does there."""
    real = sqlite3.connect

    class Connection(sqlite3.Connection):
        def execute(self, sql: str, *given: Any) -> sqlite3.Cursor:  # type: ignore[override]
            if sql == "pragma journal_mode = wal":
                raise sqlite3.OperationalError("locking protocol")
            return super().execute(sql, *given)

    monkeypatch.setattr(
        sqlite3, "connect", lambda *given, **named: real(*given, factory=Connection, **named)
    )
    found = [remote("a")]
    run(found, warnings, folder)
    run(found, warnings, folder)
    assert reads(found) == [1]
    assert not (folder / f"{NAME}-wal").exists()
    assert warnings == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full disk at hand")
def test_a_full_disk_stops_nothing(
    folder: Path, warnings: Warnings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite's own limit on pages gives the very error of a full disk."""
    real = sqlite3.connect

    def connect(*given: Any, **named: Any) -> sqlite3.Connection:
        connection = real(*given, **named)
        connection.execute("pragma max_page_count = 8")
        return connection

    monkeypatch.setattr(sqlite3, "connect", connect)
    found = [remote(f"p{number}") for number in range(500)]
    assert all(reading.package for reading in run(found, warnings, folder))
    (warning,) = warnings
    assert "full" in warning


WRITER = """
import os, sys
sys.path[:0] = sys.argv[1].split(os.pathsep)
from survey_artifacts import StandIn, artifact
from conda_provenance.survey import Cache, survey
start, stop = map(int, sys.argv[2:4])
found = [artifact(f"p{n}", StandIn(f"p{n}", is_remote=True)) for n in range(start, stop)]
warnings = []
with Cache(os.environ, warnings.append) as cache:
    print("ready", flush=True)
    for reading in survey(found, cache=cache):
        assert reading.package
print(warnings, cache.hits, flush=True)
"""


def writer(folder: Path, start: int, stop: int) -> subprocess.Popen[str]:
    here = os.pathsep.join(sys.path)
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, here, str(start), str(stop)],
        env={**os.environ, "CONDA_PROVENANCE_CACHE_DIR": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_two_processes_write_at_once(folder: Path, warnings: Warnings) -> None:
    """Both make the file, write 2,000 results each, and half of these are the same."""
    processes = [writer(folder, 0, 2000), writer(folder, 1000, 3000)]
    for process in processes:
        output, _ = process.communicate(timeout=120)
        assert process.returncode == 0
        assert output.splitlines()[-1].startswith("[]")

    found = [remote(f"p{number}") for number in range(3000)]
    run(found, warnings, folder)
    assert reads(found) == [0] * 3000


def test_another_process_may_make_the_folder_first(
    folder: Path, warnings: Warnings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other process is a stand-in, which is quicker each time."""
    make = os.mkdir

    def after_another(path: str, mode: int = 0o777) -> None:
        if Path(path) == folder:
            make(path, mode)
        make(path, mode)

    monkeypatch.setattr(os, "mkdir", after_another)
    found = [remote("p")]
    for _ in range(2):
        run(found, warnings, folder)
    assert reads(found) == [1]
    assert warnings == []


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX's")
def test_a_killed_process_leaves_a_whole_cache(folder: Path, warnings: Warnings) -> None:
    for delay in (0.0, 0.02, 0.05, 0.1, 0.2):
        with writer(folder, 0, 20_000) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(delay)
            process.send_signal(signal.SIGKILL)

    with sqlite3.connect(folder / NAME) as connection:
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
    connection.close()
    found = [remote(f"p{number}") for number in range(300)]
    run(found, warnings, folder)
    assert sum(reads(found)) < 300, "what was written before is there"
    assert warnings == []
