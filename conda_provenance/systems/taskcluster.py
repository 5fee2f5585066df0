"""Taskcluster.

- ``TASK_ID`` and ``RUN_ID`` are anybody's names; ``TASKCLUSTER_ROOT_URL`` is also set for
  the command line client. All three together count.
- ``RUN_ID`` counts the tries of one task from 0.
- The worker knows nothing of repositories; what a task says of its own (``GECKO_HEAD_REV`` and such) is its author's.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter, Environ


def _attempt(environ: Environ) -> str | None:
    """``1`` of ``RUN_ID=0``."""
    run = environ.fill("{RUN_ID:\\d+}")
    return None if run is None else str(int(run) + 1)


ADAPTER = Adapter(
    provider="taskcluster",
    name="Taskcluster",
    docs="https://docs.taskcluster.net/docs/manual/design/env-vars",
    active=("{TASKCLUSTER_ROOT_URL:https?://.+}{TASK_ID:[\\w-]+}{RUN_ID:\\d+}",),
    run_id="{TASK_ID:[\\w-]+}/{RUN_ID:\\d+}",
    run_url="{TASKCLUSTER_ROOT_URL:(.+?)/?}/tasks/{TASK_ID:[\\w-]+}/runs/{RUN_ID:\\d+}",
    attempt=_attempt,
    left_out={
        "sha": "the worker does not tell it",
        "remote_url": "the worker does not tell it",
        "workspace": "the worker does not tell where a task checks out",
        "event": "the worker does not tell it",
        "branch": "the worker does not tell it",
        "tag": "the worker does not tell it",
        "pull_request": "the worker does not tell it",
    },
)
