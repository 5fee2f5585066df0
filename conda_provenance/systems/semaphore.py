"""Semaphore.

- On a pull request ``SEMAPHORE_GIT_SHA`` is the merge commit of the two branches.
  ``SEMAPHORE_GIT_PR_SHA`` is the head.
- ``SEMAPHORE_GIT_BRANCH`` is the target on a pull request, and ``refs/tags/…`` on a tag.
- In a job that debugs a project the branch is always given as ``master`` and
  ``SEMAPHORE_GIT_SHA`` as ``HEAD``, without a ``SEMAPHORE_GIT_REF``. Git knows the commit and the
  branch.
- ``SEMAPHORE_GIT_URL`` is documented as ``http://git@github.com:owner/name.git``, an scp-like
  address with a scheme before it.
- ``SEMAPHORE_WORKFLOW_NUMBER`` counts within one branch. The workflow's id is unique. Semaphore
  Classic has no such id.
"""

from __future__ import annotations

from conda_provenance.ci import Adapter, Environ, when

_STARTED_BY = "SEMAPHORE_WORKFLOW_TRIGGERED_BY_"


def _merge(environ: Environ) -> str | None:
    """The commit that is built, if it is not the pull request's own last commit."""
    built, head = environ.commit("SEMAPHORE_GIT_SHA"), environ.commit("SEMAPHORE_GIT_PR_SHA")
    return built if head and built != head else None


def _head_remote_url(environ: Environ) -> str | None:
    """``git@github.com:fork/recipes`` from ``git@github.com:acme/recipes.git`` and two slugs."""
    url, slug, head_slug = (
        environ.get(f"SEMAPHORE_GIT_{name}") for name in ("URL", "REPO_SLUG", "PR_SLUG")
    )
    if not (url and slug and head_slug):
        return None

    start, own, end = url.rpartition(slug)
    if not own or not start.endswith((":", "/")) or end not in ("", ".git", "/"):
        return None
    return start + head_slug


ADAPTER = Adapter(
    provider="semaphore",
    name="Semaphore",
    docs="https://docs.semaphoreci.com/reference/env-vars",
    active=("SEMAPHORE",),
    run_id="{SEMAPHORE_WORKFLOW_ID}",
    run_url="{SEMAPHORE_ORGANIZATION_URL:(.+?)/?}/workflows/{SEMAPHORE_WORKFLOW_ID}",
    sha="{SEMAPHORE_GIT_SHA}",
    remote_url="{SEMAPHORE_GIT_URL}",
    event=(
        when(_STARTED_BY + "HOOK", "hook"),
        when(_STARTED_BY + "SCHEDULE", "schedule"),
        when(_STARTED_BY + "API", "api"),
        when(_STARTED_BY + "MANUAL_RUN", "manual_run"),
    ),
    branch=("{SEMAPHORE_GIT_PR_BRANCH}", "{SEMAPHORE_GIT_REF:refs/heads/(.+)}"),
    tag="{SEMAPHORE_GIT_TAG_NAME}",
    pull_request=r"{SEMAPHORE_GIT_PR_NUMBER:\d+}",
    merge=_merge,
    head_sha="{SEMAPHORE_GIT_PR_SHA}",
    head_remote_url=_head_remote_url,
    left_out={
        "workspace": "SEMAPHORE_GIT_DIR is the folder's name, not its place",
        "attempt": "SEMAPHORE_WORKFLOW_RERUN and SEMAPHORE_PIPELINE_RERUN say that it is another "
        "try, not which one",
    },
)
