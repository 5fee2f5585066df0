"""AWS CodeBuild: https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars.html

- As a runner of GitHub, GitLab or Buildkite it is the machine, not the run.
- ``CODEBUILD_SOURCE_VERSION`` may be ``pr/1`` or a branch; the resolved one is a version id where the source is in S3.
- The page that the console opens has its region in the query; the one below says the same in its path.
"""

from __future__ import annotations

import re

from conda_provenance.ci.adapter import Adapter, Environ

_ARN = re.compile(
    r"arn:aws:codebuild:(?P<region>[a-z0-9-]+):(?P<account>\d+):build/(?P<project>[A-Za-z0-9_-]+):(?P<build>[A-Za-z0-9-]+)\Z",
    re.ASCII,
)


def is_active(environ: Environ) -> bool:
    return environ.any_on("CODEBUILD_BUILD_ID", "CODEBUILD_BUILD_ARN") and not environ.any_on(
        "GITHUB_ACTIONS", "GITLAB_CI", "BUILDKITE"
    )


def read(environ: Environ) -> dict[str, str | None]:
    arn = _ARN.match(environ.get("CODEBUILD_BUILD_ARN", ""))
    return {
        "run_id": environ.get("CODEBUILD_BUILD_ID") or (arn and f"{arn['project']}:{arn['build']}"),
        "run_url": arn and _page(**arn.groupdict()),
        "sha": environ.get("CODEBUILD_RESOLVED_SOURCE_VERSION"),
        "remote_url": environ.get("CODEBUILD_SOURCE_REPO_URL"),
        "workspace": environ.get("CODEBUILD_SRC_DIR"),
    }


def _page(region: str, account: str, project: str, build: str) -> str:
    console = f"https://{region}.console.aws.amazon.com/codesuite/codebuild"
    return f"{console}/{account}/projects/{project}/build/{project}:{build}"


ADAPTER = Adapter(
    "codebuild",
    "AWS CodeBuild",
    "https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars.html",
    is_active,
    read,
)
