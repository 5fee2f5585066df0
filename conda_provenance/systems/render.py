"""Render.

- The running application has nearly all of these variables too. ``CI=true`` is there only while it
  is built. The page says so for the Python runtime, and the vendor's own request to ci-info for all
  builds.
- ``RENDER_WEB_CONCURRENCY`` is there at runtime only.
- No variable names the build or the deploy. ``RENDER_INSTANCE_ID`` is a running instance.
- RailPush imitates Render and sets ``RENDER`` as well, at runtime.
- A worker or cron job whose owner has set ``CI`` looks like a build. It gets no id, as a build
  gets none.
"""

from __future__ import annotations

from conda_provenance.ci import NO_VARIABLE, Adapter

ADAPTER = Adapter(
    provider="render",
    name="Render",
    docs="https://render.com/docs/environment-variables",
    active=("{RENDER:true}{CI:true}",),
    unless=("RENDER_WEB_CONCURRENCY",),
    last=True,
    sha="{RENDER_GIT_COMMIT}",
    branch="{RENDER_GIT_BRANCH}",
    left_out={
        "run_id": NO_VARIABLE,
        "run_url": NO_VARIABLE,
        "remote_url": "RENDER_GIT_REPO_SLUG has no host",
        "workspace": "RENDER_SRC_ROOT and the like are for internal use, as the page says",
        "event": NO_VARIABLE,
        "pull_request": "IS_PULL_REQUEST has no number",
        "attempt": NO_VARIABLE,
    },
)
