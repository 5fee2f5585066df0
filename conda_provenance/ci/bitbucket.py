"""Bitbucket Pipelines: https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets/

- ``BITBUCKET_PIPELINE_UUID`` comes in braces; ``BITBUCKET_BUILD_NUMBER`` counts within one repository.
- Users may overwrite these variables: ``BITBUCKET_COMMIT`` has been seen with 12 digits.
- Pull request pipelines merge the target branch in the checkout: ``HEAD`` is then another commit than is said here.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter, Environ


def is_active(environ: Environ) -> bool:
    return environ.any_on("BITBUCKET_PIPELINE_UUID", "BITBUCKET_BUILD_NUMBER", "BITBUCKET_COMMIT")


def read(environ: Environ) -> dict[str, str | None]:
    return {
        "run_id": environ.get("BITBUCKET_PIPELINE_UUID", "").strip("{} "),
        "run_url": environ.fill("https://bitbucket.org/{BITBUCKET_REPO_FULL_NAME}/pipelines/results/{BITBUCKET_BUILD_NUMBER}"),
        "sha": environ.get("BITBUCKET_COMMIT"),
        "remote_url": environ.fill("https://bitbucket.org/{BITBUCKET_REPO_FULL_NAME}")
        or environ.get("BITBUCKET_GIT_HTTP_ORIGIN"),
        "workspace": environ.get("BITBUCKET_CLONE_DIR"),
    }


ADAPTER = Adapter(
    "bitbucket",
    "Bitbucket Pipelines",
    "https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets/",
    is_active,
    read,
)
