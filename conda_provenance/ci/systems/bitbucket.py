"""Bitbucket Pipelines.

- ``BITBUCKET_PIPELINE_UUID`` comes in braces; ``BITBUCKET_BUILD_NUMBER`` counts within one repository.
- Users may overwrite these variables: ``BITBUCKET_COMMIT`` has been seen with 12 digits.
- Pull request pipelines merge the target branch in the checkout: ``HEAD`` is then another commit than is said here.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter, Environ


def _run_id(environ: Environ) -> str | None:
    """``BITBUCKET_PIPELINE_UUID`` without its braces."""
    return environ.get("BITBUCKET_PIPELINE_UUID", "").strip("{} ")


ADAPTER = Adapter(
    provider="bitbucket",
    name="Bitbucket Pipelines",
    docs="https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets/",
    active=("BITBUCKET_PIPELINE_UUID", "BITBUCKET_BUILD_NUMBER", "BITBUCKET_COMMIT"),
    run_id=_run_id,
    run_url="https://bitbucket.org/{BITBUCKET_REPO_FULL_NAME}/pipelines/results/{BITBUCKET_BUILD_NUMBER}",
    sha="{BITBUCKET_COMMIT}",
    remote_url=("https://bitbucket.org/{BITBUCKET_REPO_FULL_NAME}", "{BITBUCKET_GIT_HTTP_ORIGIN}"),
    workspace="{BITBUCKET_CLONE_DIR}",
    branch="{BITBUCKET_BRANCH}",
    tag="{BITBUCKET_TAG}",
    pull_request="{BITBUCKET_PR_ID:\\d+}",
)
