"""What a large survey costs: ``python benchmarks/survey.py``.

``PACKAGES=2000``, ``RUNS=5`` and ``DELAY=0.02`` (seconds that the server adds) are the defaults.
The server is a process of its own, and sends the ranges that it is asked for. The packages are
small, so the figures compare ways to organise the work, not servers. Dask is measured if it is
installed, on two processes of this machine, beside one process with as many connections; the two
ways are run in turn. Prints a table in Markdown.
"""

from __future__ import annotations

import hashlib
import importlib.util
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1] / "tests"
sys.path[:0] = [str(TESTS / name) for name in ("packages", "survey")]

from survey_server import Channel, serve  # noqa: E402

from conda_provenance.sources import Artifact, Request  # noqa: E402
from conda_provenance.sources.remote import Listed, Remote  # noqa: E402
from conda_provenance.survey import Cache, survey  # noqa: E402
from conda_provenance.survey.cluster import survey_on_cluster  # noqa: E402
from conda_provenance.survey.tasks import Way  # noqa: E402
from conda_provenance.web import Web  # noqa: E402

PACKAGES = int(os.environ.get("PACKAGES", "2000"))
RUNS = int(os.environ.get("RUNS", "5"))
DELAY = float(os.environ.get("DELAY", "0.02"))
WORKERS, WORKER_THREADS, CONNECTIONS = 2, 1, 32
"""Each worker runs one partition at a time, and a partition has 16 threads."""

PARTITION = 125


def main() -> None:
    print(f"Medians of {RUNS} runs, {PACKAGES} packages, Python {sys.version.split()[0]}.\n")
    print("| what | measured | bar |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder, channel_in_a_process(Path(folder)) as listed:
        address, files, requests = listed
        with Web(connections=CONNECTIONS) as web:
            found = artifacts(address, files, web)
            measure_cache(found, Path(folder), requests)
            measure_local(found)
            if importlib.util.find_spec("distributed"):
                measure_cluster(found)


def measure_cache(found: list[Artifact], folder: Path, requests: Any) -> None:
    first, second = [], []
    for run in range(RUNS):
        environ = {"CONDA_PROVENANCE_CACHE_DIR": str(folder / f"cache{run}")}
        first.append(timed_with_cache(found, environ))
        before = requests.value
        second.append(timed_with_cache(found, environ))
        assert requests.value == before, "the cache must ask for nothing"

    size = sum(path.stat().st_size for path in (folder / "cache0").iterdir())
    row("the first survey, nothing in the cache", per_second(first))
    row("the second one, all from the cache; requests", f"{median(second):.2f} s; 0", "1 s; 0")
    row("the cache's size a package", f"{size / len(found):.0f} bytes")


def timed_with_cache(found: list[Artifact], environ: dict[str, str]) -> float:
    begin = time.perf_counter()
    with Cache(environ, print) as cache, closing(survey(found, cache=cache)) as readings:
        assert all(reading.package for reading in readings)
    return time.perf_counter() - begin


def measure_local(found: list[Artifact]) -> None:
    """What the survey adds to packages that need no server."""

    class Nothing:
        is_remote = False

        def claim(self, *, thorough: bool = False) -> Any:  # noqa: ARG002
            return None

    local = [each._replace(contents=Nothing()) for each in found]  # type: ignore[arg-type]
    seconds = []
    for _ in range(RUNS):
        begin = time.perf_counter()
        list(survey(local))
        seconds.append(time.perf_counter() - begin)
    row("added to a package on this disk", f"{median(seconds) / len(local) * 1e6:.1f} µs")


def measure_cluster(found: list[Artifact]) -> None:
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=WORKERS, threads_per_worker=WORKER_THREADS, dashboard_address=":0"
    ) as cluster:
        here, there = [], []
        for _ in range(RUNS + 1):
            here.append(timed(survey(found, threads=CONNECTIONS)))
            there.append(
                timed(
                    survey_on_cluster(
                        found,
                        cluster.scheduler_address,
                        Way.of(Request()),
                        partition=PARTITION,
                    )
                )
            )

    ratios = [one / other for one, other in zip(here[1:], there[1:], strict=True)]
    row(f"one process, {CONNECTIONS} connections", per_second(here[1:]))
    row(f"Dask, {WORKERS} processes, as many connections together", per_second(there[1:]))
    row("Dask / one process", f"{median(ratios):.2f}")


def timed(readings: Iterator[Any]) -> float:
    begin = time.perf_counter()
    assert all(reading.package for reading in readings)
    return time.perf_counter() - begin


def artifacts(address: str, files: dict[str, tuple[str, int]], web: Web) -> list[Artifact]:
    remote = Remote(web, Request())
    return [
        remote.package(f"{address}/{name}", Listed(sha256, size=size))
        for name, (sha256, size) in files.items()
    ]


@contextmanager
def channel_in_a_process(folder: Path) -> Iterator[tuple[str, dict[str, tuple[str, int]], Any]]:
    """The address, the files' checksums and sizes, and a counter of requests."""
    requests = multiprocessing.Value("i", 0)
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=_serve, args=(folder, theirs, requests))
    server.start()
    address, files = ours.recv()
    try:
        yield address, files, requests
    finally:
        ours.send(None)
        server.join()


def _serve(folder: Path, pipe: Any, requests: Any) -> None:
    channel = Channel(folder, PACKAGES)
    channel.delay = DELAY
    files = {
        name: (hashlib.sha256(data).hexdigest(), len(data)) for name, data in channel.files.items()
    }
    with serve(channel) as address:
        pipe.send((address, files))
        while not pipe.poll(0.01):
            requests.value = sum(channel.requests.values())


def median(seconds: list[float]) -> float:
    return statistics.median(seconds)


def per_second(seconds: list[float]) -> str:
    return f"{PACKAGES / median(seconds):,.0f} packages/s ({median(seconds):.1f} s)"


def row(what: str, measured: str, bar: str = "") -> None:
    print(f"| {what} | {measured} | {bar} |", flush=True)


if __name__ == "__main__":
    main()
