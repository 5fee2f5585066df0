"""The pipelines of GitLab CI."""

from __future__ import annotations

from conda_provenance.runs import Runs

RUNS = Runs(run_id=r"\d+", page="{remote}/-/pipelines/{id}")
