"""The timeline of a build of Azure Pipelines: stages, jobs, tasks, and where their logs are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from conda_provenance.run_api import Job

_GOOD = ("succeeded", "succeededWithIssues")


class Log(Struct):
    id: int


class Previous(Struct, rename="camel"):
    timeline_id: str | None = None


class Record(Struct, rename="camel"):
    id: str
    type: str
    name: str | None = None
    parent_id: str | None = None
    result: str | None = None
    state: str | None = None
    attempt: int | None = None
    log: Log | None = None
    start_time: str | None = None
    finish_time: str | None = None
    previous_attempts: list[Previous] | None = None


class Timeline(Struct):
    records: list[Record] | None = None


def previous_timelines(records: Iterable[Record]) -> Iterator[str]:
    """The timelines of earlier attempts."""
    for record in records:
        for previous in record.previous_attempts or ():
            if previous.timeline_id:
                yield previous.timeline_id


def job_of(timeline: str, record: Record) -> Job:
    """A job. Records of two timelines may have the same id."""
    return Job(
        id=f"{timeline}:{record.id}",
        name=record.name or "",
        is_success=record.result in _GOOD if record.result else None,
        attempt=record.attempt,
        is_finished=record.state == "completed",
        has_run=record.result != "skipped",
        started=record.start_time,
        finished=record.finish_time,
    )
