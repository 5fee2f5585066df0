"""Tangled spindle.

- ``TANGLED_PIPELINE_ID`` is an AT URI, which names the spindle and the pipeline: unambiguous everywhere.
  ``at://`` is left off in the id.
- ``TANGLED_REPO_URL`` is at the repository's knot, by the repository's DID: ``https://knot1.tangled.sh/did:plc:…``.
- On a pull request commit, branch and ref are those it comes from.
- Pull requests have no number in the variables.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter

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
        "run_url": "the page's address needs the owner's handle, which no variable tells",
        "workspace": "no variable of the page or the source tells it",
        "pull_request": "no variable of the page or the source tells it",
        "head_remote_url": "no variable of the page or the source names the fork",
        "attempt": "no variable of the page or the source counts tries",
    },
)
