"""Vercel.

- ``VERCEL`` is set in the running application too; ``CI`` only while it is built.
- A platform that builds sites: a CI that runs its command line is believed instead.
- The variables are there only where the project exposes its system variables.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter

ADAPTER = Adapter(
    provider="vercel",
    name="Vercel",
    docs="https://vercel.com/docs/environment-variables/system-environment-variables",
    active=("{VERCEL:1}{CI:1}",),
    last=True,
    run_id="{VERCEL_DEPLOYMENT_ID}",
    sha="{VERCEL_GIT_COMMIT_SHA}",
    branch="{VERCEL_GIT_COMMIT_REF}",
    pull_request="{VERCEL_GIT_PULL_REQUEST_ID:\\d+}",
    left_out={
        "run_url": "the page needs the team and the project, which are in no variable",
        "remote_url": "VERCEL_GIT_PROVIDER comes without a host, and may be a server of one's own",
        "workspace": "no variable of the page holds it",
        "event": "no variable of the page holds it",
        "attempt": "a deployment that is made again has an id of its own",
    },
)
