"""SourceCraft.

- ``SOURCECRAFT_BASE_REF`` is set only when a pull request is checked, for the first time or again.
- No page says whether the head of a pull request or a merge is built, or which of them the ref
  names. Git knows.
- Other programs use ``SOURCECRAFT_ORG``, ``SOURCECRAFT_REPO`` and ``SOURCECRAFT_PAT``. They are not
  marks.
"""

from __future__ import annotations

from conda_provenance.ci import Adapter, unless

_PULL = ("{SOURCECRAFT_BASE_REF}", "SOURCECRAFT_EVENT=pull_request")
_UNREAD = "no variable holds it on the part of the page that could be read"

ADAPTER = Adapter(
    provider="sourcecraft",
    name="SourceCraft",
    docs="https://sourcecraft.dev/portal/docs/en/sourcecraft/ci-cd-ref/predefined-variables",
    active=("SOURCECRAFT_CI",),
    sha=unless(_PULL, "{SOURCECRAFT_COMMIT_SHA}"),
    workspace="{SOURCECRAFT_WORKSPACE}",
    event="{SOURCECRAFT_EVENT}",
    branch=unless(_PULL, "{SOURCECRAFT_COMMIT_REF:refs/heads/(.+)}"),
    tag=unless(_PULL, "{SOURCECRAFT_COMMIT_REF:refs/tags/(.+)}"),
    left_out={
        "run_id": _UNREAD,
        "run_url": _UNREAD,
        "sha": "on a pull request it may be its head or a merge; no page says which",
        "remote_url": _UNREAD,
        "pull_request": "SOURCECRAFT_PR_SLUG was seen in a user's script only",
        "merge": "as for the commit",
        "head_sha": "as for the commit",
        "head_remote_url": _UNREAD,
        "attempt": "SOURCECRAFT_EVENT=restart says that it is another try, not which one",
    },
)
