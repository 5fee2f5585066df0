"""Buildkite.

- ``BUILDKITE_COMMIT`` may be ``HEAD`` in manual and scheduled builds. That is no commit.
- ``bk local run`` runs a pipeline on one's own machine, with ``BUILDKITE_SOURCE=local``. There is
  no run to name.
- ``BUILDKITE_BUILD_NUMBER`` counts within one pipeline. The id is unique, and a rebuild has a new
  one.
- On a pull request the commit is its head, except with "test merge commits" (private preview).
  Then the agent checks out ``refs/pull/N/merge``, whatever ``BUILDKITE_COMMIT`` says, and git
  knows the commit.
- In builds of GitHub's merge queue the commit is the merge commit that the queue proposes.
- The branch of a fork may have a prefix, ``somebody:main``. In builds of tags the branch is the
  tag's name. If somebody starts a build for a commit, that commit need not be on the branch.
- Tries are counted for each job, from 0.
"""

from __future__ import annotations

from conda_provenance.ci import Adapter, Environ, unless, when

_MERGE_REF = r"{BUILDKITE_PULL_REQUEST:\d+}{BUILDKITE_PULL_REQUEST_USING_MERGE_REFSPEC:(?i:true|1)}"
_BRANCH = "{BUILDKITE_BRANCH:(?:[^:]*:)?([^:]+)}"


def _attempt(environ: Environ) -> str | None:
    """``1`` from ``BUILDKITE_RETRY_COUNT=0``."""
    retries = environ.fill(r"{BUILDKITE_RETRY_COUNT:\d+}")
    return str(int(retries) + 1) if retries and len(retries) < 10 else None


ADAPTER = Adapter(
    provider="buildkite",
    name="Buildkite",
    docs="https://buildkite.com/docs/pipelines/configure/environment-variables",
    active=("BUILDKITE",),
    unless=("BUILDKITE_SOURCE=local",),
    run_id="{BUILDKITE_BUILD_ID}",
    run_url="{BUILDKITE_BUILD_URL}",
    sha=unless(_MERGE_REF, "{BUILDKITE_COMMIT}"),
    remote_url="{BUILDKITE_REPO}",
    workspace="{BUILDKITE_BUILD_CHECKOUT_PATH}",
    event=("{BUILDKITE_GITHUB_EVENT}", "{BUILDKITE_SOURCE}"),
    branch=unless(
        "{BUILDKITE_TAG}",
        when(
            "BUILDKITE_COMMIT=HEAD",
            _BRANCH,
            otherwise=unless("{BUILDKITE_SOURCE:ui|api}", _BRANCH),  # not if started by hand
        ),
    ),
    tag="{BUILDKITE_TAG}",
    pull_request=r"{BUILDKITE_PULL_REQUEST:\d+}",
    merge=(_MERGE_REF, "{BUILDKITE_MERGE_QUEUE_BASE_COMMIT}"),
    head_remote_url="{BUILDKITE_PULL_REQUEST_REPO}",
    attempt=_attempt,
    left_out={"head_sha": "no variable; the commit is the head, or is unknown"},
)
