"""Render.

- Nearly all of its variables are in the running application too. ``CI=true`` is there while it is built only: the page says
  so of the Python runtime, the vendor's own request to ci-info of all builds.
- ``RENDER_WEB_CONCURRENCY`` is there at runtime only.
- No variable names the build or the deploy; ``RENDER_INSTANCE_ID`` is a running instance.
- RailPush, an imitation, sets ``RENDER`` as well, at runtime.
- A worker or cron job whose owner has set ``CI`` cannot be told from a build; no id is named of either.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter

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
        "run_id": "no variable of the page names the build",
        "run_url": "no variable of the page names the build",
        "remote_url": "RENDER_GIT_REPO_SLUG has no host",
        "workspace": "RENDER_SRC_ROOT and the like are for internal use, as the page says",
        "event": "no variable of the page holds it",
        "pull_request": "IS_PULL_REQUEST has no number",
        "attempt": "no variable of the page holds it",
    },
)
