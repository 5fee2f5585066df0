"""GoCD.

- ``GO_PIPELINE_LABEL`` may be any text. The counters identify a run.
- ``GO_SERVER_URL`` is set even if the agent runs nothing. It may be an address that works only on
  the agent's own machine.
- ``GO_REVISION`` is set only if the pipeline has one repository. With several, there is a
  variable for each, whose name holds the repository's.
- ``GO_TRIGGER_USER`` is a person's name, ``changes`` or ``timer``.
"""

from __future__ import annotations

from conda_provenance.ci import NO_VARIABLE, Adapter

_STAGE = "{GO_PIPELINE_NAME}/{GO_PIPELINE_COUNTER}/{GO_STAGE_NAME}/{GO_STAGE_COUNTER}"
_SERVER = r"{GO_SERVER_URL:(https?://(?!127\.|localhost[:/]|\[::1\]).*[^/])/?}"

ADAPTER = Adapter(
    provider="gocd",
    name="GoCD",
    docs="https://docs.gocd.org/current/faq/dev_use_current_revision_in_build.html",
    active=("GO_PIPELINE_COUNTER",),
    run_id=_STAGE,
    run_url=_SERVER + "/pipelines/" + _STAGE,
    sha="{GO_REVISION}",
    event="{GO_TRIGGER_USER:changes|timer}",
    attempt=r"{GO_STAGE_COUNTER:\d+}",
    left_out={
        "remote_url": "no variable holds it; the maintainers left it out because it may hold "
        "a password (gocd/gocd#6289)",
        "branch": NO_VARIABLE,
        "pull_request": "GO_SCM_…_PR_… belong to a plugin, and its page does not list them",
        "workspace": NO_VARIABLE,
    },
)
