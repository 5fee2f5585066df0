"""``survey``: reads many packages and gives the results in their order.

What a result is worth is not known here, nor how a cache keeps it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Protocol

from conda_provenance.sources import Artifact, Found
from conda_provenance.survey.readers import Readers
from conda_provenance.survey.reading import Reading, read_found, waits_for_a_server

THREADS = 48
"""Measured with 20 ms to the server: 32 threads give 1,060 packages a second, 48 give 1,320, and
more give no more. How many may ask one host at once is decided by ``web``."""

WINDOW = 1024
"""Packages in progress, or read and waiting for an earlier one to be handed out first."""


class Results(Protocol):
    """A cache of what was read before."""

    def get(self, artifact: Artifact, *, thorough: bool) -> Reading | None:
        """What was read of the same package before, if that is known."""

    def put(self, reading: Reading, *, thorough: bool) -> None:
        """Keep what was read, if it is worth keeping."""

    def commit(self) -> None:
        """Nothing that was put may be lost from now on."""


class Progress(Protocol):
    """Is told about progress, in the caller's thread."""

    def advance(self) -> None:
        """One more package is read."""

    def tick(self) -> None:
        """Nothing has happened for a while."""


def survey(
    found: Iterable[Found],
    *,
    thorough: bool = False,
    threads: int = THREADS,
    cache: Results | None = None,
    progress: Progress | None = None,
    hang_up: Callable[[], None] | None = None,
) -> Generator[Reading, None, None]:
    """Read every package, in the order of ``found``, which is consumed as it goes on.

    What has to wait for a server is read in ``threads``, all else here and now. A package that
    cannot be read has an error in its reading, and the rest goes on. What ``found`` itself raises
    is raised.

    Close it (``contextlib.closing``) if you may not come to its end: then the threads end, and what
    they have finished is in the ``cache``. ``hang_up`` is then called if a server takes too long:
    it closes the connections.
    """
    work = _Work(thorough, threads, cache, progress)
    try:
        for each in found:
            work.take(each)
            yield from work.ready()
            while work.is_full():
                work.wait()
                yield from work.ready()

        while work.is_under_way():
            work.wait()
            yield from work.ready()
    finally:
        work.end(hang_up)


class _Work:
    """The readings of a survey on their way: each has the number of its package."""

    def __init__(
        self, thorough: bool, threads: int, cache: Results | None, progress: Progress | None
    ) -> None:
        self._thorough = thorough
        self._cache = cache
        self._progress = progress
        self._readers = Readers(threads, thorough=thorough)
        self._finished: dict[int, Reading] = {}
        self._taken = 0
        self._given = 0

    def take(self, found: Found) -> None:
        number = self._taken
        self._taken += 1
        if not isinstance(found, Artifact) or not waits_for_a_server(found):
            self._finish(number, read_found(found, thorough=self._thorough))
        elif cached := self._cache and self._cache.get(found, thorough=self._thorough):
            self._finish(number, cached)
        else:
            self._readers.submit(number, found)

        for done in self._readers.finished():
            self._read(*done)

    def ready(self) -> Iterator[Reading]:
        """The readings whose turn it is."""
        while self._given in self._finished:
            reading = self._finished.pop(self._given)
            self._given += 1
            yield reading

    def is_full(self) -> bool:
        return self._taken - self._given >= WINDOW

    def is_under_way(self) -> bool:
        return self._given < self._taken

    def wait(self) -> None:
        """Wait for a package to be read, but not for long."""
        if done := self._readers.wait():
            self._read(*done)
        elif self._progress:
            self._progress.tick()

    def end(self, hang_up: Callable[[], None] | None) -> None:
        """End the threads and keep what they have finished."""
        try:
            for done in self._readers.stop(hang_up):
                self._read(*done)
        finally:
            if self._cache:
                self._cache.commit()

    def _read(self, number: int, reading: Reading) -> None:
        if self._cache:
            self._cache.put(reading, thorough=self._thorough)
        self._finish(number, reading)

    def _finish(self, number: int, reading: Reading) -> None:
        self._finished[number] = reading
        if self._progress:
            self._progress.advance()
