"""Render.

- All of its variables are set in the running application too, and none names a build: there is no id.
- A platform that builds services: a CI that deploys to it is believed instead.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter

ADAPTER = Adapter(
    provider="render",
    name="Render",
    docs="https://render.com/docs/environment-variables",
    active=("RENDER",),
    last=True,
    sha="{RENDER_GIT_COMMIT}",
    branch="{RENDER_GIT_BRANCH}",
    left_out={
        "run_id": "no variable names the build",
        "run_url": "no variable names the build",
        "remote_url": "RENDER_GIT_REPO_SLUG has no host",
        "pull_request": "IS_PULL_REQUEST has no number",
        "workspace": "no variable of the page holds it",
    },
)
