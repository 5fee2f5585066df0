"""GitLab CI.

- Many systems have variables called ``CI_…``. Only ``GITLAB_CI`` marks GitLab. Its value may be
  any text.
- gitlab-ci-local, which runs jobs on one's own machine, sets ``GITLAB_CI`` to ``false``.
- ``CI_REPOSITORY_URL`` holds the job's token.
- In merged results pipelines and merge trains ``CI_COMMIT_SHA`` is a merge commit that exists in
  GitLab only. In other pipelines of merge requests it is the head, and
  ``CI_MERGE_REQUEST_SOURCE_BRANCH_SHA`` is empty.
- People know a merge request by its ``IID``. ``CI_MERGE_REQUEST_ID`` is the id in the database.
- The pipeline of a fork's merge request runs in the fork, unless somebody starts it in the parent
  project.
- If the repository is on GitHub, its pull requests are in ``CI_EXTERNAL_PULL_REQUEST_…``. The URL
  is that of GitLab's mirror.
"""

from __future__ import annotations

from conda_provenance.ci import Adapter

ADAPTER = Adapter(
    provider="gitlab",
    name="GitLab CI",
    docs="https://docs.gitlab.com/ci/variables/predefined_variables/",
    active=("GITLAB_CI",),
    forge="conda_provenance.systems.gitlab.forge:FORGE",
    forge_api="conda_provenance.systems.gitlab.forge_api:GitLabApi",
    runs="conda_provenance.systems.gitlab.runs:RUNS",
    run_api="conda_provenance.systems.gitlab.run_api:GitLabRuns",
    run_id=r"{CI_PIPELINE_ID:[1-9]\d*}",
    run_url=("{CI_PIPELINE_URL}", "{CI_PROJECT_URL}/-/pipelines/{CI_PIPELINE_ID}"),
    sha="{CI_COMMIT_SHA}",
    remote_url=("{CI_REPOSITORY_URL}", "{CI_PROJECT_URL}"),
    workspace="{CI_PROJECT_DIR}",
    event="{CI_PIPELINE_SOURCE}",
    branch=(
        "{CI_MERGE_REQUEST_SOURCE_BRANCH_NAME}",
        "{CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME}",
        "{CI_COMMIT_BRANCH}",
    ),
    tag="{CI_COMMIT_TAG}",
    pull_request=(r"{CI_MERGE_REQUEST_IID:\d+}", r"{CI_EXTERNAL_PULL_REQUEST_IID:\d+}"),
    merge="{CI_MERGE_REQUEST_EVENT_TYPE:merged_result|merge_train}",
    head_sha=(
        "{CI_MERGE_REQUEST_SOURCE_BRANCH_SHA}",
        "{CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_SHA}",
    ),
    head_remote_url="{CI_MERGE_REQUEST_SOURCE_PROJECT_URL}",
    left_out={"attempt": "a job that is run again gets a new id, and nothing counts the tries"},
)
