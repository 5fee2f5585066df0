"""Tangled spindle.

- ``TANGLED_PIPELINE_ID`` is an AT URI that names the spindle and the pipeline, so it is unique
  everywhere. The id leaves out its ``at://``.
- ``TANGLED_REPO_URL`` is the repository at its knot, named by its DID:
  ``https://knot1.tangled.sh/did:plc:…``.
- On a pull request the commit, the branch and the ref are those that it comes from.
- No variable holds the number of a pull request.
"""

from __future__ import annotations

from conda_provenance.ci import NO_VARIABLE, Adapter

ADAPTER = Adapter(
    provider="tangled",
    name="Tangled spindle",
    docs="https://docs.tangled.org/spindles.html#environment",
    active=("TANGLED_PIPELINE_ID",),
    run_id="{TANGLED_PIPELINE_ID:at://(.+)}",
    sha=("{TANGLED_SHA}", "{TANGLED_COMMIT_SHA}"),
    remote_url="{TANGLED_REPO_URL}",
    event="{TANGLED_PIPELINE_KIND}",
    branch=("{TANGLED_PR_SOURCE_BRANCH}", "{TANGLED_REF:refs/heads/(.+)}"),
    tag="{TANGLED_REF:refs/tags/(.+)}",
    head_sha="{TANGLED_PR_SOURCE_SHA}",
    left_out={
        "run_url": "the page's address needs the owner's handle, which no variable holds",
        "workspace": NO_VARIABLE,
        "pull_request": NO_VARIABLE,
        "head_remote_url": NO_VARIABLE,
        "attempt": NO_VARIABLE,
    },
)
