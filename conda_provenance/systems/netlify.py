"""Netlify.

- Builds on the platform have ``NETLIFY=true``. Builds by the command line tool have the same
  variables and ``NETLIFY_LOCAL=true``.
- A preview server (``NETLIFY_PREVIEW_SERVER``) and the functions of the running site (on AWS
  Lambda) are no builds.
- On a pull request ``BRANCH`` is a ref such as ``pull/7/head``, which is what is checked out.
  ``HEAD`` is the branch.
- ``REPOSITORY_URL`` has held a token. Other programs use the names ``BUILD_ID``, ``COMMIT_REF`` and
  ``HEAD`` too; they count only next to ``NETLIFY``.
"""

from __future__ import annotations

from conda_provenance.ci import NO_VARIABLE, Adapter, when

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
    pull_request=when("PULL_REQUEST", r"{REVIEW_ID:\d+}"),
    # Only with this ref is it certain that the head is built.
    head_sha=when("PULL_REQUEST", when(r"{BRANCH:pull/\d+/head}", "{COMMIT_REF}")),
    left_out={
        "workspace": NO_VARIABLE,
        "event": "CONTEXT is what is deployed, not what started it; "
        "INCOMING_HOOK_… are set for hooks only",
        "head_remote_url": NO_VARIABLE,
        "attempt": NO_VARIABLE,
    },
)
