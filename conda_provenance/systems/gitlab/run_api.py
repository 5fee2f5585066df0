"""Asks GitLab about pipelines and the logs of their jobs.

- A pipeline is asked for below its project, so no other project's has that answer. Its page says
  where the project is by now.
- A fork's merge request runs in the fork, unless somebody starts it in the parent project. Both are
  pipelines of a merge request.
- A job that is run again is a new one. Without ``include_retried`` the earlier ones are left out.
- Jobs of child pipelines have pipelines of their own, and are not listed.
- A log that was deleted is 404. gitlab.com archives jobs after some months.

https://docs.gitlab.com/api/pipelines/
https://docs.gitlab.com/api/jobs/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from urllib.parse import quote, unquote, urlsplit

from msgspec import Struct

from conda_provenance.errors import UnavailableError
from conda_provenance.run_api import Job, Run, RunApi, RunClaim, Trigger, Voucher
from conda_provenance.systems.gitlab.forge_api import GitLabApi
from conda_provenance.systems.gitlab.triggers import trigger_of

_FINISHED = frozenset({"success", "failed", "canceled", "skipped"})
_NOT_RUN = frozenset({"skipped", "manual", "created", "waiting_for_resource", "scheduled"})
_PAGE = "/-/pipelines/"


class _Pipeline(Struct):
    id: int
    sha: str
    status: str
    source: str | None = None
    ref: str | None = None
    tag: bool | None = None
    project_id: int | None = None
    web_url: str | None = None
    started_at: str | None = None
    finished_at: str | None = None


class _Runner(Struct):
    description: str | None = None


class _Job(Struct):
    id: int
    name: str
    status: str
    started_at: str | None = None
    finished_at: str | None = None
    tag_list: list[str] | None = None
    runner: _Runner | None = None


class GitLabRuns(RunApi):
    """The pipelines of one project."""

    provider = "gitlab"
    is_of_forge = True
    public_hosts = GitLabApi.public_hosts
    tokens = GitLabApi.tokens
    headers = GitLabApi.headers
    is_serial = GitLabApi.is_serial
    without_token = GitLabApi.without_token

    @staticmethod
    def authorization(token: str) -> Mapping[str, str]:
        return GitLabApi.authorization(token)

    @classmethod
    def api_url(cls, claim: RunClaim) -> str:
        return GitLabApi.api_url(claim.remote, claim.prefix)

    def run(self) -> Run | None:
        if not (self.claim.run_id.isascii() and self.claim.run_id.isdigit()):
            raise UnavailableError("The id of a pipeline of GitLab is a number.")

        found = self.door.get(
            self._url(f"pipelines/{self.claim.run_id}"), _Pipeline, missing=(404,)
        )
        return None if found is None else self._run(found)

    def jobs(self, run: Run) -> Sequence[Job]:
        url = self._url(
            f"pipelines/{quote(run.id, safe='')}/jobs?include_retried=true&per_page=100"
        )
        return [_job(each) for page in self.door.pages(url, list[_Job]) for each in page]

    def log(self, run: Run, job: Job) -> AbstractContextManager[Iterator[bytes] | None]:  # noqa: ARG002
        return self.door.text(self._url(f"jobs/{quote(job.id, safe='')}/trace"), missing=(404, 410))

    def _url(self, path: str) -> str:
        return f"{self.api_url(self.claim)}/{path}"

    def _run(self, found: _Pipeline) -> Run:
        page = found.web_url or f"{self.claim.remote}{_PAGE}{found.id}"
        project = _project(page)
        return Run(
            url=page,
            id=str(found.id),
            repository=project,
            head_repository=project,
            sha=found.sha,
            trigger=_trigger(found),
            event=found.source or "",
            voucher=Voucher.FORGE,
            is_finished=found.status in _FINISHED,
            is_success=found.status == "success" if found.status in _FINISHED else None,
            ref=found.ref,
            started=found.started_at,
            finished=found.finished_at,
            further={} if found.project_id is None else {"project_id": str(found.project_id)},
        )


def _trigger(found: _Pipeline) -> Trigger:
    trigger = trigger_of(found.source or "")
    return Trigger.TAG if trigger is Trigger.PUSH and found.tag else trigger


def _project(page: str) -> str | None:
    """The project's path, by the page of its pipeline."""
    path, mark, _ = urlsplit(page).path.partition(_PAGE)
    return unquote(path.strip("/")) if mark else None


def _job(job: _Job) -> Job:
    is_over = job.status in _FINISHED
    return Job(
        id=str(job.id),
        name=job.name,
        is_success=job.status == "success" if is_over else None,
        is_finished=is_over,
        has_run=job.status not in _NOT_RUN,
        runner=tuple(job.tag_list or ()) or _runner(job),
        started=job.started_at,
        finished=job.finished_at,
    )


def _runner(job: _Job) -> tuple[str, ...]:
    return (job.runner.description,) if job.runner and job.runner.description else ()
