"""Asks Travis CI about jobs. In a package the run is a job (CEP 31), which is all that is asked.

- The name of a repository has no host, and two forges may have an owner of one name. Which forge it
  is on, what points to the build says, or ``vcs_type``, which a job leaves out.
- On pull requests the commit is a merge.
- A job that is started again keeps its id, and its earlier log is gone.

https://developer.travis-ci.com/resource/job
https://developer.travis-ci.com/resource/repository
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import ClassVar
from urllib.parse import urlsplit

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
    is_below,
    is_named,
)

SITE = "https://api.travis-ci.com"
_PAGES = "https://app.travis-ci.com"
_OLD_PAGES = "https://travis-ci.com"
_APP = "travis-ci"
_STATUS = "continuous-integration/travis-ci/"

_TRIGGERS: Mapping[str, Trigger] = {
    "push": Trigger.PUSH,
    "pull_request": Trigger.PULL_REQUEST,
    "cron": Trigger.SCHEDULE,
    "api": Trigger.API,
}
_FINISHED = frozenset({"passed", "failed", "errored", "canceled"})
_FORGES = {"github": "github.com", "gitlab": "gitlab.com", "bitbucket": "bitbucket.org"}
_KIND = "Repository"
"""What ``vcs_type`` has behind the forge's name: ``GithubRepository``."""


class _Commit(Struct):
    sha: str | None = None
    ref: str | None = None


class _Build(Struct):
    id: int
    event_type: str | None = None
    pull_request_number: int | None = None


class _Repository(Struct):
    id: int | None = None
    slug: str | None = None
    vcs_type: str | None = None


class _Job(Struct):
    id: int
    state: str
    commit: _Commit | None = None
    build: _Build | None = None
    repository: _Repository | None = None
    number: str | None = None
    started_at: str | None = None
    finished_at: str | None = None


class TravisRuns(RunApi):
    """The jobs of travis-ci.com."""

    provider = "travis"
    lists_all_attempts = False
    public_hosts = ("api.travis-ci.com",)
    tokens: ClassVar[tuple[TokenVariable, ...]] = (TokenVariable("TRAVIS_TOKEN"),)
    headers: ClassVar[Mapping[str, str]] = {"Travis-API-Version": "3"}

    @staticmethod
    def authorization(token: str) -> Mapping[str, str]:
        return {"Authorization": f"token {token}"}

    @classmethod
    def api_url(cls, claim: RunClaim) -> str:  # noqa: ARG003
        return SITE

    def run(self) -> Run | None:
        if not (self.claim.run_id.isascii() and self.claim.run_id.isdigit()):
            raise UnavailableError("The id of a job of Travis CI is a number.")
        found = self.door.get(f"{SITE}/job/{self.claim.run_id}", _Job, missing=(404,))
        return None if found is None else self._run(found)

    def jobs(self, run: Run) -> Sequence[Job]:
        name = run.further.get("job", "")
        return [Job(run.id, name, run.is_success, is_finished=run.is_finished)]

    def log(self, run: Run, job: Job) -> AbstractContextManager[Iterator[bytes] | None]:  # noqa: ARG002
        return self.door.text(f"{SITE}/job/{run.id}/log.txt", missing=(404, 410))

    def _run(self, found: _Job) -> Run:
        slug = found.repository.slug if found.repository else None
        commit, build = found.commit or _Commit(), found.build
        voucher, host = self._voucher(found.repository or _Repository(), build)
        repository = f"https://{host}/{slug}" if host and slug else None
        event = (build.event_type if build else None) or ""
        trigger = _TRIGGERS.get(event, Trigger.OTHER)
        is_tag = trigger is Trigger.PUSH and (commit.ref or "").startswith("refs/tags/")
        is_over = found.state in _FINISHED
        return Run(
            url=f"{_PAGES}/{slug}/jobs/{found.id}" if slug else f"{SITE}/job/{found.id}",
            id=str(found.id),
            repository=repository,
            head_repository=repository,
            sha=commit.sha,
            trigger=Trigger.TAG if is_tag else trigger,
            event=event,
            voucher=voucher,
            is_finished=is_over,
            is_success=found.state == "passed" if is_over else None,
            ref=commit.ref,
            started=found.started_at,
            finished=found.finished_at,
            further={"job": found.number} if found.number else {},
        )

    def _voucher(self, repository: _Repository, build: _Build | None) -> tuple[Voucher, str | None]:
        """Why it may be believed, and the forge's host."""
        for pointer in self.claim.pointers:
            is_ours = pointer.app.startswith(_STATUS) or (pointer.is_by_app and pointer.app == _APP)
            if is_ours and build is not None and _leads_to(pointer.url or "", build.id):
                return Voucher.POINTER, self.claim.remote.host

        for vendor, host in _FORGES.items():
            page = f"{_PAGES}/{vendor}/{repository.slug}"
            is_there = repository.slug and is_named(self.claim, page)
            if is_there and self._vendor(repository) == vendor:
                return Voucher.NAMED, host
        return Voucher.CLAIM, None

    def _vendor(self, repository: _Repository) -> str:
        """On which forge it is. Empty: Travis does not say."""
        if repository.id is None:
            return ""
        found = self.door.get(f"{SITE}/repo/{repository.id}", _Repository, missing=(404,))
        is_it = found is not None and (found.id, found.slug) == (repository.id, repository.slug)
        kind = (found.vcs_type or "") if found and is_it else ""
        return kind.removesuffix(_KIND).lower() if kind.endswith(_KIND) else ""


def _leads_to(url: str, build: int) -> bool:
    """Is it the page of this build?"""
    is_there = is_below(url, _PAGES) or is_below(url, _OLD_PAGES)
    return is_there and urlsplit(url).path.rstrip("/").endswith(f"/builds/{build}")
