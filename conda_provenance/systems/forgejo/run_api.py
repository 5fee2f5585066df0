"""Asks Forgejo about runs of its Actions.

- Its fields have other names than Gitea's. There is no ``conclusion``: ``status`` says it all.
- ``event`` is often empty, and then ``trigger_event`` has it.
- No documentation that could be confirmed says how a job's log is asked for.

https://codeberg.org/forgejo/forgejo (modules/structs/action.go)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager

from msgspec import Struct

from conda_provenance.errors import UnavailableError
from conda_provenance.run_api import Job, Run, RunApi, RunClaim, Voucher
from conda_provenance.systems.forgejo.forge_api import ForgejoApi
from conda_provenance.systems.gitea.run_api import number_of
from conda_provenance.systems.github.triggers import trigger_of

_FINISHED = frozenset({"success", "failure", "cancelled", "skipped"})


class _Repository(Struct):
    full_name: str


class _Run(Struct):
    id: int
    commit_sha: str
    status: str
    event: str | None = None
    trigger_event: str | None = None
    prettyref: str | None = None
    html_url: str | None = None
    workflow_id: str | None = None
    is_fork_pull_request: bool | None = None
    repository: _Repository | None = None
    started: str | None = None
    stopped: str | None = None


class ForgejoRuns(RunApi):
    """The runs of one repository."""

    provider = "forgejo"
    is_of_forge = True
    lists_all_attempts = False
    public_hosts = ForgejoApi.public_hosts
    tokens = ForgejoApi.tokens
    headers = ForgejoApi.headers

    @staticmethod
    def authorization(token: str) -> Mapping[str, str]:
        return ForgejoApi.authorization(token)

    @classmethod
    def api_url(cls, claim: RunClaim) -> str:
        return ForgejoApi.api_url(claim.remote, claim.prefix)

    def run(self) -> Run | None:
        url = f"{self.api_url(self.claim)}/actions/runs/{number_of(self.claim)}"
        found = self.door.get(url, _Run, missing=(404,))
        if found is None:
            return None

        event = found.trigger_event or found.event or ""
        repository = found.repository.full_name if found.repository else None
        is_over = found.status in _FINISHED
        return Run(
            url=found.html_url or url,
            id=str(found.id),
            repository=repository,
            head_repository=None if found.is_fork_pull_request else repository,
            sha=found.commit_sha,
            trigger=trigger_of(event),
            event=event,
            voucher=Voucher.FORGE,
            is_finished=is_over,
            is_success=found.status == "success" if is_over else None,
            ref=found.prettyref,
            started=found.started,
            finished=found.stopped if is_over else None,
            workflow=found.workflow_id,
        )

    def jobs(self, run: Run) -> Sequence[Job]:  # noqa: ARG002
        raise _no_logs()

    def log(self, run: Run, job: Job) -> AbstractContextManager[Iterator[bytes] | None]:  # noqa: ARG002
        raise _no_logs()


def _no_logs() -> UnavailableError:
    return UnavailableError("This version of Forgejo has no documented way to ask for logs.")
