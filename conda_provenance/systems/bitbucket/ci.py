"""Bitbucket Pipelines.

- ``BITBUCKET_PIPELINE_UUID`` comes in braces. ``BITBUCKET_BUILD_NUMBER`` counts within one
  repository.
- Users may overwrite these variables. ``BITBUCKET_COMMIT`` has been seen with 12 digits.
- Pipelines of pull requests merge the target branch in the checkout. ``HEAD`` is then not the
  commit that the variables name.
- A pipeline that is run again has a new number. When failed steps are run again,
  ``BITBUCKET_STEP_RUN_NUMBER`` counts up.
"""

from __future__ import annotations

from conda_provenance.ci import Adapter, Environ, when


def _run_id(environ: Environ) -> str | None:
    """``BITBUCKET_PIPELINE_UUID`` without its braces."""
    return environ.get("BITBUCKET_PIPELINE_UUID", "").strip("{} ")


ADAPTER = Adapter(
    provider="bitbucket",
    name="Bitbucket Pipelines",
    docs="https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets/",
    active=("BITBUCKET_PIPELINE_UUID", "BITBUCKET_BUILD_NUMBER", "BITBUCKET_COMMIT"),
    forge="conda_provenance.systems.bitbucket.forge:FORGE",
    forge_api="conda_provenance.systems.bitbucket.forge_api:BitbucketApi",
    run_api="conda_provenance.systems.bitbucket.run_api:BitbucketRuns",
    run_id=_run_id,
    run_url="https://bitbucket.org/{BITBUCKET_REPO_FULL_NAME}/pipelines/results/"
    "{BITBUCKET_BUILD_NUMBER}",
    sha="{BITBUCKET_COMMIT}",
    remote_url=("https://bitbucket.org/{BITBUCKET_REPO_FULL_NAME}", "{BITBUCKET_GIT_HTTP_ORIGIN}"),
    workspace="{BITBUCKET_CLONE_DIR}",
    branch="{BITBUCKET_BRANCH}",
    tag="{BITBUCKET_TAG}",
    pull_request=r"{BITBUCKET_PR_ID:\d+}",
    head_sha=when("{BITBUCKET_PR_ID}", "{BITBUCKET_COMMIT}"),
    attempt=r"{BITBUCKET_STEP_RUN_NUMBER:[1-9]\d*}",
    left_out={
        "event": "no variable says what started the pipeline",
        "head_remote_url": "no variable names it; pull requests of forks start no pipeline",
    },
)
