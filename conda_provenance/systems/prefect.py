"""Prefect.

- Prefect is a scheduler, not a CI. If a CI names a run too, the CI's run counts.
- Only flow runs that a worker, an agent or ``prefect flow-run execute`` started have the id in
  their environment. ``python flow.py`` never has it, and a served flow (``flow.serve()``) has not
  had it since Prefect 3.4.21. Their tasks must pass it on.
- In a subflow it is the id of the flow run that the process was started for, not the subflow's.
- Before Prefect 2.13.5 the same id was written without dashes. In Prefect 1 the variable has
  another name.
- A server's own address is often one that only the flow runs can reach
  (``http://prefect-server:4200/api``). So there is a page only for Prefect Cloud, or if
  ``PREFECT_UI_URL`` is set.
"""

from __future__ import annotations

import re

from conda_provenance.ci import Adapter, Environ

_UUID = "([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})"
_CLOUD_API = (
    r"https://api\.prefect\.cloud/api/accounts/([0-9a-f-]{36})/workspaces/([0-9a-f-]{36})/?"
)


def _run_id(environ: Environ) -> str | None:
    """``7375e3fa-d214-4bea-bf41-6200d250bbf7``, also from the form without dashes."""
    digits = environ.first("PREFECT__FLOW_RUN_ID", "PREFECT__CONTEXT__FLOW_RUN_ID") or ""
    match = re.fullmatch(_UUID, digits.lower())
    return "-".join(match.groups()) if match else None


def _run_url(environ: Environ) -> str | None:
    """``{PREFECT_UI_URL}/flow-runs/flow-run/{run id}``, or the run's page at Prefect Cloud."""
    run_id = _run_id(environ)
    if run_id is None or environ.get("PREFECT__FLOW_RUN_ID") is None:
        return None

    user_interface = environ.get("PREFECT_UI_URL")
    if user_interface is not None:
        # Prefect 2 knows this path only; Prefect 3 redirects it to /runs/flow-run/.
        return f"{user_interface.rstrip('/')}/flow-runs/flow-run/{run_id}"

    cloud = re.fullmatch(_CLOUD_API, environ.get("PREFECT_API_URL", ""))
    if cloud is None:
        return None
    account, workspace = cloud.groups()
    return (
        f"https://app.prefect.cloud/account/{account}/workspace/{workspace}/runs/flow-run/{run_id}"
    )


ADAPTER = Adapter(
    provider="prefect",
    name="Prefect",
    docs="https://github.com/PrefectHQ/prefect/blob/main/src/prefect/workers/base.py",
    active=(
        "{PREFECT__FLOW_RUN_ID:[0-9a-fA-F-]+}",
        "{PREFECT__CONTEXT__FLOW_RUN_ID:[0-9a-fA-F-]+}",
    ),
    last=True,
    run_id=_run_id,
    run_url=_run_url,
    left_out={
        "sha": "Prefect names no commit",
        "remote_url": "Prefect names no repository, and the flow's code may be in another one than "
        "the recipe",
        "workspace": "Prefect names no folder",
        "event": "only Prefect's API tells a scheduled run from a manual one",
        "attempt": "only Prefect's API has the run's count of tries",
    },
)
