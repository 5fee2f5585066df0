"""Buddy.

- Only ``BUDDY`` marks a run: the action ``buddy/run-pipeline`` sets ``BUDDY_RUN_URL`` in GitHub Actions, for a run elsewhere.
- ``BUDDY_EXECUTION_…`` are the older names of ``BUDDY_RUN_…``.
- ``BUDDY_RUN_ID`` counts within one pipeline: the id names the pipeline with it.
- ``BUDDY_EXECUTION_PULL_REQUEST_ID`` is no number of a pull request; ``BUDDY_RUN_PR_NO`` is.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter, Environ

_NUMBER = "{BUDDY_RUN_PR_NO:[1-9]\\d*}"


def _branch(environ: Environ) -> str | None:
    """``main``; on a pull request the branch it comes from."""
    head = environ.get("BUDDY_RUN_PR_HEAD_BRANCH")
    if (
        head
        or environ.fill(_NUMBER)
        or environ.first("BUDDY_RUN_PR_ID", "BUDDY_EXECUTION_PULL_REQUEST_ID")
    ):
        return head
    return environ.first("BUDDY_RUN_BRANCH", "BUDDY_EXECUTION_BRANCH")


ADAPTER = Adapter(
    provider="buddy",
    name="Buddy",
    docs="https://buddy.works/docs/pipelines/variables/default-variables",
    active=("BUDDY",),
    run_id=("{BUDDY_PIPELINE_ID}/{BUDDY_RUN_ID}", "{BUDDY_PIPELINE_ID}/{BUDDY_EXECUTION_ID}"),
    run_url=("{BUDDY_RUN_URL}", "{BUDDY_EXECUTION_URL}"),
    sha=("{BUDDY_RUN_COMMIT}", "{BUDDY_EXECUTION_REVISION}"),
    remote_url="{BUDDY_SCM_URL}",
    event="{BUDDY_EXECUTION_EVENT_TYPE}",
    branch=_branch,
    tag="{BUDDY_EXECUTION_TAG}",
    pull_request=_NUMBER,
    left_out={
        "workspace": "no variable of the page's part that could be read tells it",
        "merge": "not said whether a pull request's merge commit is ever built",
        "head_sha": "as merge",
        "head_remote_url": "no variable of the page's part that could be read names the fork",
        "attempt": "no variable of the page's part that could be read counts tries",
    },
)
