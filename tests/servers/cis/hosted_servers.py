"""GitLab CI, Bitbucket Pipelines, CircleCI, Travis, AppVeyor and Woodpecker."""

from __future__ import annotations

import base64
from typing import Any, ClassVar

from ci_model import CiJob
from ci_server import CiServer, text
from forge_server import Answer, Asked, missing

from conda_provenance.run_api import Trigger

UUID = "5034460f-c7c4-4c43-9457-de07e2029e7b"


class GitLabCi(CiServer):
    vendor = "gitlab"
    provider = "gitlab"
    own_forge = "gitlab"
    flow_run_id = "gitlab_4711"
    tells_head = False
    events: ClassVar[Any] = {
        Trigger.PUSH: "push",
        Trigger.SCHEDULE: "schedule",
        Trigger.MANUAL: "web",
        Trigger.API: "trigger",
        Trigger.PULL_REQUEST: "merge_request_event",
        Trigger.OTHER: "parent_pipeline",
    }
    top = "/api/v4"
    project = "/api/v4/projects/(?P<project>[^/]+)"
    routes: ClassVar[Any] = (
        ("GET", f"{project}/pipelines/4711", "get_pipeline"),
        ("GET", f"{project}/pipelines/4711/jobs", "get_jobs"),
        ("GET", f"{project}/jobs/(?P<job>\\d+)/trace", "get_trace"),
        ("GET", project, "get_project"),
    )

    def get_project(self, asked: Asked, project: str) -> Answer:
        return Answer({"id": 1, "path_with_namespace": project, "default_branch": "main"})

    def get_pipeline(self, asked: Asked, project: str) -> Answer:
        run = self.run
        if run is None:
            return missing("404 Not found")
        status = ("success" if run.success else "failed") if run.finished else "running"
        return Answer(
            {
                "id": 4711,
                "iid": 12,
                "project_id": 1,
                "sha": run.sha,
                "ref": "main",
                "tag": run.trigger is Trigger.TAG,
                "source": self.event(run),
                "status": status,
                "started_at": "2026-02-26T13:00:00.000Z",
                "finished_at": "2026-02-26T13:31:00.000Z",
                "web_url": f"{self.loopback}{self.prefix}/{run.repository}/-/pipelines/4711",
            }
        )

    def get_jobs(self, asked: Asked, project: str) -> Answer:
        jobs = self.run.jobs if self.run else ()
        if asked.query.get("include_retried") != "true":
            jobs = jobs[-1:]
        rows = [self.job_json(number, job) for number, job in enumerate(jobs)]
        return self.linked(asked, rows)

    def job_json(self, number: int, job: CiJob) -> dict[str, Any]:
        return {
            "id": 900 + number,
            "name": job.name,
            "status": "skipped" if job.skipped else "success" if job.success else "failed",
            "started_at": job.started,
            "finished_at": job.finished,
            "tag_list": list(job.labels),
            "runner": None,
            "commit": {"id": self.run.sha if self.run else None},
        }

    def get_trace(self, asked: Asked, project: str, job: str) -> Answer:
        found = self.run.jobs[int(job) - 900] if self.run else None
        if found is None or found.log is None:
            return missing("404 Not found")
        mark = "2026-02-26T13:29:30.123456Z 00O "
        start = (
            f"{mark}section_start:1772112570:build[collapsed=true]\r\x1b[0K\x1b[32mBuild\x1b[0m\n"
        )
        lines = "".join(f"{mark}{each}\x1b[0;m\n" for each in found.log.splitlines())
        return Answer((start + lines).encode(), headers={"Content-Type": "text/plain"})


class BitbucketPipelines(CiServer):
    vendor = "bitbucket"
    provider = "bitbucket"
    own_forge = None
    sites = ("https://api.bitbucket.org",)
    flow_run_id = f"bitbucket_{UUID}"
    keeps_attempts = False
    tells_head = False
    events: ClassVar[Any] = {
        Trigger.PUSH: "pipeline_trigger_push",
        Trigger.SCHEDULE: "pipeline_trigger_schedule",
        Trigger.MANUAL: "pipeline_trigger_manual",
        Trigger.PULL_REQUEST: "pipeline_trigger_push",
        Trigger.OTHER: "pipeline_trigger_something",
    }
    repository_path = "/2.0/repositories/(?P<name>[^/]+/[^/]+)"
    pipeline = f"{repository_path}/pipelines/%7B{UUID}%7D"
    routes: ClassVar[Any] = (
        ("GET", repository_path, "get_repository"),
        ("GET", pipeline, "get_pipeline"),
        ("GET", f"{pipeline}/steps", "get_steps"),
        ("GET", f"{pipeline}/steps/%7B(?P<step>[0-9a-f-]+)%7D/log", "get_log"),
    )

    def get_repository(self, asked: Asked, name: str) -> Answer:
        return Answer({"full_name": self.model.full_name, "uuid": "{1}"})

    @property
    def remote(self) -> str:
        return f"https://bitbucket.org/{self.model.full_name}"

    def get_pipeline(self, asked: Asked, name: str) -> Answer:
        run = self.run
        if run is None:
            return missing()
        is_pull = run.trigger is Trigger.PULL_REQUEST
        kind = "pipeline_pullrequest_target" if is_pull else "pipeline_ref_target"
        state: dict[str, Any] = {"type": "pipeline_state_in_progress", "name": "IN_PROGRESS"}
        if run.finished:
            state = self.state(run.success)
        return Answer(
            {
                "type": "pipeline",
                "uuid": f"{{{UUID}}}",
                "build_number": 12,
                "repository": {"full_name": run.repository},
                "target": {
                    "type": kind,
                    "ref_type": "branch",
                    "ref_name": "main",
                    "commit": {"type": "commit", "hash": run.sha},
                },
                "trigger": {"type": self.event(run)},
                "state": state,
                "created_on": "2026-02-26T13:00:00.000Z",
                "completed_on": "2026-02-26T13:31:00.000Z" if run.finished else None,
            }
        )

    def state(self, success: bool, skipped: bool = False) -> dict[str, Any]:
        name = "NOT_RUN" if skipped else "SUCCESSFUL" if success else "FAILED"
        return {"type": "pipeline_state_completed", "name": "COMPLETED", "result": {"name": name}}

    def get_steps(self, asked: Asked, name: str) -> Answer:
        jobs = list(enumerate(self.run.jobs if self.run else ()))
        number = int(asked.query.get("page", "1"))
        page = jobs[(number - 1) * self.size : number * self.size]
        rows = [
            {
                "uuid": f"{{{UUID[:-4]}{at:04d}}}",
                "name": job.name,
                "state": self.state(job.success, job.skipped),
                "started_on": job.started,
                "completed_on": job.finished,
            }
            for at, job in page
        ]
        answer: dict[str, Any] = {"values": rows, "page": number, "size": len(jobs)}
        if number * self.size < len(jobs):
            answer["next"] = f"https://api.bitbucket.org{asked.path}?pagelen=100&page={number + 1}"
        return Answer(answer)

    def get_log(self, asked: Asked, name: str, step: str) -> Answer:
        return text(self.run.jobs[int(step[-4:])] if self.run else None)


class Circle(CiServer):
    provider = "circle"
    sites = ("https://circleci.com",)
    flow_run_id = f"circle_{UUID}"
    flow_run_url = f"https://app.circleci.com/pipelines/workflows/{UUID}"
    named = "https://app.circleci.com/pipelines/github/example/hello-feedstock"
    events: ClassVar[Any] = {
        Trigger.PUSH: "webhook",
        Trigger.SCHEDULE: "scheduled_pipeline",
        Trigger.MANUAL: "explicit",
        Trigger.API: "api",
        Trigger.PULL_REQUEST: "webhook",
        Trigger.OTHER: "unknown",
    }
    routes: ClassVar[Any] = (
        ("GET", f"/api/v2/workflow/{UUID}", "get_workflow"),
        ("GET", f"/api/v2/workflow/{UUID}/job", "get_jobs"),
        ("GET", "/api/v2/pipeline/p-1", "get_pipeline"),
        ("GET", "/api/v1.1/project/(?P<slug>gh/[^/]+/[^/]+)/(?P<job>\\d+)", "get_build"),
        ("GET", "/api/v1.1/output/(?P<job>\\d+)", "get_output"),
    )

    def check_runs(self) -> list[dict[str, Any]]:
        return [
            {
                "name": "build",
                "app": {"slug": "circleci-checks"},
                "external_id": f'{{"workflow-id":"{UUID}"}}',
                "details_url": f"https://circleci.com/workflow-run/{UUID}",
                "output": {"title": "Workflow: build"},
            }
        ]

    def get_workflow(self, asked: Asked) -> Answer:
        run = self.run
        if run is None:
            return missing("Workflow not found")
        return Answer(
            {
                "id": UUID,
                "name": "build",
                "pipeline_id": "p-1",
                "pipeline_number": 12,
                "project_slug": "gh/example/hello-feedstock",
                "status": ("success" if run.success else "failed") if run.finished else "running",
                "created_at": "2026-02-26T13:00:00Z",
                "stopped_at": "2026-02-26T13:31:00Z" if run.finished else None,
            }
        )

    def get_pipeline(self, asked: Asked) -> Answer:
        run = self.run
        assert run is not None
        branch = "pull/5" if run.trigger is Trigger.PULL_REQUEST else "main"
        head = run.head_repository
        return Answer(
            {
                "id": "p-1",
                "number": 12,
                "vcs": {
                    "provider_name": "GitHub",
                    "revision": run.sha,
                    "branch": branch,
                    "target_repository_url": f"{run.site}/{run.repository}",
                    "origin_repository_url": None if head is None else f"{run.site}/{head}",
                },
                "trigger": {"type": self.event(run), "actor": {"login": "x"}},
            }
        )

    def get_jobs(self, asked: Asked) -> Answer:
        jobs = list(enumerate(self.run.jobs if self.run else ()))
        start = int(asked.query.get("page-token", "0"))
        page = jobs[start : start + self.size]
        rows = [
            {
                "id": f"job-{at}",
                "name": job.name,
                "type": "build",
                "status": "not_run" if job.skipped else "success" if job.success else "failed",
                "started_at": job.started,
                "stopped_at": job.finished,
                **({} if job.skipped else {"job_number": 100 + at}),
            }
            for at, job in page
        ]
        more = start + self.size < len(jobs)
        return Answer({"items": rows, "next_page_token": str(start + self.size) if more else None})

    def get_build(self, asked: Asked, slug: str, job: str) -> Answer:
        assert self.run is not None
        if self.run.jobs[int(job) - 100].log is None:
            return missing()
        url = f"https://circleci.com/api/v1.1/output/{job}"
        return Answer({"steps": [{"actions": [{"output_url": url, "has_output": True}]}]})

    def get_output(self, asked: Asked, job: str) -> Answer:
        assert self.run is not None
        log = self.run.jobs[int(job) - 100].log or ""
        lines = "".join(f"\x1b[1m{each}\x1b[0m\r\n" for each in log.splitlines())
        return Answer([{"message": lines, "type": "out", "time": "2026-02-26T13:29:30Z"}])


class Travis(CiServer):
    provider = "travis"
    sites = ("https://api.travis-ci.com",)
    flow_run_id = "travis_4711"
    named = "https://app.travis-ci.com/github/example/hello-feedstock"
    keeps_attempts = False
    has_jobs = False
    tells_head = False
    events: ClassVar[Any] = {
        Trigger.PUSH: "push",
        Trigger.SCHEDULE: "cron",
        Trigger.API: "api",
        Trigger.PULL_REQUEST: "pull_request",
        Trigger.OTHER: "unknown",
    }
    routes: ClassVar[Any] = (
        ("GET", "/job/4711", "get_job"),
        ("GET", "/job/4711/log.txt", "get_log"),
        ("GET", "/repo/815", "get_repository"),
    )
    kind = "GithubRepository"
    """On which forge the repository is. Its name does not tell."""

    def statuses(self) -> list[dict[str, Any]]:
        url = "https://app.travis-ci.com/github/example/hello-feedstock/builds/77?utm_source=github"
        return [{"context": "continuous-integration/travis-ci/push", "target_url": url}]

    def get_job(self, asked: Asked) -> Answer:
        run = self.run
        if run is None or asked.headers.get("travis-api-version") != "3":
            return missing()
        return Answer(
            {
                "@type": "job",
                "id": 4711,
                "number": "12.1",
                "state": ("passed" if run.success else "failed") if run.finished else "started",
                "commit": {"sha": run.sha, "ref": "refs/heads/main"},
                "build": {"id": 77, "event_type": self.event(run), "pull_request_number": None},
                "repository": {"id": 815, "slug": run.repository},
                "started_at": "2026-02-26T13:00:00Z",
                "finished_at": "2026-02-26T13:31:00Z",
            }
        )

    def get_repository(self, asked: Asked) -> Answer:
        slug = self.run.repository if self.run else None
        return Answer({"@type": "repository", "id": 815, "slug": slug, "vcs_type": self.kind})

    def get_log(self, asked: Asked) -> Answer:
        job = self.run.jobs[0] if self.run and self.run.jobs else None
        if job is None or job.log is None:
            return missing()
        start = "travis_fold:start:build\r\x1b[0Ktravis_time:start:01\r\x1b[0K$ conda build\r\n"
        lines = job.log.replace("\n", "\r\n")
        return Answer((start + lines).encode(), headers={"Content-Type": "text/plain"})


class AppVeyor(CiServer):
    provider = "appveyor"
    sites = ("https://ci.appveyor.com",)
    flow_run_id = "appveyor_4711"
    flow_run_url = "https://ci.appveyor.com/project/example/hello-feedstock/builds/4711"
    named = "https://ci.appveyor.com/project/example/hello-feedstock"
    tells_head = False
    events: ClassVar[Any] = {
        Trigger.MANUAL: "branch",
        Trigger.TAG: "tag",
        Trigger.PULL_REQUEST: "pull",
    }
    routes: ClassVar[Any] = (
        ("GET", "/api/projects/example/hello-feedstock/builds/4711", "get_build"),
        ("GET", "/api/buildjobs/job(?P<job>\\d+)/log", "get_log"),
    )

    def statuses(self) -> list[dict[str, Any]]:
        url = self.flow_run_url
        return [{"context": "continuous-integration/appveyor/branch", "target_url": url}]

    def get_build(self, asked: Asked) -> Answer:
        run = self.run
        if run is None:
            return missing()
        jobs = [
            {
                "jobId": f"job{number}",
                "name": job.name,
                "status": "success" if job.success else "failed",
                "started": job.started,
                "finished": job.finished,
            }
            for number, job in enumerate(run.jobs)
        ]
        build = {
            "buildId": 4711,
            "version": "1.0.12",
            "status": ("success" if run.success else "failed") if run.finished else "running",
            "branch": "main",
            "isTag": run.trigger is Trigger.TAG,
            "commitId": run.sha,
            "jobs": jobs,
            "started": "2026-02-26T13:00:00+00:00",
            "finished": "2026-02-26T13:31:00+00:00",
        }
        if run.trigger is Trigger.PULL_REQUEST:
            build["pullRequestId"] = "5"
        project = {"repositoryType": "gitHub", "repositoryName": run.repository}
        return Answer({"project": project, "build": build})

    def get_log(self, asked: Asked, job: str) -> Answer:
        found = self.run.jobs[int(job)] if self.run else None
        if found is None or found.log is None:
            return missing()
        lines = "".join(f"[00:00:38] {each}\r\n" for each in found.log.splitlines())
        return Answer(lines.encode(), headers={"Content-Type": "text/plain"})


class Woodpecker(CiServer):
    provider = "woodpecker"
    sites = ("https://ci.example.org",)
    flow_run_id = "woodpecker_ci.example.org/example/hello-feedstock/12"
    named = "https://ci.example.org"
    tells_head = False
    events: ClassVar[Any] = {
        Trigger.PUSH: "push",
        Trigger.TAG: "tag",
        Trigger.RELEASE: "release",
        Trigger.SCHEDULE: "cron",
        Trigger.MANUAL: "manual",
        Trigger.PULL_REQUEST: "pull_request_closed",
        Trigger.OTHER: "deployment",
    }
    routes: ClassVar[Any] = (
        ("GET", "/api/repos/lookup/example/hello-feedstock", "get_repository"),
        ("GET", "/api/repos/3/pipelines/12", "get_pipeline"),
        ("GET", "/api/repos/3/logs/12/(?P<step>\\d+)", "get_log"),
    )

    def statuses(self) -> list[dict[str, Any]]:
        url = "https://ci.example.org/repos/3/pipeline/12"
        return [{"context": "ci/woodpecker/push/build", "target_url": url}]

    def get_repository(self, asked: Asked) -> Answer:
        run = self.run
        if run is None:
            return missing()
        address = f"{run.site}/{run.repository}"
        return Answer(
            {"id": 3, "full_name": run.repository, "forge_url": address,
             "clone_url": f"{address}.git", "active": True}
        )  # fmt: skip

    def get_pipeline(self, asked: Asked) -> Answer:
        run = self.run
        assert run is not None
        workflows = [
            {
                "id": 50 + number,
                "pid": number + 1,
                "name": job.name,
                "state": "skipped" if job.skipped else "success" if job.success else "failure",
                "started": 1772110800,
                "finished": 1772112600,
                "children": [{"id": 70 + number, "name": "build", "state": "success"}],
            }
            for number, job in enumerate(run.jobs)
        ]
        return Answer(
            {
                "id": 99,
                "number": 12,
                "event": self.event(run),
                "status": ("success" if run.success else "failure") if run.finished else "running",
                "commit": run.sha,
                "branch": "main",
                "ref": "refs/heads/main",
                "started": 1772110800,
                "finished": 1772112600 if run.finished else 0,
                "workflows": workflows,
            }
        )

    def get_log(self, asked: Asked, step: str) -> Answer:
        found = self.run.jobs[int(step) - 70] if self.run else None
        if found is None or found.log is None:
            return missing()
        rows = [
            {"id": n, "step_id": int(step), "time": 1, "line": n, "type": 0,
             "data": base64.b64encode(each.encode()).decode()}
            for n, each in enumerate(found.log.splitlines())
        ]  # fmt: skip
        return Answer(rows)
