"""GitLab CI: https://docs.gitlab.com/ci/variables/predefined_variables/

- Many CIs have variables called ``CI_…``; ``GITLAB_CI`` alone tells, and its value may be any text.
- ``CI_REPOSITORY_URL`` holds the job's token.
- In merged results pipelines and merge trains ``CI_COMMIT_SHA`` is a merge commit inside GitLab only.
- People know a merge request by its ``IID``; ``CI_MERGE_REQUEST_ID`` is the database's.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter, Environ


def is_active(environ: Environ) -> bool:
    return environ.on("GITLAB_CI")


def read(environ: Environ) -> dict[str, str | None]:
    merged = environ.get("CI_MERGE_REQUEST_EVENT_TYPE") in ("merged_result", "merge_train")
    return {
        "run_id": environ.get("CI_PIPELINE_ID"),
        "run_url": environ.get("CI_PIPELINE_URL") or environ.fill("{CI_PROJECT_URL}/-/pipelines/{CI_PIPELINE_ID}"),
        "sha": environ.get("CI_COMMIT_SHA"),
        "remote_url": environ.first("CI_REPOSITORY_URL", "CI_PROJECT_URL"),
        "workspace": environ.get("CI_PROJECT_DIR"),
        "merge_of": environ.get("CI_MERGE_REQUEST_IID") if merged else None,
    }


ADAPTER = Adapter("gitlab", "GitLab CI", "https://docs.gitlab.com/ci/variables/predefined_variables/", is_active, read)
