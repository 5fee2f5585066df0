"""Asks GitHub, GitHub Enterprise Server and ghe.com about runs of GitHub Actions.

- ``head_sha`` is the commit that was pushed. On pull requests it is the head, and ``GITHUB_SHA``
  was a merge.
- ``head_branch`` has no ``refs/heads/``, may be the name of a tag, and is a fork's branch on pull
  requests. It proves nothing.
- ``head_repository`` is null once a fork is deleted.
- Without ``filter=all`` the jobs of earlier attempts are left out.
- Logs need a token, even those of public repositories. Any token will do. They are at another
  server, which gets none. After 90 days, or what the owner chose, they are gone (404 or 410).

https://docs.github.com/en/rest/actions/workflow-runs
https://docs.github.com/en/rest/actions/workflow-jobs
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from urllib.parse import quote

from msgspec import Struct

from conda_provenance.errors import UnavailableError
from conda_provenance.run_api import Job, Run, RunApi, RunClaim, Voucher
from conda_provenance.systems.github.forge_api import GitHubApi
from conda_provenance.systems.github.triggers import trigger_of

_COMPLETED = "completed"
_SKIPPED = "skipped"


class _Repository(Struct):
    full_name: str


class _Actor(Struct):
    login: str


class _Workflow(Struct):
    path: str
    sha: str | None = None
    ref: str | None = None


class _Run(Struct):
    id: int
    head_sha: str
    event: str
    repository: _Repository
    html_url: str | None = None
    head_repository: _Repository | None = None
    head_branch: str | None = None
    status: str | None = None
    conclusion: str | None = None
    run_attempt: int | None = None
    path: str | None = None
    run_started_at: str | None = None
    updated_at: str | None = None
    triggering_actor: _Actor | None = None
    referenced_workflows: list[_Workflow] | None = None


class _Job(Struct):
    id: int
    name: str
    status: str | None = None
    conclusion: str | None = None
    run_attempt: int | None = None
    labels: list[str] | None = None
    started_at: str | None = None
    completed_at: str | None = None
    runner_name: str | None = None
    runner_group_name: str | None = None


class _Jobs(Struct):
    jobs: list[_Job]


class GitHubRuns(RunApi):
    """The runs of one repository."""

    provider = "github"
    is_of_forge = True
    public_hosts = GitHubApi.public_hosts
    tokens = GitHubApi.tokens
    headers = GitHubApi.headers
    is_serial = GitHubApi.is_serial
    without_token = GitHubApi.without_token

    @staticmethod
    def authorization(token: str) -> Mapping[str, str]:
        return GitHubApi.authorization(token)

    @classmethod
    def api_url(cls, claim: RunClaim) -> str:
        return GitHubApi.api_url(claim.remote, claim.prefix)

    def run(self) -> Run | None:
        # A run may be given with its attempt, as on its page.
        number = re.fullmatch(r"(\d{1,20})(?:[/.]\d+)?", self.claim.run_id)
        if number is None:
            raise UnavailableError("The id of a run of GitHub Actions is a number.")

        found = self.door.get(self._url(f"actions/runs/{number[1]}"), _Run, missing=(404,))
        return None if found is None else self._run(found)

    def jobs(self, run: Run) -> Sequence[Job]:
        url = self._url(f"actions/runs/{quote(run.id, safe='')}/jobs?filter=all&per_page=100")
        return [_job(each) for page in self.door.pages(url, _Jobs) for each in page.jobs]

    def log(self, run: Run, job: Job) -> AbstractContextManager[Iterator[bytes] | None]:  # noqa: ARG002
        return self.door.text(
            self._url(f"actions/jobs/{quote(job.id, safe='')}/logs"), missing=(404, 410)
        )

    def _url(self, path: str) -> str:
        return f"{self.api_url(self.claim)}/{path}"

    def _run(self, found: _Run) -> Run:
        page = found.html_url or f"{self.claim.remote}/actions/runs/{found.id}"
        return Run(
            url=page,
            id=str(found.id),
            repository=found.repository.full_name,
            head_repository=found.head_repository.full_name if found.head_repository else None,
            sha=found.head_sha,
            trigger=trigger_of(found.event),
            event=found.event,
            voucher=Voucher.FORGE,
            is_finished=found.status == _COMPLETED,
            is_success=found.conclusion == "success" if found.conclusion else None,
            ref=found.head_branch,
            attempt=found.run_attempt,
            started=found.run_started_at,
            finished=found.updated_at if found.status == _COMPLETED else None,
            workflow=found.path,
            further=_further(found),
        )


def _job(job: _Job) -> Job:
    return Job(
        id=str(job.id),
        name=job.name,
        is_success=job.conclusion == "success" if job.conclusion else None,
        attempt=job.run_attempt,
        is_finished=job.status == _COMPLETED,
        has_run=job.conclusion != _SKIPPED,
        runner=tuple(job.labels or ()),
        started=job.started_at,
        finished=job.completed_at,
    )


def _called(workflow: _Workflow) -> str:
    """A workflow that the run called. An "@" would make a login of what stands before it."""
    path, _, ref = workflow.path.partition("@")
    return f"{path} at {ref or 'an unknown ref'} ({workflow.sha or 'unknown commit'})"


def _further(found: _Run) -> dict[str, str]:
    further = {}
    if found.triggering_actor:
        further["started_by"] = found.triggering_actor.login
    if found.referenced_workflows:
        further["called_workflows"] = ", ".join(map(_called, found.referenced_workflows))
    return further
