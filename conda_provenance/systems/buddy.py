"""Buddy.

- Only ``BUDDY`` marks a run. The action ``buddy/run-pipeline`` sets ``BUDDY_RUN_URL`` in GitHub
  Actions, for a run that happens elsewhere.
- ``BUDDY_EXECUTION_…`` are the older names of ``BUDDY_RUN_…``.
- ``BUDDY_RUN_ID`` counts within one pipeline, so the id names the pipeline too.
- ``BUDDY_EXECUTION_PULL_REQUEST_ID`` is not the pull request's number. ``BUDDY_RUN_PR_NO`` is.
"""

from __future__ import annotations

from conda_provenance.ci import Adapter, unless

_NUMBER = r"{BUDDY_RUN_PR_NO:[1-9]\d*}"
_UNREAD = "no variable holds it on the part of the page that could be read"

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
    branch=(
        "{BUDDY_RUN_PR_HEAD_BRANCH}",
        unless(
            (_NUMBER, "{BUDDY_RUN_PR_ID}", "{BUDDY_EXECUTION_PULL_REQUEST_ID}"),
            ("{BUDDY_RUN_BRANCH}", "{BUDDY_EXECUTION_BRANCH}"),
        ),
    ),
    tag="{BUDDY_EXECUTION_TAG}",
    pull_request=_NUMBER,
    left_out={
        "workspace": _UNREAD,
        "merge": "no page says whether a pull request's merge commit is ever built",
        "head_sha": "as for the merge",
        "head_remote_url": _UNREAD,
        "attempt": _UNREAD,
    },
)
