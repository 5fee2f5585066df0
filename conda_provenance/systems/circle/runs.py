"""The workflows of CircleCI's cloud."""

from __future__ import annotations

from conda_provenance.runs import Runs

RUNS = Runs(
    run_id=r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    page="https://app.circleci.com/pipelines/workflows/{id}",
)
