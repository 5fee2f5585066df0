"""Cloudflare Pages.

- No variable names the build. ``CF_PAGES_URL`` is the address of the deployed site, not the build's
  page.
- The project's settings can override all of these variables.
- ``wrangler pages dev`` gives the same names to the site's code only, and that runs no programs.
- Codefresh uses ``CF_…`` too, so only ``CF_PAGES`` counts as a mark.
"""

from __future__ import annotations

from conda_provenance.ci import NO_VARIABLE, Adapter

ADAPTER = Adapter(
    provider="cfpages",
    name="Cloudflare Pages",
    docs="https://developers.cloudflare.com/pages/configuration/build-configuration/"
    "#environment-variables",
    active=("CF_PAGES",),
    last=True,
    sha="{CF_PAGES_COMMIT_SHA}",
    branch="{CF_PAGES_BRANCH}",
    left_out={
        "run_id": NO_VARIABLE,
        "run_url": "CF_PAGES_URL is the site's address",
        "remote_url": NO_VARIABLE,
        "workspace": NO_VARIABLE,
        "event": NO_VARIABLE,
        "pull_request": NO_VARIABLE,
        "attempt": NO_VARIABLE,
    },
)
