"""Asks Bitbucket Cloud about its Pipelines.

- A pipeline's UUID stands in braces, which an address has as ``%7B`` and ``%7D``.
- A pipeline of a pull request has a target of its own kind. It has no repository of its head.
- Steps that are run again keep no log that can be asked for by what is documented.
- What started a pipeline is in the type of its trigger (``pipeline_trigger_push``).

https://developer.atlassian.com/cloud/bitbucket/rest/api-group-pipelines/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager

from msgspec import Struct

from conda_provenance.api import Reply
from conda_provenance.errors import UnavailableError
from conda_provenance.forge_api import path_of
from conda_provenance.run_api import Job, Run, RunApi, RunClaim, Trigger, Voucher
from conda_provenance.systems.bitbucket.forge_api import BitbucketApi

_HOST = "bitbucket.org"
_API = f"https://api.{_HOST}/2.0"
_UUID = re.compile(r"\{?([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\}?")

_TRIGGERS: Mapping[str, Trigger] = {
    "push": Trigger.PUSH,
    "manual": Trigger.MANUAL,
    "schedule": Trigger.SCHEDULE,
    "api": Trigger.API,
    "pullrequest": Trigger.PULL_REQUEST,
    "pull_request": Trigger.PULL_REQUEST,
}
_PREFIX = "pipeline_trigger_"


class _Named(Struct):
    name: str | None = None
    type: str | None = None


class _State(Struct):
    name: str
    result: _Named | None = None


class _Commit(Struct):
    hash: str | None = None


class _Target(Struct):
    type: str | None = None
    ref_type: str | None = None
    ref_name: str | None = None
    commit: _Commit | None = None


class _Repository(Struct):
    full_name: str | None = None


class _Pipeline(Struct):
    uuid: str
    state: _State
    target: _Target
    build_number: int | None = None
    trigger: _Named | None = None
    repository: _Repository | None = None
    created_on: str | None = None
    completed_on: str | None = None


class _Step(Struct):
    uuid: str
    state: _State
    name: str | None = None
    started_on: str | None = None
    completed_on: str | None = None


class _Steps(Struct):
    values: list[_Step]
    next: str | None = None


class BitbucketRuns(RunApi):
    """The pipelines of one repository."""

    provider = "bitbucket"
    is_of_forge = True
    lists_all_attempts = False
    public_hosts = BitbucketApi.public_hosts
    tokens = BitbucketApi.tokens

    @classmethod
    def api_url(cls, claim: RunClaim) -> str:
        if claim.remote.host != _HOST:
            raise UnavailableError("Bitbucket Data Center has no Pipelines.")
        return f"{_API}/repositories/{path_of(claim.remote, count=2)}"

    def run(self) -> Run | None:
        found = self.door.get(self._url(), _Pipeline, missing=(404,))
        return None if found is None else self._run(found)

    def jobs(self, run: Run) -> Sequence[Job]:  # noqa: ARG002
        pages = self.door.pages(f"{self._url()}/steps?pagelen=100", _Steps, next_page=_next)
        return [_job(each) for page in pages for each in page.values]

    def log(self, run: Run, job: Job) -> AbstractContextManager[Iterator[bytes] | None]:  # noqa: ARG002
        return self.door.text(f"{self._url()}/steps/{_braced(job.id)}/log", missing=(404, 410))

    def _url(self) -> str:
        return f"{self.api_url(self.claim)}/pipelines/{_braced(self.claim.run_id)}"

    def _run(self, found: _Pipeline) -> Run:
        repository = found.repository.full_name if found.repository else None
        trigger, event = _trigger(found)
        number = found.build_number
        is_over = found.state.name == "COMPLETED"
        return Run(
            url=f"{self.claim.remote}/pipelines/results/{number}" if number else self._url(),
            id=found.uuid,
            repository=repository,
            head_repository=repository,
            sha=_whole(found.target.commit),
            trigger=trigger,
            event=event,
            voucher=Voucher.FORGE,
            is_finished=is_over,
            is_success=_is_success(found.state),
            ref=found.target.ref_name,
            started=found.created_on,
            finished=found.completed_on,
        )


def _braced(uuid: str) -> str:
    match = _UUID.fullmatch(uuid)
    if match is None:
        raise UnavailableError("The id of a pipeline of Bitbucket is a UUID.")
    return f"%7B{match[1].lower()}%7D"


def _whole(commit: _Commit | None) -> str | None:
    """The hash, if it is not shortened, as Bitbucket does here and there."""
    return commit.hash if commit and commit.hash and len(commit.hash) >= 40 else None


def _trigger(found: _Pipeline) -> tuple[Trigger, str]:
    given = found.trigger or _Named()
    event = (given.type or given.name or "").lower().removeprefix(_PREFIX)
    if "pullrequest" in (found.target.type or ""):
        return Trigger.PULL_REQUEST, event or "pull request"

    trigger = _TRIGGERS.get(event, Trigger.OTHER)
    is_tag = trigger is Trigger.PUSH and found.target.ref_type == "tag"
    return (Trigger.TAG if is_tag else trigger), event


def _is_success(state: _State) -> bool | None:
    if state.name != "COMPLETED" or state.result is None or state.result.name is None:
        return None
    return state.result.name == "SUCCESSFUL"


def _job(step: _Step) -> Job:
    result = step.state.result.name if step.state.result else None
    return Job(
        id=step.uuid,
        name=step.name or "",
        is_success=_is_success(step.state),
        is_finished=step.state.name == "COMPLETED",
        has_run=result != "NOT_RUN",
        started=step.started_on,
        finished=step.completed_on,
    )


def _next(_reply: Reply, page: object) -> str | None:
    return page.next if isinstance(page, _Steps) else None
