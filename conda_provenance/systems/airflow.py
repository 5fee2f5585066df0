"""Apache Airflow.

- A scheduler, not a CI: where a CI names a run too, that one is believed.
- Every task's process has the variables, Airflow 2 and 3, and BashOperator always passes them on, whatever its ``env`` is.
  A container that a task starts (DockerOperator, KubernetesPodOperator) has only what the task gives it.
- A run id counts within its DAG (``scheduled__2026-01-02T00:00:00+00:00``), so the DAG's id comes first.
- ``airflow tasks test`` makes a run id of its own, ``__airflow_temporary_run_…__``: that is no run.
- Airflow 2's page needs a query, and its address is another variable: no page there.
"""

from __future__ import annotations

from urllib.parse import quote

from conda_provenance.ci.adapter import Adapter, Environ


def _run_url(environ: Environ) -> str | None:
    """``{AIRFLOW__API__BASE_URL}/dags/{dag id}/runs/{run id}``, Airflow 3's page."""
    base, dag, run = map(
        environ.get, ("AIRFLOW__API__BASE_URL", "AIRFLOW_CTX_DAG_ID", "AIRFLOW_CTX_DAG_RUN_ID")
    )
    if base is None or dag is None or run is None or run.startswith("__airflow_temporary_run_"):
        return None
    return f"{base.rstrip('/')}/dags/{quote(dag)}/runs/{quote(run)}"


ADAPTER = Adapter(
    provider="airflow",
    name="Apache Airflow",
    docs="https://airflow.apache.org/docs/apache-airflow/stable/howto/export-more-env-vars.html",
    active=("{AIRFLOW_CTX_DAG_ID}{AIRFLOW_CTX_DAG_RUN_ID:(?!__airflow_temporary_run_).+}",),
    last=True,
    run_id=r"{AIRFLOW_CTX_DAG_ID}/{AIRFLOW_CTX_DAG_RUN_ID:(?!__airflow_temporary_run_).+}",
    run_url=_run_url,
    event=(
        r"{AIRFLOW_CTX_DAG_RUN_ID:(manual|scheduled|backfill|dataset_triggered)__.+}",
        r"{AIRFLOW_CTX_DAG_RUN_ID:(asset_triggered|asset_materialization|operator_triggered)__.+}",
    ),
    left_out={
        "sha": "Airflow names no commit",
        "remote_url": "Airflow names no repository; the DAG's code need not lie with the recipe",
        "workspace": "Airflow names no folder",
        "attempt": "AIRFLOW_CTX_TRY_NUMBER counts the tries of the task, not of the run",
    },
)
