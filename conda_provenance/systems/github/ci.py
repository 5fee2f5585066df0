"""GitHub Actions.

- Gitea and Forgejo set ``GITHUB_ACTIONS`` and the other variables too.
- ``ACT`` marks nektos/act, which runs a workflow on one's own machine. Its ``GITHUB_RUN_ID`` is 1,
  and there is no run to name.
- Inside conda-smithy's container only ``GITHUB_ACTIONS`` is set, so there is no id.
- On ``pull_request`` and its reviews ``GITHUB_SHA`` is a merge commit that lasts as long as the
  pull request. After the pull request was merged, it is the commit on the target branch. In a merge
  queue it is the queue's merge commit.
- On ``schedule`` and ``workflow_run`` it is the tip of the default branch. On
  ``pull_request_target`` it has always been so since December 2025.
- Only the file that ``GITHUB_EVENT_PATH`` names says what a pull request's head is. The
  documentation says that the file may be empty for forks.
- A run keeps its id when it is run again. Only its page tells the attempts apart.
"""

from __future__ import annotations

from dataclasses import replace

from conda_provenance.ci import when
from conda_provenance.systems.github.actions import ACTIONS

_PAGE = "{GITHUB_SERVER_URL:(.*?)/*}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}"

ADAPTER = replace(
    ACTIONS,
    provider="github",
    name="GitHub Actions",
    unless=("FORGEJO_ACTIONS", "GITEA_ACTIONS", "ACT"),
    forge="conda_provenance.systems.github.forge:FORGE",
    runs="conda_provenance.systems.github.runs:RUNS",
    forge_api="conda_provenance.systems.github.forge_api:GitHubApi",
    run_api="conda_provenance.systems.github.run_api:GitHubRuns",
    run_url=(_PAGE + "/attempts/{GITHUB_RUN_ATTEMPT}", _PAGE),
    merge=when(
        "{GITHUB_EVENT_NAME:pull_request.*}",
        r"{GITHUB_REF:refs/pull/\d+/merge}",
        otherwise="{GITHUB_REF:refs/heads/gh-readonly-queue/.+}",  # a merge queue
    ),
)
