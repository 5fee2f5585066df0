"""Vercel.

- The running application has ``VERCEL=1`` too. ``CI=1`` is there only while it is built, and
  ``VERCEL_REGION`` only afterwards.
- ``vercel build`` sets ``VERCEL=1`` and ``NOW_BUILDER=1`` on anybody's machine. Only the platform
  names a deployment (``dpl_…``).
- The variables are set only if the project exposes its system variables.
- ``VERCEL_GIT_PULL_REQUEST_ID`` is empty if the branch was pushed before the pull request was
  opened.
"""

from __future__ import annotations

from conda_provenance.ci import NO_VARIABLE, Adapter

ADAPTER = Adapter(
    provider="vercel",
    name="Vercel",
    docs="https://vercel.com/docs/environment-variables/system-environment-variables",
    active=(r"{VERCEL:1}{CI:1}{VERCEL_DEPLOYMENT_ID:dpl_\w+}",),
    unless=("VERCEL_REGION",),
    last=True,
    run_id=r"{VERCEL_DEPLOYMENT_ID:dpl_\w+}",
    sha="{VERCEL_GIT_COMMIT_SHA}",
    branch="{VERCEL_GIT_COMMIT_REF}",
    pull_request=r"{VERCEL_GIT_PULL_REQUEST_ID:\d+}",
    left_out={
        "run_url": "the page needs the team and the project's name; "
        "VERCEL_URL is the deployed site",
        "remote_url": "VERCEL_GIT_PROVIDER has no host, and no page says which repository a fork's "
        "build names",
        "workspace": NO_VARIABLE,
        "event": NO_VARIABLE,
        "merge": "no page says so; the commit is the one that triggered the deployment",
        "attempt": NO_VARIABLE,
    },
)
