"""Netlify.

- A platform that builds sites: a CI that deploys to it is believed instead.
- ``REPOSITORY_URL`` has held a token. ``BRANCH`` is a ref such as ``pull/7/head`` on a pull request; ``HEAD`` is the branch.
- ``BUILD_ID``, ``COMMIT_REF`` and ``HEAD`` are anybody's names: they count only beside ``NETLIFY`` and ``DEPLOY_ID``.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter, Environ


def _pull_request(environ: Environ) -> str | None:
    """``REVIEW_ID``, where ``PULL_REQUEST`` is true."""
    return environ.fill("{REVIEW_ID:\\d+}") if environ.on("PULL_REQUEST") else None


ADAPTER = Adapter(
    provider="netlify",
    name="Netlify",
    docs="https://docs.netlify.com/build/configure-builds/environment-variables/",
    active=("{NETLIFY:true}{DEPLOY_ID}",),
    last=True,
    run_id="{DEPLOY_ID}",
    run_url="https://app.netlify.com/sites/{SITE_NAME}/deploys/{DEPLOY_ID}",
    sha="{COMMIT_REF}",
    remote_url="{REPOSITORY_URL}",
    branch="{HEAD}",
    pull_request=_pull_request,
    left_out={
        "workspace": "no variable of the page holds it",
        "event": "INCOMING_HOOK_… tell of hooks only",
        "merge": "no page says whether COMMIT_REF of a pull request is its head",
        "attempt": "a deploy that is made again has an id of its own",
    },
)
