"""Who signs: a run of GitHub's or a person, as a token says it and as Fulcio certifies it.

Sources: https://docs.github.com/en/actions/reference/security/oidc and
https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md
"""

from __future__ import annotations

from typing import Any, NamedTuple

GITHUB_ISSUER = "https://token.actions.githubusercontent.com"


class GitHubRun(NamedTuple):
    """A run, by default of the stamp that the tests' channel has."""

    repository: str = "example/hello-feedstock"
    sha: str = "3f9c2a77d1e84b5c9a6f0e1d2c3b4a5968778695"
    run_id: str = "123456789"
    attempt: str = "1"
    ref: str = "refs/heads/main"
    event: str = "push"
    workflow: str = ".github/workflows/build.yml"
    """The workflow that began the run."""
    signer: str | None = None
    """The workflow that signs, such as ``org/shared/.github/workflows/x.yml@refs/tags/v1``. It is
    the run's own if not given."""
    signer_sha: str | None = None
    runner: str = "github-hosted"
    repository_id: str = "1001"
    owner_id: str = "2002"
    server: str = "https://github.com"
    issuer: str = GITHUB_ISSUER

    @property
    def workflow_ref(self) -> str:
        return f"{self.repository}/{self.workflow}@{self.ref}"

    @property
    def san(self) -> str:
        return f"{self.server}/{self.signer or self.workflow_ref}"

    @property
    def remote_url(self) -> str:
        return f"{self.server}/{self.repository}"

    @property
    def run_url(self) -> str:
        return f"{self.remote_url}/actions/runs/{self.run_id}/attempts/{self.attempt}"

    @property
    def claims(self) -> dict[str, Any]:
        """What the run's token says, without its times."""
        owner = self.repository.partition("/")[0]
        return {
            "iss": self.issuer,
            "sub": f"repo:{self.repository}:ref:{self.ref}",
            "repository": self.repository,
            "repository_id": self.repository_id,
            "repository_owner": owner,
            "repository_owner_id": self.owner_id,
            "repository_visibility": "public",
            "sha": self.sha,
            "ref": self.ref,
            "event_name": self.event,
            "run_id": self.run_id,
            "run_attempt": self.attempt,
            "runner_environment": self.runner,
            "workflow": "build",
            "workflow_ref": self.workflow_ref,
            "workflow_sha": self.sha,
            "job_workflow_ref": self.signer or self.workflow_ref,
            "job_workflow_sha": self.signer_sha or self.sha,
        }

    @property
    def extensions(self) -> dict[int, str | bytes]:
        """What the certificate says."""
        return github_extensions(self.claims, self.server)

    @property
    def environ(self) -> dict[str, str]:
        """The variables of the run that say which one it is."""
        return {
            "GITHUB_ACTIONS": "true",
            "GITHUB_SERVER_URL": self.server,
            "GITHUB_REPOSITORY": self.repository,
            "GITHUB_REPOSITORY_ID": self.repository_id,
            "GITHUB_REPOSITORY_OWNER_ID": self.owner_id,
            "GITHUB_SHA": self.sha,
            "GITHUB_REF": self.ref,
            "GITHUB_REF_NAME": self.ref.split("/", 2)[-1],
            "GITHUB_EVENT_NAME": self.event,
            "GITHUB_RUN_ID": self.run_id,
            "GITHUB_RUN_ATTEMPT": self.attempt,
            "GITHUB_WORKFLOW_REF": self.workflow_ref,
            "GITHUB_WORKFLOW_SHA": self.sha,
            "RUNNER_ENVIRONMENT": self.runner,
        }


class GitLabRun(NamedTuple):
    """A pipeline of GitLab's, and the job in it that signs.

    Source: https://docs.gitlab.com/ci/secrets/id_token_authentication/#token-payload
    """

    project: str = "example/hello"
    sha: str = "3f9c2a77d1e84b5c9a6f0e1d2c3b4a5968778695"
    pipeline: str = "77"
    job: str = "501"
    ref: str = "refs/heads/main"
    source: str = "push"
    server: str = "https://gitlab.com"

    @property
    def remote_url(self) -> str:
        return f"{self.server}/{self.project}"

    @property
    def config(self) -> str:
        """The file that began the pipeline, which is who signs."""
        host = self.server.removeprefix("https://")
        return f"{host}/{self.project}//.gitlab-ci.yml@{self.ref}"

    @property
    def san(self) -> str:
        return f"https://{self.config}"

    @property
    def claims(self) -> dict[str, Any]:
        return {
            "iss": self.server,
            "sub": f"project_path:{self.project}:ref_type:branch:ref:main",
            "project_path": self.project,
            "sha": self.sha,
            "ref_path": self.ref,
            "pipeline_id": self.pipeline,
            "pipeline_source": self.source,
            "job_id": self.job,
            "ci_config_ref_uri": self.config,
            "ci_config_sha": self.sha,
            "runner_environment": "gitlab-hosted",
        }

    @property
    def extensions(self) -> dict[int, str | bytes]:
        """Fulcio's rule for GitLab's tokens."""
        return {
            8: self.server,
            9: self.san,
            10: self.sha,
            11: "gitlab-hosted",
            12: self.remote_url,
            13: self.sha,
            14: self.ref,
            18: self.san,
            19: self.sha,
            20: self.source,
            21: f"{self.remote_url}/-/jobs/{self.job}",
        }

    @property
    def environ(self) -> dict[str, str]:
        """The variables of the job that say which pipeline it is in."""
        return {
            "GITLAB_CI": "true",
            "CI_SERVER_URL": self.server,
            "CI_PROJECT_URL": self.remote_url,
            "CI_PIPELINE_ID": self.pipeline,
            "CI_PIPELINE_SOURCE": self.source,
            "CI_COMMIT_SHA": self.sha,
            "CI_JOB_ID": self.job,
        }


class Person(NamedTuple):
    """Somebody who logs in. The certificate has no repository, commit or run."""

    email: str = "somebody@example.org"
    issuer: str = "https://github.com/login/oauth"

    @property
    def san(self) -> str:
        return self.email

    @property
    def claims(self) -> dict[str, Any]:
        return {"iss": self.issuer, "sub": self.email, "email": self.email}

    @property
    def extensions(self) -> dict[int, str | bytes]:
        return {1: self.issuer, 8: self.issuer}


def github_san(claims: dict[str, Any], server: str) -> str:
    return f"{server}/{claims['job_workflow_ref']}"


def github_extensions(claims: dict[str, Any], server: str) -> dict[int, str | bytes]:
    """Fulcio's rule for GitHub's tokens."""
    repository = f"{server}/{claims['repository']}"
    run = f"{repository}/actions/runs/{claims['run_id']}/attempts/{claims['run_attempt']}"
    return {
        1: claims["iss"],
        2: claims["event_name"],
        3: claims["sha"],
        4: claims["workflow"],
        5: claims["repository"],
        6: claims["ref"],
        8: claims["iss"],
        9: f"{server}/{claims['job_workflow_ref']}",
        10: claims["job_workflow_sha"],
        11: claims["runner_environment"],
        12: repository,
        13: claims["sha"],
        14: claims["ref"],
        15: claims["repository_id"],
        16: f"{server}/{claims['repository_owner']}",
        17: claims["repository_owner_id"],
        18: f"{server}/{claims['workflow_ref']}",
        19: claims["workflow_sha"],
        20: claims["event_name"],
        21: run,
        22: claims["repository_visibility"],
    }
