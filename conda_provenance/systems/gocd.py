"""GoCD.

- ``GO_PIPELINE_LABEL`` is any text. The counters identify a run.
- An agent that runs nothing has ``GO_SERVER_URL`` too. It may be an address that only works on the
  agent's own machine.
- ``GO_REVISION`` is there only where the pipeline has one repository. With several, the name of
  each is part of its variable's name.
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
