"""A survey on a real Dask cluster of two processes, one of which is killed."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from survey_artifacts import StandIn, artifact
from survey_server import Channel, serve

from conda_provenance.errors import UnavailableError, UsageError
from conda_provenance.sources import Artifact, NotConda, Request, Unreadable
from conda_provenance.sources.remote import Listed, Remote
from conda_provenance.survey import Cache, survey
from conda_provenance.survey.cluster import Cluster, survey_on_cluster
from conda_provenance.survey.rows import row_of
from conda_provenance.survey.tasks import Task, Way
from conda_provenance.web import Web

pytestmark = [
    pytest.mark.skipif(
        importlib.util.find_spec("distributed") is None, reason="Dask is not installed"
    ),
    pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX's"),
]

WAY = Way.of(Request())
COUNT = 120


@pytest.fixture(scope="module")
def channel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Channel]:
    channel = Channel(tmp_path_factory.mktemp("channel"), COUNT)
    with serve(channel):
        yield channel


@pytest.fixture(autouse=True)
def _forgotten(channel: Channel) -> None:
    channel.requests.clear()
    channel.delay = 0.0


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=2, processes=True, dashboard_address=":0"
    ) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    with Web(use_conda=False) as web:
        yield web


def found_in(channel: Channel, web: Web) -> list[Artifact]:
    remote = Remote(web, Request())
    found = []
    for name in channel.files:
        listed = Listed(channel.sha256(name), size=len(channel.files[name]))
        found.append(remote.package(f"{channel.address}/{name}", listed))
    return found


def told(readings: Any) -> list[Any]:
    return [(reading.found, row_of(reading)) for reading in readings]


def test_the_cluster_says_the_same_as_this_machine(
    channel: Channel, cluster: Any, web: Web
) -> None:
    found: list[Any] = found_in(channel, web)
    found[10:10] = [
        Unreadable("x", "there", "It is torn."),
        NotConda("y", "1", "/env", "pip"),
        artifact("local", StandIn("local", is_remote=False)),
        found[0]._replace(location=f"{channel.address}/gone-1.0-0.conda"),
    ]
    there = list(survey_on_cluster(found, cluster.scheduler_address, WAY, partition=25))
    assert [reading.found for reading in there] == found
    assert "404" in str(there[13].error) or "gone" in str(there[13].error)
    here = list(survey([each for each in found if each.location != found[13].location]))
    there.pop(13)
    assert told(there) == told(here)


def test_a_killed_worker_loses_and_doubles_nothing(
    channel: Channel, cluster: Any, web: Web
) -> None:
    found = found_in(channel, web)
    channel.delay = 0.05
    killed = []

    def kill() -> None:
        deadline = time.monotonic() + 30
        while sum(channel.requests.values()) < 10 and time.monotonic() < deadline:
            time.sleep(0.005)
        worker = next(iter(cluster.workers.values()))
        os.kill(worker.pid, signal.SIGKILL)
        killed.append(sum(channel.requests.values()))

    killer = threading.Thread(target=kill)
    killer.start()
    readings = list(survey_on_cluster(found, cluster.scheduler_address, WAY, partition=10))
    killer.join()
    assert 10 <= killed[0] < COUNT, "it died in the middle"
    assert [reading.found for reading in readings] == found
    assert [reading.error for reading in readings] == [None] * COUNT
    runs = [reading.package.claim.flow_run_id for reading in readings if reading.package]
    assert runs == [f"github_{number}" for number in range(COUNT)]


def test_partitions_not_packages_are_tasks(channel: Channel, cluster: Any, web: Web) -> None:
    sent: list[int] = []
    real = Cluster.submit

    def submit(self: Cluster, tasks: list[Task], way: Way) -> Any:
        sent.append(len(tasks))
        return real(self, tasks, way)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Cluster, "submit", submit)
        list(
            survey_on_cluster(found_in(channel, web), cluster.scheduler_address, WAY, partition=50)
        )
    assert sent == [50, 50, 20]


def test_what_is_in_the_cache_is_not_sent_there(
    channel: Channel, cluster: Any, web: Web, tmp_path: Path
) -> None:
    environ = {"CONDA_PROVENANCE_CACHE_DIR": str(tmp_path / "cache")}
    found = found_in(channel, web)
    results = []
    for _ in range(2):
        with Cache(environ, pytest.fail) as cache:
            readings = survey_on_cluster(
                found, cluster.scheduler_address, WAY, cache=cache, partition=25
            )
            results.append(told(readings))
    assert results[0] == results[1]
    assert set(channel.requests.values()) == {1}


def test_an_early_end_keeps_what_is_finished_and_leaves_the_cluster(
    channel: Channel, cluster: Any, web: Web, tmp_path: Path
) -> None:
    environ = {"CONDA_PROVENANCE_CACHE_DIR": str(tmp_path / "cache")}
    found = found_in(channel, web)
    with (
        Cache(environ, pytest.fail) as cache,
        closing(
            survey_on_cluster(found, cluster.scheduler_address, WAY, cache=cache, partition=10)
        ) as readings,
    ):
        next(readings)
        time.sleep(1)
    with Cache(environ, pytest.fail) as cache:
        kept = [each for each in found if cache.get(each, thorough=False)]
    assert len(kept) > 10, "the others that were finished are kept too"
    assert len(list(survey_on_cluster(found, cluster.scheduler_address, WAY))) == COUNT


@pytest.mark.parametrize(
    ("address", "error", "says"),
    [
        ("tcp://127.0.0.1:1", UnavailableError, "cannot be reached"),
        ("bogus://127.0.0.1:1", UsageError, "not the address of a Dask scheduler"),
        ("tcp://user:s3cr3t@127.0.0.1:1", (UnavailableError, UsageError), "127.0.0.1"),
    ],
)
def test_a_scheduler_that_is_not_there(
    address: str, error: Any, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conda_provenance.survey.cluster._TIMEOUT", 1)
    with pytest.raises(error) as raised:
        list(survey_on_cluster([], address, WAY))
    assert says in str(raised.value)
    assert "s3cr3t" not in str(raised.value)


def test_a_cluster_without_workers() -> None:
    from distributed import LocalCluster

    with (
        LocalCluster(n_workers=0, processes=False, dashboard_address=":0") as empty,
        pytest.raises(UnavailableError, match="has no workers"),
    ):
        list(survey_on_cluster([], empty.scheduler_address, WAY))


@pytest.fixture
def own_cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """The address of a cluster of this test's own, and its processes: scheduler and worker."""
    file = tmp_path / "scheduler.json"
    module = [sys.executable, "-m"]
    options = ["--no-dashboard", "--scheduler-file", str(file)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
    commands = [
        [*module, "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0"],
        [*module, "distributed.cli.dask_worker", "--no-nanny", "--nthreads", "1"],
    ]
    processes = [
        subprocess.Popen([*command, *options], **quiet)  # type: ignore[call-overload]
        for command in commands
    ]
    try:
        deadline = time.monotonic() + 30
        while not (file.exists() and file.stat().st_size) and time.monotonic() < deadline:
            time.sleep(0.1)
        yield json.loads(file.read_text())["address"], processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


@pytest.mark.parametrize("lost", ["scheduler", "worker"])
def test_a_cluster_that_goes_away(
    channel: Channel,
    own_cluster: tuple[str, list[subprocess.Popen[bytes]]],
    web: Web,
    monkeypatch: pytest.MonkeyPatch,
    lost: str,
) -> None:
    monkeypatch.setattr("conda_provenance.survey.cluster._PATIENCE", 1.0)
    channel.delay = 0.3
    address, (scheduler, worker) = own_cluster
    _wait_for_a_worker(address)

    def kill() -> None:
        deadline = time.monotonic() + 60
        while not channel.requests and time.monotonic() < deadline:
            time.sleep(0.01)
        (scheduler if lost == "scheduler" else worker).kill()

    killer = threading.Thread(target=kill)
    killer.start()
    begin = time.monotonic()
    try:
        with pytest.raises(UnavailableError, match="run the same command again"):
            list(survey_on_cluster(found_in(channel, web), address, WAY, partition=100))
        assert time.monotonic() - begin < 60
    finally:
        killer.join()


def _wait_for_a_worker(address: str) -> None:
    from distributed import Client

    with Client(address, timeout=30, set_as_default=False) as client:
        client.wait_for_workers(1, timeout=30)


def test_workers_without_this_version_are_named(
    cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conda_provenance.survey.cluster.__version__", "99.0")
    with pytest.raises(UnavailableError, match=r"has conda-provenance .*install .* 99"):
        list(survey_on_cluster([], cluster.scheduler_address, WAY))


def test_no_credentials_are_in_a_task(web: Web) -> None:
    remote = Remote(web, Request())
    for url in (
        "https://user:s3cr3t@example.org/chan/noarch/a-1-0.conda",
        "https://example.org/t/s3cr3t-token/chan/noarch/a-1-0.conda",
        "https://example.org/chan/noarch/a-1-0.conda?sig=s3cr3t",
    ):
        task = Task.of(remote.package(url))
        assert "s3cr3t" not in json.dumps(task)
        assert task.url == "https://example.org/chan/noarch/a-1-0.conda"


def test_a_task_is_plain_data(web: Web) -> None:
    listed = Listed("a" * 64, size=7, timestamp=1, sha256_from="record")
    task = Task.of(Remote(web, Request()).package("https://example.org/noarch/a-1-0.conda", listed))
    assert Task(*json.loads(json.dumps(task))) == task
    assert (task.size, task.sha256_from) == (7, "record")


def test_a_task_has_the_time_of_the_build(web: Web) -> None:
    # A package that was indexed late is old all the same: its metadata stands first in the file.
    remote, url = Remote(web, Request()), "https://example.org/noarch/a-1-0.conda"
    artifact = remote.package(url, Listed("a" * 64, timestamp=1_600_000_000_000))
    assert Task.of(artifact._replace(timestamp=1_700_000_000_000)).timestamp == 1_600_000_000_000
