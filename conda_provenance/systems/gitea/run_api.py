"""Asks Gitea about runs of its Actions.

- Gitea before 1.25 cannot be asked for a run. It answers 404, as for a run that is not there.
- ``status`` says whether a run is completed, ``conclusion`` how it ended.
- Only the jobs of the last attempt are sure to be listed.

https://docs.gitea.com/api/ (modules/structs/repo_actions.go)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from urllib.parse import quote

from msgspec import Struct

from conda_provenance.errors import UnavailableError
from conda_provenance.run_api import Job, Run, RunApi, RunClaim, Voucher
from conda_provenance.systems.gitea.forge_api import GiteaApi
from conda_provenance.systems.github.triggers import trigger_of

_COMPLETED = "completed"


class _Repository(Struct):
    full_name: str


class _Run(Struct):
    id: int
    head_sha: str
    event: str
    status: str
    html_url: str | None = None
    conclusion: str | None = None
    head_branch: str | None = None
    run_attempt: int | None = None
    path: str | None = None
    repository: _Repository | None = None
    head_repository: _Repository | None = None
    started_at: str | None = None
    completed_at: str | None = None


class _Job(Struct):
    id: int
    name: str
    status: str
    conclusion: str | None = None
    run_attempt: int | None = None
    labels: list[str] | None = None
    started_at: str | None = None
    completed_at: str | None = None


class _Jobs(Struct):
    jobs: list[_Job] | None = None
    workflow_jobs: list[_Job] | None = None
    """The name in the first version."""


class GiteaRuns(RunApi):
    """The runs of one repository."""

    provider = "gitea"
    is_of_forge = True
    lists_all_attempts = False
    public_hosts = GiteaApi.public_hosts
    tokens = GiteaApi.tokens
    headers = GiteaApi.headers

    @staticmethod
    def authorization(token: str) -> Mapping[str, str]:
        return GiteaApi.authorization(token)

    @classmethod
    def api_url(cls, claim: RunClaim) -> str:
        return GiteaApi.api_url(claim.remote, claim.prefix)

    def run(self) -> Run | None:
        found = self.door.get(self._run_url(), _Run, missing=(404,))
        return None if found is None else self._run(found)

    def jobs(self, run: Run) -> Sequence[Job]:
        url = f"{self.api_url(self.claim)}/actions/runs/{quote(run.id, safe='')}/jobs?limit=50"
        pages = self.door.pages(url, _Jobs)
        return [_job(each) for page in pages for each in _listed(page)]

    def log(self, run: Run, job: Job) -> AbstractContextManager[Iterator[bytes] | None]:  # noqa: ARG002
        url = f"{self.api_url(self.claim)}/actions/jobs/{quote(job.id, safe='')}/logs"
        return self.door.text(url, missing=(404, 410))

    def _run_url(self) -> str:
        return f"{self.api_url(self.claim)}/actions/runs/{number_of(self.claim)}"

    def _run(self, found: _Run) -> Run:
        is_over = found.status == _COMPLETED
        return Run(
            url=found.html_url or self._run_url(),
            id=str(found.id),
            repository=found.repository.full_name if found.repository else None,
            head_repository=found.head_repository.full_name if found.head_repository else None,
            sha=found.head_sha,
            trigger=trigger_of(found.event, found.head_branch),
            event=found.event,
            voucher=Voucher.FORGE,
            is_finished=is_over,
            is_success=found.conclusion == "success" if is_over and found.conclusion else None,
            ref=found.head_branch,
            attempt=found.run_attempt,
            started=found.started_at,
            finished=found.completed_at if is_over else None,
            workflow=found.path,
        )


def number_of(claim: RunClaim) -> str:
    """The id of a run, which is a number."""
    if not (claim.run_id.isascii() and claim.run_id.isdigit()):
        raise UnavailableError("The id of a run of Gitea's or Forgejo's Actions is a number.")
    return claim.run_id


def _listed(page: _Jobs) -> list[_Job]:
    found = page.workflow_jobs if page.jobs is None else page.jobs
    if found is None:
        raise UnavailableError("Gitea answers without the jobs of the run.")
    return found


def _job(job: _Job) -> Job:
    is_over = job.status == _COMPLETED
    return Job(
        id=str(job.id),
        name=job.name,
        is_success=job.conclusion == "success" if is_over and job.conclusion else None,
        attempt=job.run_attempt,
        is_finished=is_over,
        has_run=job.conclusion != "skipped",
        runner=tuple(job.labels or ()),
        started=job.started_at,
        finished=job.completed_at,
    )
