"""GoCD.

- ``GO_PIPELINE_LABEL`` is any text; the counters are what identifies a run.
- ``GO_SERVER_URL`` is also in the environment of an agent that runs nothing, and may be an address of the agent's own machine.
- ``GO_REVISION`` is there only where the pipeline has one repository; with several each has its own name in the variable's.
- ``GO_TRIGGER_USER`` is a person's name, ``changes`` or ``timer``.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter

_STAGE = "{GO_PIPELINE_NAME}/{GO_PIPELINE_COUNTER}/{GO_STAGE_NAME}/{GO_STAGE_COUNTER}"

ADAPTER = Adapter(
    provider="gocd",
    name="GoCD",
    docs="https://docs.gocd.org/current/faq/dev_use_current_revision_in_build.html",
    active=("GO_PIPELINE_COUNTER",),
    run_id=_STAGE,
    run_url="{GO_SERVER_URL:(https?://(?!127\\.|localhost[:/]|\\[::1\\]).*[^/])/?}/pipelines/"
    + _STAGE,
    sha="{GO_REVISION}",
    event="{GO_TRIGGER_USER:changes|timer}",
    attempt="{GO_STAGE_COUNTER:\\d+}",
    left_out={
        "remote_url": "no variable holds it; the maintainers left it out because it may hold a password (gocd/gocd#6289)",
        "branch": "no variable of the page holds it",
        "pull_request": "GO_SCM_…_PR_… belong to a plugin whose page does not list them",
        "workspace": "no variable of the page holds it",
    },
)
