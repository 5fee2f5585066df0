"""Taskcluster.

- Other programs use the names ``TASK_ID`` and ``RUN_ID`` too, and ``TASKCLUSTER_ROOT_URL`` is also
  set for the command line client. Only all three together count.
- ``RUN_ID`` counts the tries of one task, from 0.
- The worker knows nothing of repositories. A task's own variables (``GECKO_HEAD_REV`` and such) are
  whatever its author writes.
"""

from __future__ import annotations

from conda_provenance.ci import NO_VARIABLE, Adapter, Environ


def _attempt(environ: Environ) -> str | None:
    """``1`` from ``RUN_ID=0``."""
    run = environ.fill(r"{RUN_ID:\d+}")
    return None if run is None else str(int(run) + 1)


ADAPTER = Adapter(
    provider="taskcluster",
    name="Taskcluster",
    docs="https://docs.taskcluster.net/docs/manual/design/env-vars",
    active=(r"{TASKCLUSTER_ROOT_URL:https?://.+}{TASK_ID:[\w-]+}{RUN_ID:\d+}",),
    run_id=r"{TASK_ID:[\w-]+}/{RUN_ID:\d+}",
    run_url=r"{TASKCLUSTER_ROOT_URL:(.+?)/?}/tasks/{TASK_ID:[\w-]+}/runs/{RUN_ID:\d+}",
    attempt=_attempt,
    left_out={
        "sha": NO_VARIABLE,
        "remote_url": NO_VARIABLE,
        "workspace": NO_VARIABLE,
        "event": NO_VARIABLE,
        "branch": NO_VARIABLE,
        "tag": NO_VARIABLE,
        "pull_request": NO_VARIABLE,
    },
)
