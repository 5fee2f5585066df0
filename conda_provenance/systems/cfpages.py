"""Cloudflare Pages.

- No variable names the build. ``CF_PAGES_URL`` is the deployed site's address, not the build's page.
- All of these variables can be overridden in the project's settings.
- ``wrangler pages dev`` gives the same names to the site's code only, which runs no programs.
- ``CF_…`` are Codefresh's names too: only ``CF_PAGES`` tells.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter

ADAPTER = Adapter(
    provider="cfpages",
    name="Cloudflare Pages",
    docs="https://developers.cloudflare.com/pages/configuration/build-configuration/#environment-variables",
    active=("CF_PAGES",),
    last=True,
    sha="{CF_PAGES_COMMIT_SHA}",
    branch="{CF_PAGES_BRANCH}",
    left_out={
        "run_id": "no variable of the page names the build",
        "run_url": "CF_PAGES_URL is the site's address",
        "remote_url": "no variable of the page holds it",
        "workspace": "no variable of the page holds it",
        "event": "no variable of the page holds it",
        "pull_request": "no variable of the page holds it",
        "attempt": "no variable of the page holds it",
    },
)
