"""AWS CodeBuild.

- It can be a runner for GitHub, GitLab or Buildkite. It is then the machine, not the run, and sets
  ``CODEBUILD_RUNNER_OWNER`` and more.
- ``CODEBUILD_SOURCE_VERSION`` may be ``pr/1``, a branch, a tag or an S3 object. Under CodePipeline
  there may be no commit at all.
- The address in ``CODEBUILD_BUILD_URL`` has the region in its query and the build in its fragment,
  which are cut off. The address that is made here has both in its path.
- ``CODEBUILD_PUBLIC_BUILD_URL`` is not used: it has an encrypted text with ``=`` in its path.
- ``CODEBUILD_INITIATOR`` may be a person's name.
- ``CODEBUILD_WEBHOOK_HEAD_REF`` is a branch, or ``refs/tags/…`` when a tag was pushed.
"""

from __future__ import annotations

from conda_provenance.ci import NO_VARIABLE, Adapter

_CONSOLE = (
    r"https://{CODEBUILD_BUILD_ARN:arn:aws:codebuild:([a-z0-9-]+):\d+:build/[\w-]+:[\w-]+}"
    ".console.aws.amazon.com/codesuite/codebuild/"
    r"{CODEBUILD_BUILD_ARN:arn:aws:codebuild:[a-z0-9-]+:(\d+):.+}/projects/"
    r"{CODEBUILD_BUILD_ARN:arn:aws:codebuild:[a-z0-9-]+:\d+:build/([\w-]+):.+}/build/"
    r"{CODEBUILD_BUILD_ARN:arn:aws:codebuild:[a-z0-9-]+:\d+:build/(.+)}"
)

ADAPTER = Adapter(
    provider="codebuild",
    name="AWS CodeBuild",
    docs="https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars.html",
    active=("CODEBUILD_BUILD_ID", "CODEBUILD_BUILD_ARN"),
    unless=(
        "GITHUB_ACTIONS",
        "GITLAB_CI",
        "BUILDKITE",
        "CODEBUILD_RUNNER_OWNER",
        "CODEBUILD_RUNNER_REPO",
    ),
    last=True,
    run_id=(
        "{CODEBUILD_BUILD_ID}",
        r"{CODEBUILD_BUILD_ARN:arn:[a-z-]+:codebuild:[a-z0-9-]+:\d+:build/([\w-]+:[\w-]+)}",
    ),
    run_url=_CONSOLE,
    sha="{CODEBUILD_RESOLVED_SOURCE_VERSION}",
    remote_url="{CODEBUILD_SOURCE_REPO_URL}",
    workspace="{CODEBUILD_SRC_DIR}",
    event="{CODEBUILD_WEBHOOK_EVENT}",
    branch="{CODEBUILD_WEBHOOK_HEAD_REF:refs/heads/(.+)}",
    tag=("{CODEBUILD_WEBHOOK_HEAD_REF:refs/tags/(.+)}", "{CODEBUILD_WEBHOOK_TRIGGER:tag/(.+)}"),
    pull_request=(
        r"{CODEBUILD_WEBHOOK_TRIGGER:pr/(\d+)}",
        r"{CODEBUILD_SOURCE_VERSION:pr/(\d+)}",
    ),
    left_out={
        "head_sha": "no page says whether the commit of pr/N is the pull request's head",
        "merge": "no page says that pr/N is ever a merge commit",
        "head_remote_url": NO_VARIABLE,
        "attempt": "a build that is retried has an id of its own",
    },
)
