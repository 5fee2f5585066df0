"""Semaphore.

- On a pull request ``SEMAPHORE_GIT_SHA`` is the merge commit of the two branches; ``SEMAPHORE_GIT_PR_SHA`` is the head.
- ``SEMAPHORE_GIT_BRANCH`` is the target on a pull request, ``refs/tags/…`` on a tag.
- A project's debugging job has ``master`` for any branch, ``SEMAPHORE_GIT_SHA=HEAD``, no ``SEMAPHORE_GIT_REF``: git answers.
- The documented ``SEMAPHORE_GIT_URL`` is ``http://git@github.com:owner/name.git``: the scp form behind a scheme.
- ``SEMAPHORE_WORKFLOW_NUMBER`` counts within one branch; the workflow's id is unique. Semaphore Classic has no such id.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter, Environ

_TRIGGERS = ("HOOK", "SCHEDULE", "API", "MANUAL_RUN")


def _event(environ: Environ) -> str | None:
    """``hook`` of ``SEMAPHORE_WORKFLOW_TRIGGERED_BY_HOOK=true``; so with ``schedule``, ``api`` and ``manual_run``."""
    return next(
        (
            name.lower()
            for name in _TRIGGERS
            if environ.on(f"SEMAPHORE_WORKFLOW_TRIGGERED_BY_{name}")
        ),
        None,
    )


def _merge(environ: Environ) -> str | None:
    """The commit, where a pull request is built and it is not the pull request's own last one."""
    sha, head = environ.get("SEMAPHORE_GIT_SHA"), environ.get("SEMAPHORE_GIT_PR_SHA")
    return sha if head and sha != head else None


def _head_remote_url(environ: Environ) -> str | None:
    """``git@github.com:fork/recipes`` of ``git@github.com:acme/recipes.git`` and the two slugs."""
    url, slug, head = (
        environ.get(f"SEMAPHORE_GIT_{name}") for name in ("URL", "REPO_SLUG", "PR_SLUG")
    )
    if not (url and slug and head):
        return None
    start, own, end = url.rpartition(slug)
    return start + head if own and start.endswith((":", "/")) and end in ("", ".git", "/") else None


ADAPTER = Adapter(
    provider="semaphore",
    name="Semaphore",
    docs="https://docs.semaphoreci.com/reference/env-vars",
    active=("SEMAPHORE",),
    run_id="{SEMAPHORE_WORKFLOW_ID}",
    run_url="{SEMAPHORE_ORGANIZATION_URL:(.+?)/?}/workflows/{SEMAPHORE_WORKFLOW_ID}",
    sha="{SEMAPHORE_GIT_SHA}",
    remote_url="{SEMAPHORE_GIT_URL}",
    event=_event,
    branch=("{SEMAPHORE_GIT_PR_BRANCH}", "{SEMAPHORE_GIT_REF:refs/heads/(.+)}"),
    tag="{SEMAPHORE_GIT_TAG_NAME}",
    pull_request="{SEMAPHORE_GIT_PR_NUMBER:\\d+}",
    merge=_merge,
    head_sha="{SEMAPHORE_GIT_PR_SHA}",
    head_remote_url=_head_remote_url,
    left_out={
        "workspace": "SEMAPHORE_GIT_DIR is the folder's name, not its place",
        "attempt": "SEMAPHORE_WORKFLOW_RERUN and SEMAPHORE_PIPELINE_RERUN say that it is another try, not which",
    },
)
