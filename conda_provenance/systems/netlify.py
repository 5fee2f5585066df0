"""Netlify.

- Builds on the platform have ``NETLIFY=true``; those of the command line, which tell the same, ``NETLIFY_LOCAL=true``.
- A preview server (``NETLIFY_PREVIEW_SERVER``) and the running site's functions (on AWS Lambda) are no builds.
- ``BRANCH`` is a ref such as ``pull/7/head`` on a pull request, and what is checked out; ``HEAD`` is the branch.
- ``REPOSITORY_URL`` has held a token. ``BUILD_ID``, ``COMMIT_REF`` and ``HEAD`` are anybody's names without the mark.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter, Environ


def _pull_request(environ: Environ) -> str | None:
    """``REVIEW_ID``, where ``PULL_REQUEST`` is true."""
    return environ.fill("{REVIEW_ID:\\d+}") if environ.on("PULL_REQUEST") else None


def _head_sha(environ: Environ) -> str | None:
    """``COMMIT_REF``, where ``BRANCH`` is ``pull/7/head``: then the pull request's head is what is built."""
    return (
        environ.get("COMMIT_REF")
        if environ.on("PULL_REQUEST") and environ.fill("{BRANCH:pull/\\d+/head}")
        else None
    )


ADAPTER = Adapter(
    provider="netlify",
    name="Netlify",
    docs="https://docs.netlify.com/build/configure-builds/environment-variables/#read-only-variables",
    active=("{NETLIFY:true}{DEPLOY_ID}",),
    unless=("NETLIFY_LOCAL", "NETLIFY_PREVIEW_SERVER", "AWS_LAMBDA_FUNCTION_NAME"),
    last=True,
    run_id="{DEPLOY_ID}",
    run_url="https://app.netlify.com/projects/{SITE_NAME}/deploys/{DEPLOY_ID}",
    sha="{COMMIT_REF}",
    remote_url="{REPOSITORY_URL}",
    branch="{HEAD}",
    pull_request=_pull_request,
    head_sha=_head_sha,
    left_out={
        "workspace": "no variable of the page holds it",
        "event": "CONTEXT is what is deployed, not what started it; INCOMING_HOOK_… tell of hooks only",
        "head_remote_url": "no variable of the page holds it",
        "attempt": "no variable of the page holds it",
    },
)
