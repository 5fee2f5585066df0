"""Verifies packages on an existing Dask cluster, in partitions. What an outcome means is not known
here.

A worker opens its own world: git, doors and tokens are its machine's own, and no credential is sent
to it. So a repository may be asked once by each partition.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from conda_provenance.errors import UnavailableError
from conda_provenance.policy.expectations import Expectations
from conda_provenance.policy.settings import load_verify_settings
from conda_provenance.sources import Artifact, Request
from conda_provenance.sources.artifact import Pinned
from conda_provenance.survey.cluster import Cluster, is_for_the_cluster
from conda_provenance.survey.reading import Reading
from conda_provenance.survey.rows import row_of as reading_row
from conda_provenance.survey.tasks import Task as ReadTask
from conda_provenance.text import escape
from conda_provenance.verify.roster import roster
from conda_provenance.verify.rows import row_of
from conda_provenance.verify.subject import Subject
from conda_provenance.verify.verifier import Progress, Verified, Verifier, Wanted
from conda_provenance.verify.world import WorldOptions, open_world

if TYPE_CHECKING:
    from conda_provenance.web import Web

PARTITION = 50
"""Packages of one task. Neighbours in a channel are often of one repository."""

_AHEAD = 2
"""Partitions under way for each thread of the cluster."""


class Task(NamedTuple):
    """A package on a server, as plain data, with what its index says of it. No credential."""

    read: tuple[Any, ...]
    name: str
    version: str
    build: str
    subdir: str | None
    channel: str | None
    timestamp: int | None
    attestations: tuple[str, int] | None = None

    @classmethod
    def of(cls, artifact: Artifact) -> Task:
        return cls(
            tuple(ReadTask.of(artifact)),
            artifact.name,
            artifact.version,
            artifact.build,
            artifact.subdir,
            artifact.channel,
            artifact.timestamp,
            artifact.attestations and (artifact.attestations.sha256, artifact.attestations.size),
        )

    def artifact(self, web: Web, request: Request) -> Artifact:
        """The same package, read through ``web``."""
        return (
            ReadTask(*self.read)
            .artifact(web, request)
            ._replace(
                name=self.name,
                version=self.version,
                build=self.build,
                subdir=self.subdir,
                channel=self.channel,
                timestamp=self.timestamp,
                attestations=Pinned(*self.attestations) if self.attestations else None,
            )
        )


class Plan(NamedTuple):
    """How the packages of a run are verified, wherever that is."""

    expect: Callable[[Subject], Expectations]
    world_options: WorldOptions
    now: float
    request: Request


class Answered(NamedTuple):
    """What a worker says of one package. Nothing in it is believed yet."""

    artifact: Artifact
    reading: object = None
    checks: object = None
    why_not: str = ""
    """Why there is no answer, in a sentence."""


def verify_on_cluster(
    wanted: Iterable[Wanted],
    address: str,
    plan: Plan,
    here: Verifier,
    progress: Progress,
    *,
    partition: int = PARTITION,
) -> Generator[Verified | Answered, None, None]:
    """Verify every package, in the order of ``wanted``: those on servers on the cluster.

    All else is verified ``here``. Raises :class:`~conda_provenance.errors.UsageError` without the
    extra ``dask``, and :class:`~conda_provenance.errors.UnavailableError` where the cluster cannot
    be used.
    """
    cluster = Cluster(address)
    try:
        cluster.check_workers()
        limit = max(cluster.threads() * _AHEAD, 2)
        under_way: deque[tuple[list[Wanted], Any]] = deque()
        try:
            for group, is_remote in _groups(wanted, partition):
                future = _sent(cluster, group, plan) if is_remote else None
                under_way.append((group, future))
                while len(under_way) >= limit:
                    yield from _results(*under_way.popleft(), cluster, here, progress)
            while under_way:
                yield from _results(*under_way.popleft(), cluster, here, progress)
        finally:
            cluster.cancel([future for _, future in under_way if future is not None])
    finally:
        cluster.close()


def _sent(cluster: Cluster, group: Sequence[Wanted], plan: Plan) -> Any:
    tasks = [Task.of(each.found) for each in group if isinstance(each.found, Artifact)]
    return cluster.call(verify_partition, tasks, plan)


def _groups(wanted: Iterable[Wanted], partition: int) -> Iterator[tuple[list[Wanted], bool]]:
    """Neighbours that are verified at the same place, and whether that is the cluster."""
    group: list[Wanted] = []
    is_remote = False
    for each in wanted:
        is_for_it = is_for_the_cluster(each.found)
        if group and (is_for_it != is_remote or len(group) >= partition):
            yield group, is_remote
            group = []
        group.append(each)
        is_remote = is_for_it
    if group:
        yield group, is_remote


def _results(
    group: Sequence[Wanted], future: Any, cluster: Cluster, here: Verifier, progress: Progress
) -> Iterator[Verified | Answered]:
    if future is None:
        yield from here.verify(group)
        return

    artifacts = [each.found for each in group if isinstance(each.found, Artifact)]
    for answered in _answered(artifacts, future, cluster, progress):
        progress.advance()
        yield answered


def _answered(
    artifacts: Sequence[Artifact], future: Any, cluster: Cluster, progress: Progress
) -> list[Answered]:
    from distributed import KilledWorker

    try:
        rows = cluster.result(future, progress)
    except UnavailableError:
        raise
    except KilledWorker:
        return [Answered(each, why_not=_killed(each)) for each in artifacts]
    except Exception as error:
        raise cluster.failed(error) from None

    if not isinstance(rows, list) or len(rows) != len(artifacts):
        raise UnavailableError(
            f"A worker of the Dask cluster at {cluster.shown} gave no row for each package: look "
            "for another version of conda-provenance there."
        )
    return [_answer(each, row) for each, row in zip(artifacts, rows, strict=True)]


def _answer(artifact: Artifact, row: object) -> Answered:
    is_pair = isinstance(row, list | tuple) and len(row) == 2
    if not is_pair:
        return Answered(artifact, why_not=malformed(artifact))

    assert isinstance(row, list | tuple)
    return Answered(artifact, *row)


def malformed(artifact: Artifact) -> str:
    """What is said of a package if a worker's answer has not the form of one."""
    return f"{escape(artifact.location, 300)}: the answer of a worker is malformed."


def _killed(artifact: Artifact) -> str:
    return (
        f"{escape(artifact.location, 300)} was not verified: several Dask workers died with its "
        "partition; look into their logs, and give them more memory."
    )


# --- on a worker ---------------------------------------------------------------------------------


def verify_partition(tasks: Sequence[Task], plan: Plan) -> list[tuple[dict[str, Any], Any]]:
    """Verify many packages, and give what each says and how its checks ended, in their order."""
    wanted = [Wanted(task.artifact(_web(), plan.request), plan.request.check) for task in tasks]
    settings = load_verify_settings(os.environ)
    with open_world(plan.world_options, settings, os.environ, plan.now, lambda _: None) as opened:
        verifier = Verifier(opened.world, roster(), plan.expect, keeping=opened.keeping)
        return [_row(each) for each in verifier.verify(wanted)]


def _row(verified: Verified) -> tuple[dict[str, Any], Any]:
    package = verified.subject.package if verified.subject is not None else None
    reading = Reading(verified.found, package, verified.error)
    return reading_row(reading), row_of({}, verified)


@lru_cache(maxsize=1)
def _web() -> Web:
    """One door for all partitions of this process, so that it asks no host too often."""
    from conda_provenance.web import Web

    return Web()
