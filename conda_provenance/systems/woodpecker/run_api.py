"""Asks a Woodpecker server about pipelines.

- The id in a package names the server, the repository and the number. Anybody may run a server: it
  counts if a status at the commit leads there, or if the user or a policy names it.
- A server's repository has the address of the forge that it works for.
- A pipeline that is run again has a new number.
- Steps are below workflows. Each step has a log: a list of lines in base64.

https://woodpecker-ci.org/api (server/model/pipeline.go, step.go, log.go)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import ClassVar, NamedTuple

from msgspec import Struct

from conda_provenance.api import TokenVariable
from conda_provenance.errors import UnavailableError
from conda_provenance.net import origin_of
from conda_provenance.remotes import RemoteUrl, RemoteUrlError
from conda_provenance.run_api import (
    Job,
    Run,
    RunApi,
    RunClaim,
    Trigger,
    Voucher,
    log_as_json,
    named_by_nobody,
)

_NAME = r"(?!\.{1,2}/)[\w.-]+"
_ID = re.compile(
    rf"(?P<host>[\w.-]+(?::\d{{1,5}})?)/(?P<name>{_NAME}(?:/{_NAME})+)/(?P<number>\d{{1,12}})",
    re.ASCII,
)
_STATUS = "ci/woodpecker/"

_TRIGGERS: Mapping[str, Trigger] = {
    "push": Trigger.PUSH,
    "tag": Trigger.TAG,
    "release": Trigger.RELEASE,
    "cron": Trigger.SCHEDULE,
    "manual": Trigger.MANUAL,
}
_FINISHED = frozenset({"success", "failure", "killed", "error", "declined", "skipped"})
_OUTPUT = (None, 0, 1)
"""The types of lines that a program wrote."""


class _Repository(Struct):
    id: int
    full_name: str
    forge_url: str | None = None
    link_url: str | None = None
    clone_url: str | None = None


class _Step(Struct):
    id: int
    name: str | None = None
    state: str | None = None


class _Workflow(Struct):
    id: int
    name: str | None = None
    state: str | None = None
    children: list[_Step] | None = None
    start_time: int | None = None
    end_time: int | None = None
    started: int | None = None
    finished: int | None = None


class _Pipeline(Struct):
    number: int
    event: str
    status: str
    commit: str
    ref: str | None = None
    branch: str | None = None
    started: int | None = None
    finished: int | None = None
    workflows: list[_Workflow] | None = None


class _Line(Struct):
    data: bytes | None = None
    type: int | None = None


class _Place(NamedTuple):
    server: str
    voucher: Voucher
    name: str
    number: str


class WoodpeckerRuns(RunApi):
    """The pipelines of one repository at one server."""

    provider = "woodpecker"
    tokens: ClassVar[tuple[TokenVariable, ...]] = (
        TokenVariable("WOODPECKER_TOKEN", "WOODPECKER_SERVER"),
    )

    @classmethod
    def api_url(cls, claim: RunClaim) -> str:
        return f"{_place(claim).server}/api"

    def run(self) -> Run | None:
        repository = self._repository()
        if repository is None:
            return None
        place = _place(self.claim)
        found = self.door.get(self._url(repository), _Pipeline, missing=(404,))
        address = _address(repository, self.claim.remote)
        return None if found is None else _run(found, repository.id, place, address)

    def jobs(self, run: Run) -> Sequence[Job]:  # noqa: ARG002
        return [_job(each) for each in self._workflows()]

    @contextmanager
    def log(self, run: Run, job: Job) -> Iterator[Iterator[bytes] | None]:  # noqa: ARG002
        steps = [
            step.id
            for workflow in self._workflows()
            if str(workflow.id) == job.id
            for step in workflow.children or ()
            if step.state != "skipped"
        ]
        yield self._parts(steps) if steps else None

    def _parts(self, steps: Sequence[int]) -> Iterator[bytes]:
        repository = self._repository()
        assert repository is not None
        place = _place(self.claim)
        top = f"{place.server}/api/repos/{repository.id}/logs/{place.number}"
        for step in steps:
            lines = log_as_json(self.door, f"{top}/{step}", list[_Line])
            if lines is None:
                raise UnavailableError("A part of a job's log is gone.")
            for line in lines:
                if line.type in _OUTPUT:
                    yield (line.data or b"").rstrip(b"\n") + b"\n"

    def _workflows(self) -> Sequence[_Workflow]:
        repository = self._repository()
        found = repository and self.door.get(self._url(repository), _Pipeline, missing=(404,))
        return (found.workflows if found else None) or ()

    def _repository(self) -> _Repository | None:
        place = _place(self.claim)
        url = f"{place.server}/api/repos/lookup/{place.name}"
        return self.door.get(url, _Repository, missing=(404,))

    def _url(self, repository: _Repository) -> str:
        place = _place(self.claim)
        return f"{place.server}/api/repos/{repository.id}/pipelines/{place.number}"


def _place(claim: RunClaim) -> _Place:
    match = _ID.fullmatch(claim.run_id)
    if match is None:
        raise UnavailableError("The id of a run of Woodpecker is HOST/OWNER/NAME/NUMBER.")

    name, number = match["name"], match["number"]
    for pointer in claim.pointers:
        server = _server(pointer.url or "", match["host"])
        if server and pointer.app.startswith(_STATUS):
            return _Place(server, Voucher.POINTER, name, number)
    for named in claim.named_hosts:
        server = _server(named, match["host"])
        if server:
            return _Place(server, Voucher.NAMED, name, number)
    # Its answer would prove nothing, so a stranger's server is not asked at all.
    raise UnavailableError(named_by_nobody(match["host"]))


def _server(url: str, host: str) -> str | None:
    """The server at this host, if the address is at it."""
    origin = origin_of(url)
    is_it = origin is not None and origin.shown == host.lower()
    return f"{origin.scheme}://{origin.shown}" if origin and is_it else None


def _address(repository: _Repository, remote: RemoteUrl) -> str | None:
    """Where the repository is. ``None``: it may be known inside one network only.

    A server may reach its forge by another name than everybody else.
    """
    address = repository.clone_url or repository.forge_url or repository.link_url
    try:
        said = RemoteUrl.parse(address or "")
    except RemoteUrlError:
        return None
    is_elsewhere = (said.host, said.port) != (remote.host, remote.port)
    return None if is_elsewhere and said.path.lower() == remote.path.lower() else str(said)


def _run(found: _Pipeline, repository: int, place: _Place, address: str | None) -> Run:
    is_over = found.status in _FINISHED
    return Run(
        url=f"{place.server}/repos/{repository}/pipeline/{found.number}",
        id=f"{repository}/{found.number}",
        repository=address,
        head_repository=address,
        sha=found.commit,
        trigger=_trigger(found.event),
        event=found.event,
        voucher=place.voucher,
        is_finished=is_over,
        is_success=found.status == "success" if is_over else None,
        ref=found.ref,
        started=_text(found.started),
        finished=_text(found.finished),
    )


def _trigger(event: str) -> Trigger:
    if event.startswith("pull_request"):
        return Trigger.PULL_REQUEST
    return _TRIGGERS.get(event, Trigger.OTHER)


def _job(workflow: _Workflow) -> Job:
    is_over = workflow.state in _FINISHED
    return Job(
        id=str(workflow.id),
        name=workflow.name or "",
        is_success=workflow.state == "success" if is_over else None,
        is_finished=is_over,
        has_run=workflow.state != "skipped",
        started=_text(workflow.started or workflow.start_time),
        finished=_text(workflow.finished or workflow.end_time),
    )


def _text(seconds: int | None) -> str | None:
    """As ISO 8601. 0: it has not happened."""
    if not seconds:
        return None
    from datetime import datetime, timezone

    try:
        return datetime.fromtimestamp(seconds, timezone.utc).isoformat()
    except (OverflowError, ValueError, OSError):
        return None
