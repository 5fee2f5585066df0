"""Cloudflare Workers Builds.

- Its variables may be overridden in the project's settings.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter

ADAPTER = Adapter(
    provider="cfworkers",
    name="Cloudflare Workers Builds",
    docs="https://developers.cloudflare.com/changelog/2025-06-10-default-env-vars",
    active=("WORKERS_CI",),
    last=True,
    run_id="{WORKERS_CI_BUILD_UUID}",
    sha="{WORKERS_CI_COMMIT_SHA}",
    branch="{WORKERS_CI_BRANCH}",
    left_out={
        "run_url": "the page needs the account and the worker, which are in no variable",
        "remote_url": "no variable of the page holds it",
        "workspace": "no variable of the page holds it",
        "pull_request": "no variable of the page holds it",
    },
)
