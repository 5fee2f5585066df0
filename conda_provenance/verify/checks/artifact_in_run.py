"""``artifact-in-run``: does the run's own log name this file with this digest?

A log is written by what is built, so it can say anything; what it cannot is change afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from conda_provenance.errors import UnavailableError
from conda_provenance.run_api import Job, Run, RunApi
from conda_provenance.text import show
from conda_provenance.verify.attested.listing import Listing
from conda_provenance.verify.check import Case, Check, World
from conda_provenance.verify.checks.run_matches import RunMatches
from conda_provenance.verify.grounds import ATTESTED
from conda_provenance.verify.mentions import By, Mention
from conda_provenance.verify.named_runs import api_of, named_run
from conda_provenance.verify.outcome import Outcome, Result
from conda_provenance.verify.package_places import PackagePlace, place_of
from conda_provenance.verify.run_logs import RunLogs, jobs_that_name, read_logs

_MAX = 200
_MAX_LISTED = 20

_Named = Sequence[tuple[Job, Mention]]


class _Found(NamedTuple):
    """What the logs of a run say of one file."""

    place: PackagePlace
    run: Run
    logs: RunLogs
    named: _Named

    @property
    def sha256(self) -> str:
        return self.place.sha256 or ""


class ArtifactInRun(Check):
    id = "artifact-in-run"
    summary = "Do the file's name and digest stand together in that run's log?"
    proves = "that this run built these bytes, by a log that the build itself writes"

    def check(self, case: Case, world: World) -> Result:
        before = case.results.get(RunMatches.id)
        if before is None or before.outcome is not Outcome.PASS:
            return self._without_run(before)

        place = place_of(case.subject)
        if place is None:
            return self.unavailable(
                "Logs name a file by its platform and name, and this package does not have both."
            )
        if place.sha256 is None:
            return self.unavailable(
                "The bytes of the file were not read, so its digest is unknown: --check reads them."
            )

        api = _api(case, world)
        run = None if api is None else api.run()
        if api is None or run is None:
            return self.unavailable("The run that matched is not there any more.")

        logs = read_logs(api, run, world.answers)
        named = jobs_that_name(logs, place.subdir, place.file_name)
        result = self._judged(_Found(place, run, logs, named))
        if result.outcome is Outcome.UNAVAILABLE:
            return self._listed(result, case, world, place.sha256)
        return result

    def _without_run(self, before: Result | None) -> Result:
        if before is not None and before.outcome is Outcome.NOT_APPLICABLE:
            return self.not_applicable("The package names no run whose log could be read.")
        return self.unavailable("The logs were not read, because run-matches did not pass.")

    def _judged(self, found: _Found) -> Result:
        facts = _facts(found)
        if not found.named:
            return self._never_named(found, facts)

        for attempt in _attempts(found.named):
            counted = _counted(attempt)
            if {mention.sha256 for _, mention in counted} == {found.sha256}:
                good = [each for each in counted if each[0].is_success is not False]
                return self._named(found, (good or counted)[-1], facts)

        digests = {mention.sha256 for _, mention in found.named}
        is_clear = all(len(_digests(attempt)) == 1 for attempt in _attempts(found.named))
        if found.sha256 in digests or not is_clear:
            return self.unavailable(
                f"The log contradicts itself: it names {show(found.place.path, _MAX)} with "
                f"{len(digests)} digests.",
                **facts,
            )
        if not found.logs.is_whole:
            return self.unavailable(
                f"The log names {show(found.place.path, _MAX)} with another digest, but not every "
                f"job and attempt could be read{_because(found.logs)}",
                retry_at=found.logs.retry_at,
                **facts,
            )
        return self.failed(
            f"The run's log names {show(found.place.path, _MAX)} with another digest, and every "
            "job and attempt was read.",
            contradicts=True,
            **facts,
        )

    def _never_named(self, found: _Found, facts: dict[str, Any]) -> Result:
        path = show(found.place.path, _MAX)
        if found.logs.is_whole:
            return self.unavailable(
                f"The run's whole log never names {path} with a digest: many builds print none.",
                **facts,
            )
        return self.unavailable(
            f"No log that could be read names {path} with a digest{_because(found.logs)}",
            retry_at=found.logs.retry_at,
            **facts,
        )

    def _named(self, found: _Found, last: tuple[Job, Mention], facts: dict[str, Any]) -> Result:
        job, mention = last
        where = f"the job {show(job.name, _MAX)}" if job.name else "a job"
        facts |= {"by": mention.by.value, **({"job": job.name} if job.name else {})}
        if job.is_success is False:
            return self.failed(
                f"{show(found.place.path, _MAX)} is named with this digest by {where}, "
                "which failed.",
                **facts,
            )
        return self.passed(
            f"{show(found.place.path, _MAX)} is named with this digest in {where} of the run, by a "
            "log that the build itself writes.",
            **facts,
        )

    def _listed(self, result: Result, case: Case, world: World, sha256: str) -> Result:
        """Add that the forge lists attestations of the file. None of them is verified here."""
        remote = case.subject.remote
        if remote is None:
            return result
        try:
            listed = Listing(world.lookup.forge(remote), sha256, world).entries()
        except (UnavailableError, NotImplementedError):
            return result
        if not listed:
            return result

        where = "it was not verified here" if _is_left_out(case) else f"see the check {ATTESTED}"
        return result._replace(
            message=f"{result.message} An attestation of this digest is listed by the forge; "
            f"{where}.",
            facts={**result.facts, "listed": [each.page for each in listed[:_MAX_LISTED]]},
        )


def _is_left_out(case: Case) -> bool:
    """Is the check that verifies attestations left out by the user?"""
    only, skip = case.expected.only, case.expected.skip
    return ATTESTED in skip or bool(only and ATTESTED not in only)


def _api(case: Case, world: World) -> RunApi | None:
    named = named_run(case.subject.package.claim)
    remote, sha = case.subject.remote, case.subject.sha
    if named is None or remote is None or sha is None:
        return None
    return api_of(case, world, named, remote, sha).api


def _attempts(named: _Named) -> Iterable[_Named]:
    """What each attempt of the run says."""
    by_attempt: dict[int, list[tuple[Job, Mention]]] = {}
    for job, mention in named:
        by_attempt.setdefault(job.attempt or 0, []).append((job, mention))
    return by_attempt.values()


def _digests(named: _Named) -> set[str]:
    return {mention.sha256 for _, mention in named}


def _counted(attempt: _Named) -> _Named:
    """What counts of an attempt: every block, and the last of our lines in the last job with one.

    A file may be stamped again, in its job or in one after it. Then our line is printed again, and
    the earlier one is of bytes that are no more.
    """
    ours = [each for each in attempt if each[1].by is By.LINE]
    others = [each for each in attempt if each[1].by is not By.LINE]
    last = _last_job([job for job, _ in ours])
    if last is None:
        return [*others, *ours]
    return [*others, [each for each in ours if each[0] == last][-1]]


def _last_job(jobs: Sequence[Job]) -> Job | None:
    """The job that began when all others had ended. ``None``: there is none that is known to."""
    different = list(dict.fromkeys(job.id for job in jobs))
    if len(different) == 1:
        return jobs[-1]

    for last in jobs:
        others = [job for job in jobs if job.id != last.id]
        if all(_is_before(job, last) for job in others):
            return last
    return None


def _is_before(job: Job, other: Job) -> bool:
    return bool(job.finished and other.started and job.finished <= other.started)


def _because(logs: RunLogs) -> str:
    return f": {logs.why_unread}" if logs.why_unread else "."


def _facts(found: _Found) -> dict[str, Any]:
    said = [
        {
            "job": job.name,
            "attempt": job.attempt,
            "sha256": mention.sha256,
            "by": mention.by.value,
        }
        for job, mention in found.named[:_MAX_LISTED]
    ]
    return {
        "run": found.run.url,
        "file": found.place.path,
        "sha256": found.sha256,
        "named": said,
        "jobs_read": sum(not each.why_unread for each in found.logs.jobs),
        "jobs_unread": sum(bool(each.why_unread) for each in found.logs.jobs),
        "whole": found.logs.is_whole,
    }


CHECK = ArtifactInRun()
