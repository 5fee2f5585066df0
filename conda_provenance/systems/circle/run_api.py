"""Asks CircleCI about workflows.

- A workflow belongs to a pipeline, which knows the commit. If it is run again, it has a new id.
- A fork's pull request has another ``origin_repository_url`` than ``target_repository_url``.
- Projects of the GitHub App have no addresses in ``vcs``. Then nothing says which repository it is.
- A log is in parts, at addresses that the older API (v1.1) gives. Those at other servers than
  CircleCI's own are not asked.

https://circleci.com/docs/api/v2/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar
from urllib.parse import quote, urlencode

from msgspec import Struct

from conda_provenance.api import Reply, TokenVariable
from conda_provenance.errors import UnavailableError
from conda_provenance.forge_api import Pointer
from conda_provenance.run_api import (
    Job,
    Run,
    RunApi,
    RunClaim,
    Trigger,
    Voucher,
    is_below,
    is_named,
    log_as_json,
)

SITE = "https://circleci.com"
_PAGES = "https://app.circleci.com/pipelines"
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_CHECKS = "circleci-checks"
_STATUS = "ci/circleci"

_TRIGGERS: Mapping[str, Trigger] = {
    "webhook": Trigger.PUSH,
    "scheduled_pipeline": Trigger.SCHEDULE,
    "schedule": Trigger.SCHEDULE,
    "explicit": Trigger.MANUAL,
    "api": Trigger.API,
}
_FINISHED = frozenset({"success", "failed", "error", "canceled", "not_run", "unauthorized"})
_PULL = re.compile(r"pull/\d+(?:/|\Z)")
_HOSTS = {"gh": "github", "github": "github", "bb": "bitbucket", "bitbucket": "bitbucket"}


class _Workflow(Struct):
    id: str
    status: str
    pipeline_id: str
    project_slug: str | None = None
    name: str | None = None
    created_at: str | None = None
    stopped_at: str | None = None


class _Vcs(Struct):
    revision: str | None = None
    branch: str | None = None
    tag: str | None = None
    origin_repository_url: str | None = None
    target_repository_url: str | None = None


class _Trigger(Struct):
    type: str | None = None


class _Pipeline(Struct):
    id: str
    vcs: _Vcs | None = None
    trigger: _Trigger | None = None
    number: int | None = None


class _Job(Struct):
    id: str
    name: str
    status: str
    job_number: int | None = None
    started_at: str | None = None
    stopped_at: str | None = None


class _Jobs(Struct):
    items: list[_Job]
    next_page_token: str | None = None


class _Action(Struct):
    output_url: str | None = None
    has_output: bool | None = None
    truncated: bool | None = None


class _Step(Struct):
    actions: list[_Action] | None = None


class _Build(Struct):
    steps: list[_Step] | None = None


class _Message(Struct):
    message: Any = None


class CircleRuns(RunApi):
    """The workflows of CircleCI's cloud."""

    provider = "circle"
    public_hosts = ("circleci.com",)
    tokens: ClassVar[tuple[TokenVariable, ...]] = (TokenVariable("CIRCLE_TOKEN"),)

    @staticmethod
    def authorization(token: str) -> Mapping[str, str]:
        return {"Circle-Token": token}

    @classmethod
    def api_url(cls, claim: RunClaim) -> str:  # noqa: ARG003
        return f"{SITE}/api"

    def run(self) -> Run | None:
        if not _UUID.fullmatch(self.claim.run_id):
            raise UnavailableError("The id of a workflow of CircleCI is a UUID.")
        workflow = self.door.get(self._url(self.claim.run_id), _Workflow, missing=(404,))
        if workflow is None:
            return None

        pipeline = self.door.get(
            f"{SITE}/api/v2/pipeline/{quote(workflow.pipeline_id, safe='')}",
            _Pipeline,
            missing=(404,),
        )
        return None if pipeline is None else self._run(workflow, pipeline)

    def jobs(self, run: Run) -> Sequence[Job]:
        url = f"{self._url(run.id)}/job"
        pages = self.door.pages(url, _Jobs, next_page=_next(url))
        return [_job(each) for page in pages for each in page.items]

    @contextmanager
    def log(self, run: Run, job: Job) -> Iterator[Iterator[bytes] | None]:
        slug, number = run.further.get("project", ""), job.further.get("number", "")
        if not slug or not number:
            yield None
            return

        build = self.door.get(
            f"{SITE}/api/v1.1/project/{quote(slug, safe='/')}/{number}", _Build, missing=(404,)
        )
        steps = (build.steps or ()) if build else ()
        actions = [
            each for step in steps for each in step.actions or () if each.has_output is not False
        ]
        yield self._parts(actions) if actions else None

    def _parts(self, actions: Sequence[_Action]) -> Iterator[bytes]:
        for action in actions:
            url = action.output_url
            if not url:
                continue
            if action.truncated:
                raise UnavailableError("CircleCI has cut this log.")
            if not is_below(url, SITE):
                raise UnavailableError("CircleCI keeps this log at another server.")
            messages = log_as_json(self.door, url, list[_Message])
            if messages is None:
                raise UnavailableError("A part of a job's log is gone.")
            for each in messages:
                if isinstance(each.message, str):
                    yield each.message.encode("utf-8", "replace")

    def _url(self, workflow: str) -> str:
        return f"{SITE}/api/v2/workflow/{quote(workflow, safe='')}"

    def _run(self, workflow: _Workflow, pipeline: _Pipeline) -> Run:
        vcs = pipeline.vcs or _Vcs()
        is_over = workflow.status in _FINISHED
        kind = pipeline.trigger.type if pipeline.trigger else None
        return Run(
            url=f"{_PAGES}/workflows/{workflow.id}",
            id=workflow.id,
            repository=vcs.target_repository_url,
            head_repository=vcs.origin_repository_url,
            sha=vcs.revision,
            trigger=_trigger(kind, vcs),
            event=kind or "",
            voucher=self._voucher(workflow),
            is_finished=is_over,
            is_success=workflow.status == "success" if is_over else None,
            ref=vcs.tag or vcs.branch,
            started=workflow.created_at,
            finished=workflow.stopped_at,
            further={"project": workflow.project_slug} if workflow.project_slug else {},
        )

    def _voucher(self, workflow: _Workflow) -> Voucher:
        if any(_points_to(each, workflow) for each in self.claim.pointers):
            return Voucher.POINTER
        vendor, _, rest = (workflow.project_slug or "").partition("/")
        place = f"{_PAGES}/{_HOSTS.get(vendor, vendor)}/{rest}"
        return Voucher.NAMED if rest and is_named(self.claim, place) else Voucher.CLAIM


def _points_to(pointer: Pointer, workflow: _Workflow) -> bool:
    """Does a check-run of CircleCI's app lead to this workflow, or a status to its project?"""
    is_ours = (pointer.is_by_app and pointer.app == _CHECKS) or pointer.app.startswith(_STATUS)
    url = pointer.url or ""
    is_there = is_below(url, SITE) or is_below(url, _PAGES)
    slug = workflow.project_slug
    return (
        is_ours
        and is_there
        and (
            workflow.id in url
            or workflow.id in (pointer.external_id or "")
            or bool(slug and f"/{slug}/".lower() in f"{url}/".lower())
        )
    )


def _trigger(kind: str | None, vcs: _Vcs) -> Trigger:
    if _PULL.match(vcs.branch or ""):
        return Trigger.PULL_REQUEST
    trigger = _TRIGGERS.get(kind or "", Trigger.OTHER)
    return Trigger.TAG if trigger is Trigger.PUSH and vcs.tag else trigger


def _job(job: _Job) -> Job:
    is_over = job.status in _FINISHED
    return Job(
        id=job.id,
        name=job.name,
        is_success=job.status == "success" if is_over else None,
        is_finished=is_over,
        # An approval has no number, and neither has a job that did not run.
        has_run=job.job_number is not None and job.status != "not_run",
        started=job.started_at,
        finished=job.stopped_at,
        further={} if job.job_number is None else {"number": str(job.job_number)},
    )


def _next(url: str) -> Any:
    def following(_reply: Reply, page: object) -> str | None:
        token = page.next_page_token if isinstance(page, _Jobs) else None
        return f"{url}?{urlencode({'page-token': token})}" if token else None

    return following
