"""The logs of a run's jobs, and what each says about package files. Nothing is judged here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from conda_provenance.errors import UnavailableError
from conda_provenance.run_api import Job, Run, RunApi
from conda_provenance.verify.answers import Answer, Answers
from conda_provenance.verify.log_answers import log_answer
from conda_provenance.verify.mentions import Mention, decoded, encoded, find_mentions

MAX_JOBS = 500


class JobLog(NamedTuple):
    """One job, and what its log says."""

    job: Job
    mentions: tuple[Mention, ...] = ()
    why_unread: str = ""
    """Why its log could not be read. Empty: it was read to its end."""
    retry_at: float | None = None


class RunLogs(NamedTuple):
    """All jobs of a run that ran."""

    jobs: tuple[JobLog, ...]
    is_whole: bool
    """Was every log of every job and attempt read to its end?"""

    @property
    def why_unread(self) -> str:
        """Why one of them was not read. Empty: all were."""
        return next((each.why_unread for each in self.jobs if each.why_unread), "")

    @property
    def retry_at(self) -> float | None:
        return max((each.retry_at for each in self.jobs if each.retry_at), default=None)


def read_logs(api: RunApi, run: Run, answers: Answers) -> RunLogs:
    """Read the logs of the run's own jobs. Raises if it cannot be asked which jobs there are."""
    ran = [job for job in api.jobs(run) if job.has_run]
    if len(ran) > MAX_JOBS:
        raise UnavailableError(f"The run has more than {MAX_JOBS} jobs.")

    logs = tuple(_read(api, run, job, answers) for job in ran)
    has_all = api.lists_all_attempts or run.attempt == 1
    is_whole = bool(logs) and has_all and not any(each.why_unread for each in logs)
    return RunLogs(logs, is_whole)


def _read(api: RunApi, run: Run, job: Job, answers: Answers) -> JobLog:
    def ask() -> Answer:
        with api.log(run, job) as pieces:
            return log_answer(
                pieces,
                lambda log: encoded(find_mentions(log)),
                with_token=bool(api.door.scope),
            )

    try:
        question = f"LOG {api.log_name(run, job)}"
        answer = answers.get(question, ask, scope=api.door.scope)
    except UnavailableError as error:
        return JobLog(job, (), str(error), error.retry_at)

    if answer.about.get("log") != "lines":
        return JobLog(job, (), "A log is gone: CIs delete logs after some weeks or months.")
    return JobLog(job, tuple(decoded(answer.body)))


def jobs_that_name(logs: RunLogs, subdir: str, file_name: str) -> Sequence[tuple[Job, Mention]]:
    """The jobs whose log names this file, with what they say, in their order."""
    return [
        (each.job, mention)
        for each in logs.jobs
        for mention in each.mentions
        if (mention.subdir, mention.file_name) == (subdir, file_name)
    ]
