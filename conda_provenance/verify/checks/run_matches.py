"""``run-matches``: is the run that the package names one of that commit, and did it end well?

The same commit is not "built this": a run that matches may have built anything. Only its log or an
attestation names the file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from conda_provenance.claim import Claim
from conda_provenance.errors import UnavailableError
from conda_provenance.forge_api import host_of, how_to_name
from conda_provenance.remotes import RemoteUrl, RemoteUrlError
from conda_provenance.run_api import Job, Run, RunApi, Trigger, Voucher, named_by_nobody
from conda_provenance.text import listed, show
from conda_provenance.verify.check import Case, Check, World
from conda_provenance.verify.named_runs import (
    NamedRun,
    api_of,
    is_forge_named,
    named_run,
)
from conda_provenance.verify.outcome import Result
from conda_provenance.verify.package_places import PackagePlace, place_of
from conda_provenance.verify.run_logs import RunLogs, jobs_that_name, read_logs
from conda_provenance.verify.same_repository import is_same_repository

_MAX = 200

_PUSHED = frozenset({Trigger.PUSH, Trigger.MERGE_QUEUE, Trigger.TAG, Trigger.RELEASE})
"""These pass. What is neither here nor below is unavailable."""

_NOTED: Mapping[Trigger, str] = {
    Trigger.SCHEDULE: "by a schedule",
    Trigger.MANUAL: "by hand",
    Trigger.API: "through the API",
}
"""These pass, and the sentence says so: nothing was pushed."""


class _Question(NamedTuple):
    """What is asked about one package."""

    case: Case
    world: World
    remote: RemoteUrl
    sha: str
    api: RunApi
    run: Run
    error: UnavailableError | None

    @property
    def shown(self) -> str:
        return f"The run {show(self.run.url, _MAX)}"


class RunMatches(Check):
    id = "run-matches"
    summary = (
        "Is the run that the package names one of that repository and commit, started by a push, a "
        "merge queue, a tag or a release, and did it end well?"
    )
    proves = "that there was such a run. Not that it built this file"

    def check(self, case: Case, world: World) -> Result:
        claim = case.subject.package.claim
        remote, sha = case.subject.remote, case.subject.sha
        if not claim.flow_run_id and not claim.flow_run_url:
            return self.not_applicable("The package names no run.")
        if remote is None or sha is None:
            return self.not_applicable("The package names a run, but no commit of a repository.")

        named = named_run(claim)
        if named is None:
            return self.unavailable(_unnamed(claim))

        providers = case.expected.providers
        if providers and named.provider not in providers:
            return self.failed(
                f"The package says that {show(named.provider, _MAX)} built it, but "
                f"{listed(providers, 'or', 5)} is expected.",
                provider=named.provider,
            )
        return self._asked(case, world, named, remote, sha)

    def _asked(
        self, case: Case, world: World, named: NamedRun, remote: RemoteUrl, sha: str
    ) -> Result:
        api, error = api_of(case, world, named, remote, sha)
        run = api.run()
        if run is None:
            return self.unavailable(
                f"The CI has no run {show(named.run_id, _MAX)} of this repository: "
                "runs are deleted after a while, or it was never there.",
                provider=named.provider,
            )

        asked = _Question(case, world, remote, sha, api, run, error)
        steps = (self._vouched, self._same, self._started, self._workflow, self._ended)
        for step in steps:
            result = step(asked)
            if result is not None:
                return result._replace(facts={**_facts(asked), **result.facts})
        raise AssertionError("the last step always answers")

    def _vouched(self, asked: _Question) -> Result | None:
        """Whose word is it?"""
        host = show(urlsplit(asked.run.url).netloc or asked.run.url, _MAX)
        if asked.run.voucher is Voucher.CLAIM and asked.error is not None:
            return self.unavailable(
                f"The runs at the commit could not be asked for: {asked.error}",
                retry_at=asked.error.retry_at,
            )
        if asked.run.voucher is Voucher.CLAIM:
            return self.unavailable(named_by_nobody(host))
        if asked.run.voucher is Voucher.NAMED:
            return None
        if is_forge_named(asked.case, asked.world, asked.remote):
            return None
        forge = host_of(asked.remote)
        return self.unavailable(f"{forge} says so of itself: {how_to_name(forge)}.")

    def _same(self, asked: _Question) -> Result | None:
        """Is it of this repository and commit?"""
        run = asked.run
        if run.repository is None:
            return self.unavailable(f"{asked.shown} does not say which repository it is of.")
        if not _is_of(run.repository, asked):
            return self.failed(
                f"{asked.shown} is of another repository, {show(run.repository, _MAX)}.",
                contradicts=True,
            )

        if run.trigger is Trigger.PULL_REQUEST:
            return None  # Its commit may be the head, or a merge that nobody else has.
        if run.head_repository is None:
            return self.unavailable(f"{asked.shown} does not say whose commit it built.")
        if not _is_of(run.head_repository, asked):
            return self.failed(
                f"{asked.shown} built a commit of another repository, "
                f"{show(run.head_repository, _MAX)}.",
                contradicts=True,
            )
        if run.sha is None:
            return self.unavailable(f"{asked.shown} does not say which commit it built.")
        if run.sha.lower() != asked.sha.lower():
            return self.failed(
                f"{asked.shown} built another commit, {show(run.sha, _MAX)}.", contradicts=True
            )
        return None

    def _started(self, asked: _Question) -> Result | None:
        """What started it?"""
        trigger, event = asked.run.trigger, show(asked.run.event, _MAX)
        if trigger is Trigger.PULL_REQUEST:
            return self.failed(
                f"{asked.shown} was started by a pull request ({event}): "
                "it built what was not accepted yet."
            )
        if trigger in _PUSHED or trigger in _NOTED:
            return None
        return self.unavailable(
            f"{asked.shown} was started by {event or 'an event that the CI does not name'}: "
            "who wrote what it ran is not known."
        )

    def _workflow(self, asked: _Question) -> Result | None:
        """Is it one of the policy's workflows?"""
        wanted = asked.case.expected.workflows
        if not wanted:
            return None
        if asked.run.workflow is None:
            return self.unavailable(f"{asked.shown} does not say which workflow file it follows.")

        path = _without_ref(asked.run.workflow)
        if path in wanted:
            return None
        return self.failed(
            f"{asked.shown} follows {show(path, _MAX)}, but {listed(wanted, 'or', 5)} is expected."
        )

    def _ended(self, asked: _Question) -> Result:
        """Did it end well, or at least the job that made the package?"""
        run = asked.run
        if not run.is_finished:
            return self.unavailable(f"{asked.shown} is still running.")
        if run.is_success and not asked.case.expected.runners:
            return self._passed(asked, None)

        place = place_of(asked.case.subject)
        logs = read_logs(asked.api, run, asked.world.answers)
        jobs = _makers(logs, place)
        if not jobs:
            return self._nobody(asked, logs)
        return self._judged(asked, jobs)

    def _nobody(self, asked: _Question, logs: RunLogs) -> Result:
        """No job is known to have made the file."""
        jobs = [each.job for each in logs.jobs]
        if jobs and not any(job.is_success for job in jobs) and not asked.run.is_success:
            return self.failed(f"{asked.shown} failed, and so did each of its jobs.")

        state = "ended well" if asked.run.is_success else "failed"
        why = f": {logs.why_unread}" if logs.why_unread else "."
        return self.unavailable(
            f"{asked.shown} {state}, and which of its jobs made the package is not known{why}",
            retry_at=logs.retry_at,
        )

    def _judged(self, asked: _Question, jobs: list[Job]) -> Result:
        good = [job for job in jobs if job.is_success]
        if not good:
            names = ", ".join(show(job.name, _MAX) for job in jobs[:3])
            return self.failed(f"{asked.shown}: the job that named the package failed: {names}.")

        wanted = asked.case.expected.runners
        if wanted:
            labels = {label for job in good for label in job.runner}
            if not labels:
                return self.unavailable(f"{asked.shown} does not say on which machine it ran.")
            if not all(set(job.runner) & set(wanted) for job in good):
                return self.failed(
                    f"{asked.shown} ran on {show(', '.join(sorted(labels)), _MAX)}, but "
                    f"{listed(wanted, 'or', 5)} is expected."
                )
        return self._passed(asked, good[-1])

    def _passed(self, asked: _Question, job: Job | None) -> Result:
        run = asked.run
        how = _NOTED.get(run.trigger) or f"by {show(run.event, _MAX)}"
        part = f", of which the job {show(job.name, _MAX)} ended well" if job else ""
        facts: dict[str, Any] = {"job": job.name, "runner": list(job.runner)} if job else {}
        if run.trigger in _NOTED:
            facts["note"] = f"started {_NOTED[run.trigger]}"
        return self.passed(
            f"{asked.shown} built this commit of this repository, started {how}{part}; "
            "whether it made this file is for artifact-in-run to say.",
            **facts,
        )


def _makers(logs: RunLogs, place: PackagePlace | None) -> list[Job]:
    """The jobs whose log names the file, and its digest where that was computed."""
    if place is None:
        return []
    named = jobs_that_name(logs, place.subdir, place.file_name)
    if place.sha256:
        named = [each for each in named if each[1].sha256 == place.sha256]
    return [job for job, _ in named]


def _without_ref(workflow: str) -> str:
    """The file. The ref stands behind an "@", which files may have in their names, too."""
    path, at, _ = workflow.rpartition("@refs/")
    file = re.match(r".*\.ya?ml(?=@|\Z)", workflow)
    return path if at else file[0] if file else workflow


def _is_of(said: str, asked: _Question) -> bool:
    """Is what a CI calls a repository the one that the package names?

    After a rename the forge has another name for it, and says so where it is asked itself. If it
    cannot be asked, nothing follows: raises :class:`UnavailableError`.
    """
    if _is_same(said, asked.remote):
        return True
    if asked.run.voucher not in (Voucher.FORGE, Voucher.POINTER):
        return False

    now = asked.world.lookup.forge(asked.remote).repository()
    if asked.run.voucher is Voucher.FORGE and said.lower() == now.full_name.lower():
        return True
    return bool(now.url) and _is_renamed(said, now.url or "", asked.remote)


def _is_renamed(said: str, now: str, remote: RemoteUrl) -> bool:
    """Is an address the one that the forge has for the repository by now?"""
    try:
        address = RemoteUrl.parse(now)
    except RemoteUrlError:
        return False
    is_there = (address.host, address.port) == (remote.host, remote.port)
    return is_there and "://" in said and _is_same(said, address)


def _is_same(said: str, remote: RemoteUrl) -> bool:
    if "://" not in said and "@" not in said:
        return said.strip("/").removesuffix(".git").lower() == remote.path.lower()

    return is_same_repository(said, remote) is True


def _facts(asked: _Question) -> dict[str, Any]:
    run = asked.run
    facts: dict[str, Any] = {
        "provider": asked.api.provider,
        "trigger": run.trigger.value,
        "attempt": run.attempt,
        "started": run.started,
        "finished": run.finished,
        "success": run.is_success,
        "voucher": run.voucher.value,
        "run": run.url,
        "repository": run.repository,
        "head_repository": run.head_repository,
        "sha": run.sha,
        "event": run.event,
        "ref": run.ref,
        "workflow": run.workflow,
        **run.further,
    }
    return {key: value for key, value in facts.items() if value is not None}


def _unnamed(claim: Claim) -> str:
    """Why nobody can be asked about a run that begins with no CI's name."""
    if claim.flow_run_id:
        return (
            f"The package calls its run {show(claim.flow_run_id, _MAX)}, without the name of a CI "
            "system in front, as in github_123: nobody knows whom to ask."
        )
    return (
        "The package gives a page as its run, and no id with the name of a CI system: a page is "
        "whatever its maker wrote."
    )


CHECK = RunMatches()
