"""GitHub Actions.

- Gitea and Forgejo set ``GITHUB_ACTIONS`` and the rest of these variables too.
- ``ACT`` is nektos/act, which runs a workflow on somebody's own machine: there is no run to name, its ``GITHUB_RUN_ID`` is 1.
- Inside conda-smithy's container ``GITHUB_ACTIONS`` is set and nothing else of it, so there is no id.
- On ``pull_request`` and its reviews ``GITHUB_SHA`` is a merge commit that lasts as long as the pull request; of one that was
  merged and closed it is the commit on the branch it went to. In a merge queue it is a merge commit of the queue's.
- On ``pull_request_target`` (since December 2025 always), ``schedule`` and ``workflow_run`` it is the default branch's tip.
- Of a pull request's head only the file that ``GITHUB_EVENT_PATH`` names tells. The documentation says it may be empty for forks.
- A run keeps its id when it is run again; only its page tells the attempts apart.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter, Environ
from conda_provenance.systems.github.event import branch, head_remote_url, head_sha, pull_request


def _run_url(environ: Environ) -> str | None:
    """``{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}/attempts/{GITHUB_RUN_ATTEMPT}``."""
    page = environ.fill(
        "{GITHUB_SERVER_URL:(.*?)/*}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}"
    )
    return page and page + (environ.fill("/attempts/{GITHUB_RUN_ATTEMPT}") or "")


def _merge(environ: Environ) -> str | None:
    """``refs/pull/12/merge`` on ``pull_request``, or a merge queue's ``refs/heads/gh-readonly-queue/…``."""
    if environ.get("GITHUB_EVENT_NAME", "").startswith("pull_request"):
        return environ.fill(r"{GITHUB_REF:refs/pull/\d+/merge}")
    return environ.fill("{GITHUB_REF:refs/heads/gh-readonly-queue/.+}")


ADAPTER = Adapter(
    provider="github",
    name="GitHub Actions",
    docs="https://docs.github.com/en/actions/reference/workflows-and-actions/variables",
    active=("GITHUB_ACTIONS",),
    unless=("FORGEJO_ACTIONS", "GITEA_ACTIONS", "ACT"),
    run_id="{GITHUB_RUN_ID:[1-9]\\d*}",
    run_url=_run_url,
    sha="{GITHUB_SHA}",
    remote_url="{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}",
    workspace="{GITHUB_WORKSPACE}",
    event="{GITHUB_EVENT_NAME}",
    branch=branch,
    tag="{GITHUB_REF:refs/tags/(.+)}",
    pull_request=pull_request,
    merge=_merge,
    head_sha=head_sha,
    head_remote_url=head_remote_url,
    attempt="{GITHUB_RUN_ATTEMPT}",
)
