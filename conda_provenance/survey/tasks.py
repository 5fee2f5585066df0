"""``Task``: one package to read, as data for another machine, and how it is read there.

The function is pure: the same task gives the same row, wherever it runs. How tasks get there is not
known here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from conda_provenance.sources import Artifact, Request
from conda_provenance.survey.rows import Row, row_of
from conda_provenance.survey.surveying import survey

if TYPE_CHECKING:
    from conda_provenance.web import Web

THREADS = 16
"""In one partition. A worker usually runs several at once."""


class Task(NamedTuple):
    """A package on a server. It holds no credentials: who reads it uses its own."""

    url: str
    file_name: str
    sha256: str | None = None
    """As the index says, like all that follows."""
    md5: str | None = None
    size: int | None = None
    timestamp: int | None = None
    sha256_from: str = "index"

    @classmethod
    def of(cls, artifact: Artifact) -> Task:
        """The task of reading an artifact, whose location must be an address."""
        listed = getattr(artifact.contents, "listed", artifact)
        return cls(
            artifact.location,
            artifact.file_name,
            artifact.sha256,
            artifact.md5,
            artifact.size,
            # When it was built: where the metadata is in the file depends on that. The artifact's
            # own may be from when it was indexed.
            listed.timestamp,
            getattr(listed, "sha256_from", "index"),
        )

    def artifact(self, web: Web, request: Request) -> Artifact:
        """The same package, read through ``web``."""
        from conda_provenance.sources.remote import Listed, Remote

        listed = Listed(self.sha256, self.md5, self.size, self.timestamp, self.sha256_from)
        contents = Remote(web, request).contents(self.url, listed, file_name=self.file_name)
        return Artifact(
            self.file_name, "", "", self.file_name, self.url, contents, sha256=self.sha256
        )


class Way(NamedTuple):
    """How the packages of a survey are read."""

    thorough: bool = False
    check: bool = False
    max_download: int = 0
    full_download: bool = True

    @classmethod
    def of(cls, request: Request, *, thorough: bool = False) -> Way:
        """The way that a request asks for."""
        return cls(thorough, request.check, request.max_download, request.full_download)

    def request(self) -> Request:
        """The same, as the sources understand it."""
        return Request(
            check=self.check, max_download=self.max_download, full_download=self.full_download
        )


def read_partition(tasks: Sequence[Sequence[Any]], way: Sequence[Any]) -> list[Row]:
    """Read many packages, and give a row for each, in their order. It runs on any machine.

    Tasks are given as plain tuples, so that nothing of ours has to be unpickled.
    """
    how = Way(*way)
    artifacts = [Task(*task).artifact(_web(), how.request()) for task in tasks]
    return list(_rows(artifacts, how))


def _rows(artifacts: Sequence[Artifact], way: Way) -> Iterator[Row]:
    for reading in survey(artifacts, thorough=way.thorough, threads=THREADS):
        yield row_of(reading)


@lru_cache(maxsize=1)
def _web() -> Web:
    """One door for all partitions of this process, so that it asks no host too often."""
    from conda_provenance.web import Web

    return Web()
