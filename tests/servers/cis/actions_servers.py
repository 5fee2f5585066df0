"""GitHub Actions, Gitea Actions and Forgejo Actions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from ci_model import CiJob, CiRun
from ci_server import CiServer, stamped, text
from forge_server import Answer, Asked, missing

from conda_provenance.run_api import Trigger

_EVENTS = {
    Trigger.PUSH: "push",
    Trigger.MERGE_QUEUE: "merge_group",
    Trigger.RELEASE: "release",
    Trigger.SCHEDULE: "schedule",
    Trigger.MANUAL: "workflow_dispatch",
    Trigger.PULL_REQUEST: "pull_request_target",
    Trigger.OTHER: "workflow_run",
}


class GitHubActions(CiServer):
    vendor = "github"
    provider = "github"
    own_forge = "github"
    events: ClassVar[Any] = _EVENTS
    flow_run_id = "github_4711"
    top = "/api/v3"
    repository_path = "/api/v3/repos/(?P<name>[^/]+/[^/]+)"
    routes: ClassVar[Any] = (
        ("GET", f"{repository_path}/actions/runs/4711", "get_run"),
        ("GET", f"{repository_path}/actions/runs/4711/jobs", "get_jobs"),
        ("GET", f"{repository_path}/actions/jobs/(?P<job>\\d+)/logs", "get_log"),
        ("GET", repository_path, "get_repository"),
    )

    def get_repository(self, asked: Asked, name: str) -> Answer:
        return Answer({"full_name": self.model.full_name, "id": 1, "default_branch": "main"})

    def get_run(self, asked: Asked, name: str) -> Answer:
        return missing() if self.run is None else Answer(self.run_json(self.run))

    def run_json(self, run: CiRun) -> dict[str, Any]:
        head = run.head_repository
        return {
            "id": 4711,
            "name": "Build conda package",
            "head_branch": "main",
            "head_sha": run.sha,
            "path": run.workflow,
            "run_number": 12,
            "run_attempt": run.attempt,
            "event": self.event(run),
            "status": "completed" if run.finished else "in_progress",
            "conclusion": ("success" if run.success else "failure") if run.finished else None,
            "html_url": f"{self.web}/actions/runs/4711",
            "created_at": "2026-02-26T13:00:00Z",
            "run_started_at": "2026-02-26T13:00:00Z",
            "updated_at": "2026-02-26T13:31:00Z",
            "pull_requests": [],
            "repository": {"id": 1, "full_name": run.repository},
            "head_repository": None if head is None else {"id": 2, "full_name": head},
            "triggering_actor": {"login": "bot", "type": "Bot"},
            "referenced_workflows": [{"path": "o/w/.github/workflows/x.yml@main", "sha": "9" * 40}],
        }

    def get_jobs(self, asked: Asked, name: str) -> Answer:
        jobs = self.run.jobs if self.run else ()
        if self.keeps_attempts and asked.query.get("filter") != "all":
            last = max((job.attempt for job in jobs), default=1)
            jobs = tuple(job for job in jobs if job.attempt == last)
        rows = [self.job_json(number, job) for number, job in enumerate(jobs)]
        return self.linked(asked, rows, "jobs")

    def job_json(self, number: int, job: CiJob) -> dict[str, Any]:
        conclusion = "skipped" if job.skipped else "success" if job.success else "failure"
        return {
            "id": 900 + number,
            "run_id": 4711,
            "name": job.name,
            "status": "completed",
            "conclusion": conclusion,
            "run_attempt": job.attempt,
            "head_sha": self.run.sha if self.run else None,
            "labels": list(job.labels),
            "runner_name": "GitHub Actions 1",
            "runner_group_name": None,
            "started_at": job.started,
            "completed_at": job.finished,
            "steps": [],
        }

    def get_log(self, asked: Asked, name: str, job: str) -> Answer:
        found = self.run.jobs[int(job) - 900] if self.run else None
        return text(found and replace(found, log=stamped(found.log)))


class GiteaActions(GitHubActions):
    vendor = "gitea"
    provider = "gitea"
    own_forge = "gitea"
    flow_run_id = "gitea_4711"
    keeps_attempts = False
    top = "/api/v1"
    routes = tuple(
        (method, path.replace("/api/v3", "/api/v1"), name)
        for method, path, name in GitHubActions.routes
    )

    def run_json(self, run: CiRun) -> dict[str, Any]:
        found = super().run_json(run)
        return {
            **{key: found[key] for key in (
                "id", "head_branch", "head_sha", "path", "run_number", "run_attempt", "event",
                "status", "html_url", "repository", "head_repository",
            )},
            "conclusion": found["conclusion"] or "",
            "started_at": "2026-02-26T13:00:00Z",
            "completed_at": "2026-02-26T13:31:00Z",
        }  # fmt: skip


class ForgejoActions(GiteaActions):
    vendor = "forgejo"
    provider = "forgejo"
    own_forge = "forgejo"
    flow_run_id = "forgejo_4711"
    has_logs = False

    def run_json(self, run: CiRun) -> dict[str, Any]:
        status = ("success" if run.success else "failure") if run.finished else "running"
        return {
            "id": 4711,
            "title": "Update",
            "repository": {"id": 1, "full_name": run.repository},
            "workflow_id": run.workflow,
            "index_in_repo": 12,
            "prettyref": "main",
            "commit_sha": run.sha,
            "is_fork_pull_request": run.head_repository != run.repository,
            "event": "",
            "trigger_event": self.event(run),
            "status": status,
            "started": "2026-02-26T13:00:00Z",
            "stopped": "2026-02-26T13:31:00Z",
            "html_url": f"{self.web}/actions/runs/12",
        }

    def get_jobs(self, asked: Asked, name: str) -> Answer:
        return missing()
