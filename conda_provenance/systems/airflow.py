"""Apache Airflow.

- Airflow is a scheduler, not a CI. If a CI names a run too, the CI's run counts.
- The process of every task has the variables, in Airflow 2 and 3. BashOperator always passes them
  on, whatever its ``env`` is. A container that a task starts (DockerOperator,
  KubernetesPodOperator) has only what the task gives it.
- A run id such as ``scheduled__2026-01-02T00:00:00+00:00`` is unique only within its DAG, so the
  DAG's id comes first.
- ``airflow tasks test`` makes an id of its own, ``__airflow_temporary_run_…__``. It is no run.
- Airflow 2 has no page here: its address needs a query, and the server's address is in another
  variable.
"""

from __future__ import annotations

from urllib.parse import quote

from conda_provenance.ci import Adapter, Environ

_RUN = "{AIRFLOW_CTX_DAG_RUN_ID:(?!__airflow_temporary_run_).+}"


def _run_url(environ: Environ) -> str | None:
    """``{AIRFLOW__API__BASE_URL}/dags/{dag id}/runs/{run id}``, the page in Airflow 3."""
    server, dag = environ.get("AIRFLOW__API__BASE_URL"), environ.get("AIRFLOW_CTX_DAG_ID")
    run = environ.fill(_RUN)
    if server is None or dag is None or run is None:
        return None
    return f"{server.rstrip('/')}/dags/{quote(dag)}/runs/{quote(run)}"


ADAPTER = Adapter(
    provider="airflow",
    name="Apache Airflow",
    docs="https://airflow.apache.org/docs/apache-airflow/stable/howto/export-more-env-vars.html",
    active=("{AIRFLOW_CTX_DAG_ID}" + _RUN,),
    last=True,
    run_id="{AIRFLOW_CTX_DAG_ID}/" + _RUN,
    run_url=_run_url,
    event=(
        "{AIRFLOW_CTX_DAG_RUN_ID:(manual|scheduled|backfill|dataset_triggered)__.+}",
        "{AIRFLOW_CTX_DAG_RUN_ID:(asset_triggered|asset_materialization|operator_triggered)__.+}",
    ),
    left_out={
        "sha": "Airflow names no commit",
        "remote_url": "Airflow names no repository, and the DAG's code may be in another one than "
        "the recipe",
        "workspace": "Airflow names no folder",
        "attempt": "AIRFLOW_CTX_TRY_NUMBER counts the tries of the task, not of the run",
    },
)
