"""Azure Pipelines, with the check-runs that its app posts on GitHub."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from ci_model import CiJob
from ci_server import CiServer, stamped, text
from forge_server import Answer, Asked, missing

from conda_provenance.run_api import Trigger

PROJECT = "84710dde-1620-425b-80d0-4cf5baca359d"
NUMBER = "20260226.1"


class AzurePipelines(CiServer):
    provider = "azure"
    sites = ("https://dev.azure.com",)
    named = "https://dev.azure.com/conda-forge/feedstock-builds"
    flow_run_id = f"azure_{NUMBER}.1"
    flow_run_url = f"{named}/_build/results?buildId=1472776"
    tells_head = False
    events: ClassVar[Any] = {
        Trigger.PUSH: "individualCI",
        Trigger.SCHEDULE: "schedule",
        Trigger.MANUAL: "manual",
        Trigger.PULL_REQUEST: "pullRequest",
        Trigger.OTHER: "buildCompletion",
    }
    top_path = "/conda-forge/(?:feedstock-builds|" + PROJECT + ")/_apis/build/builds"
    routes: ClassVar[Any] = (
        ("GET", top_path, "get_builds"),
        ("GET", f"{top_path}/1472776", "get_build"),
        ("GET", f"{top_path}/1472776/timeline(?:/(?P<name>attempt\\d+))?", "get_timeline"),
        ("GET", f"{top_path}/1472776/logs/(?P<log>\\d+)", "get_log"),
    )

    def check_runs(self) -> list[dict[str, Any]]:
        common = {
            "app": {"slug": "azure-pipelines"},
            "head_sha": self.model.sha,
            "status": "completed",
            "conclusion": "success",
        }
        page = f"https://dev.azure.com/conda-forge/{PROJECT}/_build/results?buildId="
        return [
            {
                **common,
                "name": "hello-feedstock",
                "external_id": f"27383|{build}|{PROJECT}",
                "details_url": f"{page}{build}",
                "output": {"title": f"Build #{number} succeeded"},
            }
            for number, build in (("20260226.10", 1472790), (NUMBER, 1472776))
        ]

    def build_json(self) -> dict[str, Any] | None:
        run = self.run
        if run is None:
            return None
        is_pull = run.trigger is Trigger.PULL_REQUEST
        return {
            "id": 1472776,
            "buildNumber": NUMBER,
            "buildNumberRevision": 1,
            "status": "completed" if run.finished else "inProgress",
            "result": ("succeeded" if run.success else "failed") if run.finished else None,
            "reason": self.event(run),
            "sourceBranch": "refs/pull/10/merge" if is_pull else "refs/heads/main",
            "sourceVersion": run.sha,
            "repository": {"id": run.repository, "type": "GitHub", "url": None},
            "definition": {"id": 27383},
            "startTime": "2026-02-26T13:00:00.1234567Z",
            "finishTime": "2026-02-26T13:31:00.1234567Z",
            "triggerInfo": {},
        }

    def get_builds(self, asked: Asked) -> Answer:
        build = self.build_json()
        fits = (
            build is not None
            and asked.query.get("buildNumber") == NUMBER
            and asked.query.get("repositoryId", build["repository"]["id"])
            == build["repository"]["id"]
        )
        return Answer({"count": int(fits), "value": [build] if fits else []})

    def get_build(self, asked: Asked) -> Answer:
        build = self.build_json()
        return missing() if build is None else Answer(build)

    def get_timeline(self, asked: Asked, name: str) -> Answer:
        jobs = list(enumerate(self.run.jobs if self.run else ()))
        last = max((job.attempt for _, job in jobs), default=1)
        wanted = int(name.removeprefix("attempt")) if name else last
        earlier = [] if name else [{"timelineId": f"attempt{n}"} for n in range(1, last)]
        records: list[dict[str, Any]] = [
            {"id": "stage", "type": "Stage", "name": "Build", "previousAttempts": earlier,
             "attempt": wanted, "result": "succeeded", "log": None, "parentId": None},
        ]  # fmt: skip
        for number, job in jobs:
            if job.attempt == wanted:
                records += self.job_records(number, job)
        return Answer({"id": "t", "records": records})

    def job_records(self, number: int, job: CiJob) -> list[dict[str, Any]]:
        result = "skipped" if job.skipped else "succeeded" if job.success else "failed"
        common = {
            "attempt": job.attempt,
            "state": "completed",
            "result": result,
            "startTime": job.started,
            "finishTime": job.finished,
            "previousAttempts": [],
        }
        tasks = [] if job.skipped else [("Initialize job", 10), ("Run docker build", 11)]
        return [
            {**common, "id": f"job{number}", "type": "Job", "name": job.name, "parentId": "stage",
             "log": None},
            *(
                {**common, "id": f"task{number}-{part}", "type": "Task", "name": name,
                 "parentId": f"job{number}", "log": {"id": 100 * number + part}}
                for name, part in tasks
            ),
        ]  # fmt: skip

    def get_log(self, asked: Asked, log: str) -> Answer:
        number, part = divmod(int(log), 100)
        job = self.run.jobs[number] if self.run else None
        if job is not None and part == 10:
            return text(replace(job, log=stamped("Starting: Initialize job")))
        return text(job and replace(job, log=stamped(job.log)))
