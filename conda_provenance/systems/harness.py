"""Harness CI.

- It sets Drone's variables as well (``DRONE=true``), being made from Drone; Drone sets no ``HARNESS_…``.
- ``HARNESS_BUILD_ID`` counts within one pipeline; ``HARNESS_EXECUTION_ID`` is unique.
- ``DRONE_BRANCH`` is the branch a pull request goes to, and on a tag its whole ref. ``DRONE_COMMIT_SHA`` is the head, short on
  Bitbucket's pull requests.
- Older pages have ``/ng/#/`` in their address: without the fragment they are another page.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter, Environ


def _branch(environ: Environ) -> str | None:
    """``DRONE_COMMIT_BRANCH``; of a pull request, the branch it comes from."""
    if environ.get("DRONE_PULL_REQUEST"):
        return environ.get("DRONE_SOURCE_BRANCH")
    return None if environ.get("DRONE_TAG") else environ.fill("{DRONE_COMMIT_BRANCH:(?!refs/)(.+)}")


def _head_sha(environ: Environ) -> str | None:
    """``DRONE_COMMIT_SHA`` on a pull request."""
    return environ.get("DRONE_COMMIT_SHA") if environ.get("DRONE_PULL_REQUEST") else None


ADAPTER = Adapter(
    provider="harness",
    name="Harness CI",
    docs="https://developer.harness.io/docs/continuous-integration/troubleshoot-ci/ci-env-var",
    active=("HARNESS_BUILD_ID", "HARNESS_EXECUTION_ID"),
    run_id="{HARNESS_EXECUTION_ID}",
    run_url=("{CI_BUILD_LINK:[^#]+}", "{DRONE_BUILD_LINK:[^#]+}"),
    sha=("{DRONE_COMMIT_SHA}", "{CI_COMMIT_SHA}"),
    remote_url=(
        "{CI_REPO_REMOTE}",
        "{DRONE_GIT_HTTP_URL}",
        "{CI_REMOTE_URL}",
        "{DRONE_REMOTE_URL}",
    ),
    workspace=("{HARNESS_WORKSPACE}", "{DRONE_WORKSPACE}"),
    event="{DRONE_BUILD_EVENT}",
    branch=_branch,
    tag="{DRONE_TAG}",
    pull_request="{DRONE_PULL_REQUEST:\\d+}",
    head_sha=_head_sha,
    left_out={
        "merge": "whether the clone has a merge commit is a setting of the pipeline, which no variable tells",
        "head_remote_url": "no variable names the repository that a pull request comes from",
        "attempt": "no variable of the vendor's page counts",
    },
)
