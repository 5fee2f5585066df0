"""Asks AppVeyor about builds.

- The account and the project are not in a build's id. They come from the page of the build, as a
  status at the commit or the package gives it.
- Nothing says what started a build that is of no pull request: a push, a schedule or a person.
- A build that is repeated is a new one.

https://www.appveyor.com/docs/api/projects-builds/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import ClassVar, NamedTuple
from urllib.parse import quote

from msgspec import Struct

from conda_provenance.api import TokenVariable
from conda_provenance.errors import UnavailableError
from conda_provenance.run_api import (
    Job,
    Run,
    RunApi,
    RunClaim,
    Trigger,
    Voucher,
    is_named,
)

SITE = "https://ci.appveyor.com"
_STATUS = "continuous-integration/appveyor/"
_NAME = r"(?!\.{1,2}/)[\w.-]+"
_HOSTS: Mapping[str, str] = {
    "gitHub": "github.com",
    "gitLab": "gitlab.com",
    "bitBucket": "bitbucket.org",
}
_FINISHED = frozenset({"success", "failed", "cancelled"})


class _Job(Struct, rename="camel"):
    job_id: str
    name: str | None = None
    status: str | None = None
    started: str | None = None
    finished: str | None = None


class _Build(Struct, rename="camel"):
    build_id: int
    status: str
    commit_id: str | None = None
    branch: str | None = None
    is_tag: bool | None = None
    tag: str | None = None
    pull_request_id: str | int | None = None
    started: str | None = None
    finished: str | None = None
    jobs: list[_Job] | None = None


class _Project(Struct, rename="camel"):
    repository_type: str | None = None
    repository_name: str | None = None


class _Answer(Struct):
    build: _Build
    project: _Project


class _Place(NamedTuple):
    project: str
    """``account/slug``"""
    voucher: Voucher


class AppVeyorRuns(RunApi):
    """The builds of ci.appveyor.com."""

    provider = "appveyor"
    public_hosts = ("ci.appveyor.com",)
    tokens: ClassVar[tuple[TokenVariable, ...]] = (TokenVariable("APPVEYOR_TOKEN"),)

    @classmethod
    def api_url(cls, claim: RunClaim) -> str:  # noqa: ARG003
        return f"{SITE}/api"

    def run(self) -> Run | None:
        found = self.door.get(self._url(), _Answer, missing=(404,))
        return None if found is None else self._run(found)

    def jobs(self, run: Run) -> Sequence[Job]:  # noqa: ARG002
        found = self.door.get(self._url(), _Answer, missing=(404,))
        return [_job(each) for each in (found.build.jobs if found else None) or ()]

    def log(self, run: Run, job: Job) -> AbstractContextManager[Iterator[bytes] | None]:  # noqa: ARG002
        url = f"{SITE}/api/buildjobs/{quote(job.id, safe='')}/log"
        return self.door.text(url, missing=(404, 410))

    def _url(self) -> str:
        return f"{SITE}/api/projects/{_place(self.claim).project}/builds/{self.claim.run_id}"

    def _run(self, found: _Answer) -> Run:
        build, place = found.build, _place(self.claim)
        host = _HOSTS.get(found.project.repository_type or "")
        name = found.project.repository_name
        repository = f"https://{host}/{name}" if host and name else None
        trigger, event = _trigger(build)
        is_over = build.status in _FINISHED
        return Run(
            url=f"{SITE}/project/{place.project}/builds/{build.build_id}",
            id=str(build.build_id),
            repository=repository,
            head_repository=repository,
            sha=build.commit_id,
            trigger=trigger,
            event=event,
            voucher=place.voucher,
            is_finished=is_over,
            is_success=build.status == "success" if is_over else None,
            ref=build.tag if build.is_tag else build.branch,
            started=build.started,
            finished=build.finished,
        )


def _place(claim: RunClaim) -> _Place:
    """The project of the build: by a status at the commit, or else by the page in the package."""
    if not (claim.run_id.isascii() and claim.run_id.isdigit()):
        raise UnavailableError("The id of a build of AppVeyor is a number.")

    page = re.compile(
        rf"{re.escape(SITE)}/project/({_NAME}/{_NAME})/builds/{claim.run_id}/?", re.ASCII
    )
    for pointer in claim.pointers:
        match = page.fullmatch(pointer.url or "")
        if match and pointer.app.startswith(_STATUS):
            return _Place(match[1], Voucher.POINTER)

    match = page.fullmatch(claim.url or "")
    if match is None:
        raise UnavailableError(
            "Nothing says of which account and project at AppVeyor the build is."
        )
    is_there = is_named(claim, f"{SITE}/project/{match[1]}")
    return _Place(match[1], Voucher.NAMED if is_there else Voucher.CLAIM)


def _trigger(build: _Build) -> tuple[Trigger, str]:
    if build.pull_request_id:
        return Trigger.PULL_REQUEST, "pull request"
    if build.is_tag:
        return Trigger.TAG, "tag"
    return Trigger.MANUAL, "a push, a schedule or a person"


def _job(job: _Job) -> Job:
    is_over = job.status in _FINISHED
    return Job(
        id=job.job_id,
        name=job.name or "",
        is_success=job.status == "success" if is_over else None,
        is_finished=is_over,
        started=job.started,
        finished=job.finished,
    )
