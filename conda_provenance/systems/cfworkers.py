"""Cloudflare Workers Builds.

- All of these variables can be overridden in the worker's settings.
- Build variables are not there at runtime, so the mark alone tells a build.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter

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
        "remote_url": "no variable of the page holds it",
        "workspace": "no variable of the page holds it",
        "event": "no variable of the page holds it",
        "pull_request": "no variable of the page holds it",
        "attempt": "no page says whether a retried build keeps its UUID",
    },
)
