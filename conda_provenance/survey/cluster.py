"""Reads packages on an existing Dask cluster. What a package says is not known here.

Packages go there in partitions. A task for each would take 0.8 ms more of the scheduler's time:
27 minutes for two million.
"""

from __future__ import annotations

import gc
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import islice
from traceback import format_tb
from typing import Any

from conda_provenance import __version__
from conda_provenance.errors import UnavailableError, UsageError
from conda_provenance.log import logger
from conda_provenance.sources import Artifact, Found
from conda_provenance.survey.reading import Reading, read_found, waits_for_a_server
from conda_provenance.survey.rows import RowError, reading_of_row
from conda_provenance.survey.surveying import Progress, Results
from conda_provenance.survey.tasks import Task, Way, read_partition
from conda_provenance.text import escape, redact_location

PARTITION = 250
"""Packages of one task. Measured with 2,000: 1,317 a second; with partitions of 50 it was 653."""

_AHEAD = 2
"""Partitions under way for each thread of the cluster."""

_MAX_UNDER_WAY = 2000
_PATIENCE = 60.0
"""Seconds without a single worker after which no more is waited."""

_TIMEOUT = 15
"""Seconds to reach the scheduler and its workers."""

_STEP = 0.5
_GO_ON = "what was read is in the cache, so run the same command again"


def survey_on_cluster(
    found: Iterable[Found],
    address: str,
    way: Way,
    *,
    cache: Results | None = None,
    progress: Progress | None = None,
    partition: int = PARTITION,
) -> Generator[Reading, None, None]:
    """Read every package, in the order of ``found``: those on servers on the cluster.

    All else is read here. A worker that dies has its partition read by another. Workers use their
    own configuration, credentials and proxies; none are sent to them.
    Raises :class:`~conda_provenance.errors.UsageError` without the extra ``dask``, and
    :class:`~conda_provenance.errors.UnavailableError` where the cluster cannot be used.
    """
    cluster = Cluster(address)
    try:
        cluster.check_workers()
        yield from _Work(cluster, way, cache, progress).readings(found, partition)
    finally:
        if cache:
            cache.commit()
        cluster.close()


class Cluster:
    """A connection to a scheduler of Dask."""

    def __init__(self, address: str) -> None:
        self.shown = escape(redact_location(address), 300)
        try:
            from distributed import Client
        except ImportError:
            raise UsageError(
                "--dask needs Dask: install the extra, pip install 'conda-provenance[dask]'."
            ) from None

        try:
            self._client: Any = Client(address, timeout=_TIMEOUT, set_as_default=False)
            return
        except ValueError:
            fault = None
        except Exception as error:
            fault = type(error).__name__

        # Dask closes the client that failed when it is collected. In the middle of a later client's
        # start that would wait for itself, for ever.
        gc.collect()
        if fault is None:
            raise UsageError(
                f"{self.shown} is not the address of a Dask scheduler: give one such as "
                "tcp://host:8786."
            )
        raise UnavailableError(
            f"The Dask scheduler at {self.shown} cannot be reached ({fault}): check that it runs, "
            "and that its version of Dask is the one here."
        )

    def check_workers(self) -> None:
        """Raise an error unless every worker has this version of conda-provenance."""
        from importlib.metadata import version

        if not self.threads():
            raise UnavailableError(f"The Dask cluster at {self.shown} has no workers: start some.")

        try:
            answers = self._client.run(version, "conda-provenance", on_error="return")
        except Exception as error:
            raise self.failed(error) from None

        for worker, answer in sorted(answers.items()):
            if answer == __version__:
                continue
            has = "has no conda-provenance"
            if isinstance(answer, str):
                has = f"has conda-provenance {escape(answer, 40)}"
            raise UnavailableError(
                f"The Dask worker {escape(str(worker), 100)} {has}: install conda-provenance "
                f"{__version__} on all workers."
            )

    def threads(self) -> int:
        """How many threads all workers have together. 0: there is none."""
        try:
            return int(sum(self._client.nthreads().values()))
        except Exception as error:
            raise self.failed(error) from None

    def submit(self, tasks: list[Task], way: Way) -> Any:
        """Have a partition read. It is read by another worker if the first one dies."""
        plain = [tuple(task) for task in tasks]
        return self.call(read_partition, plain, tuple(way))

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Have a function called on a worker, on another one if the first one dies."""
        return self._client.submit(function, *arguments, pure=False)

    def result(self, future: Any, progress: Progress | None) -> Any:
        """What a partition gave. Waits for it as long as there are workers."""
        from distributed import TimeoutError as NotYet

        last_seen = time.monotonic()
        while True:
            try:
                return future.result(timeout=_STEP)
            except NotYet:
                if future.status == "error":
                    raise  # It comes from the worker.

            if progress:
                progress.tick()
            if self.threads():
                last_seen = time.monotonic()
            elif time.monotonic() - last_seen > _PATIENCE:
                raise UnavailableError(
                    f"The Dask cluster at {self.shown} has lost all its workers: {_GO_ON}."
                )

    def finished(self, future: Any) -> Any:
        """What a partition gave, if it is there already."""
        try:
            is_there = future.done() and future.status == "finished"
            return future.result(timeout=_TIMEOUT) if is_there else None
        except Exception:
            return None

    def failed(self, error: Exception) -> UnavailableError:
        """The error to raise where the cluster fails as a whole."""
        # The error's own text may hold a secret.
        frames = "".join(format_tb(error.__traceback__))
        logger().debug("%s on the Dask cluster:\n%s", type(error).__name__, frames)
        return UnavailableError(
            f"The Dask cluster at {self.shown} failed ({type(error).__name__}): {_GO_ON}."
        )

    def cancel(self, futures: list[Any]) -> None:
        """Tell the cluster that these are not needed any more."""
        if futures:
            self._client.cancel(futures)

    def close(self) -> None:
        """End the connection. The cluster goes on."""
        self._client.close(timeout=_TIMEOUT)


class _Work:
    """The readings on their way. Partitions come back in the order in which they were sent."""

    def __init__(
        self, cluster: Cluster, way: Way, cache: Results | None, progress: Progress | None
    ) -> None:
        self._cluster = cluster
        self._way = way
        self._cache = cache
        self._progress = progress
        self._under_way: deque[tuple[list[Reading | Artifact], Any]] = deque()

    def readings(self, found: Iterable[Found], size: int) -> Iterator[Reading]:
        limit = min(max(self._cluster.threads() * _AHEAD, 2), _MAX_UNDER_WAY)
        try:
            for places in self._partitions(found, size):
                self._send(places)
                while len(self._under_way) >= limit:
                    yield from self._first()
            while self._under_way:
                yield from self._first()
        finally:
            self._end()

    def _end(self) -> None:
        """Keep what is finished, and have nothing more read."""
        futures = []
        for places, future in self._under_way:
            if future is not None:
                futures.append(future)
                if rows := self._cluster.finished(future):
                    self._readings(_artifacts(places), rows)
        self._cluster.cancel(futures)

    def _partitions(self, found: Iterable[Found], size: int) -> Iterator[list[Reading | Artifact]]:
        """Groups with ``size`` packages for the cluster, or with many that are read already."""
        places = map(self._here, found)
        while group := list(islice(places, size)):
            yield group

    def _here(self, found: Found) -> Reading | Artifact:
        """The reading of what is read here, or else the artifact."""
        if not is_for_the_cluster(found):
            return self._done(read_found(found, thorough=self._way.thorough))

        assert isinstance(found, Artifact)
        cached = self._cache and self._cache.get(found, thorough=self._way.thorough)
        return self._done(cached) if cached else found

    def _send(self, places: list[Reading | Artifact]) -> None:
        tasks = [Task.of(each) for each in _artifacts(places)]
        future = self._cluster.submit(tasks, self._way) if tasks else None
        self._under_way.append((places, future))

    def _first(self) -> Iterator[Reading]:
        """The readings of the first partition that is under way."""
        places, future = self._under_way[0]
        read = iter(self._read(_artifacts(places), future) if future is not None else ())
        self._under_way.popleft()
        for each in places:
            yield next(read) if isinstance(each, Artifact) else each

    def _read(self, artifacts: list[Artifact], future: Any) -> list[Reading]:
        from distributed import KilledWorker

        try:
            rows = self._cluster.result(future, self._progress)
        except UnavailableError:
            raise
        except KilledWorker:
            return [self._done(_killed(artifact)) for artifact in artifacts]
        except Exception as error:
            raise self._cluster.failed(error) from None

        return self._readings(artifacts, rows)

    def _readings(self, artifacts: list[Artifact], rows: Any) -> list[Reading]:
        if not isinstance(rows, list) or len(rows) != len(artifacts):
            raise UnavailableError(
                f"A worker of the Dask cluster at {self._cluster.shown} gave no row for each "
                "package: look for another version of conda-provenance there."
            )

        readings = [_reading(row, each) for row, each in zip(rows, artifacts, strict=True)]
        for reading in readings:
            if self._cache:
                self._cache.put(reading, thorough=self._way.thorough)
            self._done(reading)
        return readings

    def _done(self, reading: Reading) -> Reading:
        if self._progress:
            self._progress.advance()
        return reading


def is_for_the_cluster(found: Found) -> bool:
    """Is this a package that another machine can reach as well?"""
    if not isinstance(found, Artifact) or not waits_for_a_server(found):
        return False

    return "://" in found.location and not found.location.startswith("file:")


def _reading(row: object, artifact: Artifact) -> Reading:
    try:
        return reading_of_row(row, artifact)
    except RowError as error:
        place = escape(artifact.location, 300)
        return Reading(artifact, error=f"{place}: the answer of a worker is malformed: {error}.")


def _killed(artifact: Artifact) -> Reading:
    place = escape(artifact.location, 300)
    return Reading(
        artifact,
        error=f"{place} was not read: several Dask workers died with its partition; look into "
        "their logs, and give them more memory.",
    )


def _artifacts(places: list[Reading | Artifact]) -> list[Artifact]:
    return [each for each in places if isinstance(each, Artifact)]
