"""Asks Azure Pipelines about builds.

- The id in a package is ``{build number}.{attempt}``. The number is no address: the organisation,
  the project and the build's id come from the check-run that Azure posts at the commit on GitHub,
  from the address of a repository in Azure Repos, or from what the user or a policy names.
- A number may hold a "*", which the API takes for a prefix: it is refused.
- Azure deletes a build with its log. So no build of that number says nothing.
- ``sourceVersion`` of a pull request is a merge, and its check-run hangs on the head.
- Anybody may look at public projects. Elsewhere Azure answers with a page, or leads to a login.
- A job's log is in parts, one for each of its tasks. Earlier attempts have timelines of their own.

https://learn.microsoft.com/rest/api/azure/devops/build/builds/get
https://learn.microsoft.com/rest/api/azure/devops/build/timeline/get
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple
from urllib.parse import quote, unquote, urlencode, urlsplit

from msgspec import Struct

from conda_provenance.errors import UnavailableError
from conda_provenance.forge_api import Pointer, site_of
from conda_provenance.remotes import RemoteUrl, RemoteUrlError
from conda_provenance.run_api import Job, Run, RunApi, RunClaim, Trigger, Voucher, is_below
from conda_provenance.systems.azure.forge_api import AzureReposApi
from conda_provenance.systems.azure.timelines import Record, Timeline, job_of, previous_timelines

SITE = "https://dev.azure.com"
_VERSION = "api-version=7.1"
_APP = "azure-pipelines"
_GITHUB = "github.com"
_REPOS = "_git"
_MAX_TIMELINES = 20

_TRIGGERS: Mapping[str, Trigger] = {
    "individualCI": Trigger.PUSH,
    "batchedCI": Trigger.PUSH,
    "manual": Trigger.MANUAL,
    "schedule": Trigger.SCHEDULE,
    "pullRequest": Trigger.PULL_REQUEST,
}
_PULL = "refs/pull/"
_TAG = "refs/tags/"


class _Repository(Struct):
    id: str | None = None
    type: str | None = None
    url: str | None = None


class _Build(Struct, rename="camel"):
    id: int
    build_number: str
    status: str
    result: str | None = None
    reason: str | None = None
    source_version: str | None = None
    source_branch: str | None = None
    repository: _Repository | None = None
    start_time: str | None = None
    finish_time: str | None = None


class _Builds(Struct):
    value: list[_Build]


class _Place(NamedTuple):
    """Where a build is looked for."""

    project: str
    """The project's address."""
    voucher: Voucher
    build: str | None = None
    """The build's id, if it is known."""


class AzureRuns(RunApi):
    """The builds of one project."""

    provider = "azure"
    public_hosts = AzureReposApi.public_hosts
    tokens = AzureReposApi.tokens

    @staticmethod
    def authorization(token: str) -> Mapping[str, str]:
        return AzureReposApi.authorization(token)

    @classmethod
    def api_url(cls, claim: RunClaim) -> str:
        return f"{_place(claim).project}/_apis/build"

    def run(self) -> Run | None:
        place = _place(self.claim)
        number, attempt = _number(self.claim.run_id)
        build = self._listed(number) if place.build is None else self._build(place.build)
        if build is None:
            return None
        if build.build_number != number:
            raise UnavailableError("Azure answers with a build of another number.")
        return self._run(build, place, attempt)

    def jobs(self, run: Run) -> Sequence[Job]:
        jobs = []
        for timeline, records in self._timelines(run).items():
            jobs += [job_of(timeline, each) for each in records if each.type == "Job"]
        return jobs

    @contextmanager
    def log(self, run: Run, job: Job) -> Iterator[Iterator[bytes] | None]:
        timeline, _, record = job.id.partition(":")
        records = self._timelines(run).get(timeline, ())
        parts = [
            each.log.id
            for each in records
            if each.log is not None and record in (each.parent_id, each.id)
        ]
        yield self._parts(run, parts) if parts else None

    def _parts(self, run: Run, parts: Sequence[int]) -> Iterator[bytes]:
        for part in parts:
            with self.door.text(
                self._url(f"builds/{run.id}/logs/{part}"), missing=(404, 410)
            ) as text:
                if text is None:
                    raise UnavailableError("A part of a job's log is gone.")
                yield from text
            yield b"\n"

    def _timelines(self, run: Run) -> dict[str, Sequence[Record]]:
        """The records of the build's last attempt, under an empty name, and of earlier ones."""
        found: dict[str, Sequence[Record]] = {}
        waiting = [""]
        while waiting:
            name = waiting.pop()
            if name in found:
                continue
            if len(found) > _MAX_TIMELINES:
                raise UnavailableError(f"The build was tried more than {_MAX_TIMELINES} times.")

            path = f"builds/{run.id}/timeline" + (f"/{quote(name, safe='')}" if name else "")
            timeline = self.door.get(self._url(path), Timeline, missing=(404,))
            if timeline is None:
                raise UnavailableError("The jobs of the build are deleted by now.")
            found[name] = timeline.records or ()
            waiting += previous_timelines(found[name])
        return found

    def _build(self, build: str) -> _Build | None:
        return self.door.get(self._url(f"builds/{build}"), _Build, missing=(404,))

    def _listed(self, number: str) -> _Build | None:
        """The build of this number and commit: pipelines of one project have the same numbers."""
        query = {"buildNumber": number}
        if self.claim.remote.host == _GITHUB:
            query |= {"repositoryId": self.claim.remote.path, "repositoryType": "GitHub"}
        url = self._url("builds", urlencode(query, quote_via=quote))
        page = self.door.get(url, _Builds, missing=(404,))
        builds = [each for each in page.value if each.build_number == number] if page else []
        same = [each for each in builds if each.source_version == self.claim.sha]
        if len(same) > 1:
            raise UnavailableError("Several builds of this commit have that number.")
        if builds and not same:
            raise UnavailableError(
                "Azure has a build of that number, and it is of another commit: each pipeline "
                "counts for itself, and builds are deleted, so whether it is the one that the "
                "package means cannot be told."
            )
        return next(iter(same), None)

    def _url(self, path: str, query: str = "") -> str:
        return f"{self.api_url(self.claim)}/{path}?{'&'.join(filter(None, (query, _VERSION)))}"

    def _run(self, build: _Build, place: _Place, attempt: int | None) -> Run:
        repository = _repository(build.repository, self.claim.remote)
        is_over = build.status == "completed"
        return Run(
            url=f"{place.project}/_build/results?buildId={build.id}",
            id=str(build.id),
            repository=repository,
            head_repository=repository,
            sha=build.source_version,
            trigger=_trigger(build),
            event=build.reason or "",
            voucher=place.voucher,
            is_finished=is_over,
            is_success=build.result == "succeeded" if is_over else None,
            ref=build.source_branch,
            attempt=attempt,
            started=build.start_time,
            finished=build.finish_time,
            further={"build_number": build.build_number},
        )


def _number(run_id: str) -> tuple[str, int | None]:
    """The build's number, and the job's attempt."""
    if "*" in run_id:
        raise UnavailableError('A build\'s number with a "*" would ask for many builds.')
    match = re.fullmatch(r"(.+)\.([1-9]\d{0,3})", run_id, re.DOTALL)
    if match is None:
        raise UnavailableError("The id of a run of Azure Pipelines is BUILD_NUMBER.ATTEMPT.")
    return match[1], int(match[2])


def _place(claim: RunClaim) -> _Place:
    return _of_forge(claim) or _pointed(claim) or _named(claim) or _claimed(claim)


def _of_forge(claim: RunClaim) -> _Place | None:
    """The project of a repository in Azure Repos."""
    before, mark, name = claim.remote.path.partition(f"/{_REPOS}/")
    if not mark:
        return None
    # The project is left out if it has the repository's name.
    is_short = before.count("/") == 0 and claim.remote.host == urlsplit(SITE).hostname
    project = f"{before}/{name}" if is_short else before
    return _Place(f"{site_of(claim.remote)}/{project}", Voucher.FORGE)


def _pointed(claim: RunClaim) -> _Place | None:
    """What Azure's own app has posted at the commit. Nobody else can post for it."""
    number = _number(claim.run_id)[0]
    ours = [each for each in claim.pointers if each.app == _APP and each.is_by_app]
    title = re.compile(rf"Build #{re.escape(number)}(?: .*)?", re.DOTALL)
    named = {
        place for each in ours if title.fullmatch(each.title or "") and (place := _of_check(each))
    }
    if len(named) > 1:
        raise UnavailableError("Several builds of this commit have that number.")
    if named:
        return named.pop()

    # It has posted other builds. One of that number would be in the same project.
    projects = {place.project for each in ours if (place := _of_check(each))}
    return _Place(projects.pop(), Voucher.POINTER) if len(projects) == 1 else None


def _of_check(pointer: Pointer) -> _Place | None:
    """``external_id`` is ``definition|build|project``; the page has the organisation."""
    parts = (pointer.external_id or "").split("|")
    if len(parts) < 3 or not re.fullmatch(r"\d{1,12}", parts[1]):
        return None
    organisation = _first_segment(pointer.url or "")
    if organisation is None or not re.fullmatch(r"[0-9a-fA-F-]{36}", parts[2]):
        return None
    return _Place(f"{SITE}/{organisation}/{parts[2]}", Voucher.POINTER, parts[1])


def _first_segment(url: str) -> str | None:
    if not is_below(url, SITE):
        return None
    segment = urlsplit(url).path.strip("/").split("/")[0]
    return segment if re.fullmatch(r"[\w.-]+", unquote(segment)) else None


def _named(claim: RunClaim) -> _Place | None:
    """The projects that the user or the policy names. The page in the package says which."""
    projects = [each.rstrip("/") for each in claim.named_hosts if _is_project(each)]
    said = [each for each in projects if claim.url and is_below(claim.url, each)]
    found = (said or projects)[:1]
    return _Place(found[0], Voucher.NAMED) if found else None


def _is_project(url: str) -> bool:
    return is_below(url, SITE) and len(urlsplit(url).path.strip("/").split("/")) == 2


def _claimed(claim: RunClaim) -> _Place:
    match = re.match(rf"({re.escape(SITE)}/[^/?#]+/[^/?#]+)/_build/", claim.url or "")
    if match is None:
        raise UnavailableError(
            "Nothing says in which organisation and project of Azure DevOps the build is: no "
            "check-run at the commit, no address of the repository, no policy (ci_hosts)."
        )
    return _Place(match[1], Voucher.CLAIM)


def _repository(repository: _Repository | None, remote: RemoteUrl) -> str | None:
    """Its address.

    One in Azure Repos has several, so that another one than the package's says nothing.
    """
    if repository is None or repository.type is None:
        return None
    if repository.type == "GitHub":
        return f"https://{_GITHUB}/{repository.id}" if repository.id else None

    try:
        is_it = RemoteUrl.parse(repository.url or "") == remote
    except RemoteUrlError:
        return None
    return str(remote) if is_it else None


def _trigger(build: _Build) -> Trigger:
    branch = build.source_branch or ""
    if branch.startswith(_PULL):  # Somebody may build it by hand, too.
        return Trigger.PULL_REQUEST
    trigger = _TRIGGERS.get(build.reason or "", Trigger.OTHER)
    is_tag = trigger is Trigger.PUSH and branch.startswith(_TAG)
    return Trigger.TAG if is_tag else trigger
