"""Cloudflare Workers Builds.

- The worker's settings can override all of these variables.
- The running worker does not have the build's variables, so the mark alone is enough.
"""

from __future__ import annotations

from conda_provenance.ci import NO_VARIABLE, Adapter

ADAPTER = Adapter(
    provider="cfworkers",
    name="Cloudflare Workers Builds",
    docs="https://developers.cloudflare.com/workers/ci-cd/builds/configuration/#default-variables",
    active=("WORKERS_CI",),
    last=True,
    run_id="{WORKERS_CI_BUILD_UUID}",
    sha="{WORKERS_CI_COMMIT_SHA}",
    branch="{WORKERS_CI_BRANCH}",
    left_out={
        "run_url": "the page needs the account and the worker, which are in no variable",
        "remote_url": NO_VARIABLE,
        "workspace": NO_VARIABLE,
        "event": NO_VARIABLE,
        "pull_request": NO_VARIABLE,
        "attempt": "no page says whether a retried build keeps its UUID",
    },
)
