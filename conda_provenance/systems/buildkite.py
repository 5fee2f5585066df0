"""Buildkite.

- ``BUILDKITE_COMMIT`` may be ``HEAD`` (manual and scheduled builds): no commit then.
- ``bk local run`` runs a pipeline on somebody's own machine, with ``BUILDKITE_SOURCE=local``: there is no run to name.
- ``BUILDKITE_BUILD_NUMBER`` counts within one pipeline; the id is unique. Rebuilt, a build is a new one.
- The commit is a pull request's head, except with "test merge commits" (private preview), where the agent checks out
  ``refs/pull/N/merge`` whatever ``BUILDKITE_COMMIT`` says: git tells the commit then.
- In builds of GitHub's merge queue the commit is the queue's proposed merge commit.
- A fork's branch may be prefixed, ``somebody:main``. Of tags the branch is the tag's name. Of builds that people start for a
  commit, the branch need not have it.
- Tries are a job's, and counted from 0.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter, Environ

_MERGE_REF = "{BUILDKITE_PULL_REQUEST:\\d+}{BUILDKITE_PULL_REQUEST_USING_MERGE_REFSPEC:(?i:true|1)}"


def _sha(environ: Environ) -> str | None:
    """``7fd1a60b01f91b314f59955a4e4d4e80d8edf11d``; nothing where the agent checks out another commit."""
    return None if environ.fill(_MERGE_REF) else environ.get("BUILDKITE_COMMIT")


def _branch(environ: Environ) -> str | None:
    """``main``, also of ``somebody:main``."""
    by_hand = (
        environ.fill("{BUILDKITE_SOURCE:ui|api}") and environ.get("BUILDKITE_COMMIT") != "HEAD"
    )
    if by_hand or environ.get("BUILDKITE_TAG"):
        return None
    return environ.fill("{BUILDKITE_BRANCH:(?:[^:]*:)?([^:]+)}")


def _attempt(environ: Environ) -> str | None:
    """``1``, of ``BUILDKITE_RETRY_COUNT=0``."""
    retries = environ.fill("{BUILDKITE_RETRY_COUNT:\\d+}")
    return str(int(retries) + 1) if retries and len(retries) < 10 else None


ADAPTER = Adapter(
    provider="buildkite",
    name="Buildkite",
    docs="https://buildkite.com/docs/pipelines/configure/environment-variables",
    active=("BUILDKITE",),
    unless=("BUILDKITE_SOURCE=local",),
    run_id="{BUILDKITE_BUILD_ID}",
    run_url="{BUILDKITE_BUILD_URL}",
    sha=_sha,
    remote_url="{BUILDKITE_REPO}",
    workspace="{BUILDKITE_BUILD_CHECKOUT_PATH}",
    event=("{BUILDKITE_GITHUB_EVENT}", "{BUILDKITE_SOURCE}"),
    branch=_branch,
    tag="{BUILDKITE_TAG}",
    pull_request="{BUILDKITE_PULL_REQUEST:\\d+}",
    merge=(_MERGE_REF, "{BUILDKITE_MERGE_QUEUE_BASE_COMMIT}"),
    head_remote_url="{BUILDKITE_PULL_REQUEST_REPO}",
    attempt=_attempt,
    left_out={"head_sha": "no variable; the commit is the head, or nothing tells it"},
)
