"""SourceCraft.

- ``SOURCECRAFT_BASE_REF`` is set where a pull request is checked, or checked again, and only there.
- Not said whether a pull request's head or a merge is built, nor whose ref it has: git knows.
- Tools of others use ``SOURCECRAFT_ORG``, ``SOURCECRAFT_REPO`` and ``SOURCECRAFT_PAT``: those are no marks.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter, Environ


def _outside_pull_requests(environ: Environ, template: str) -> str | None:
    """``template`` filled, where no pull request is checked."""
    pull_request = (
        "SOURCECRAFT_BASE_REF" in environ or environ.get("SOURCECRAFT_EVENT") == "pull_request"
    )
    return None if pull_request else environ.fill(template)


def _sha(environ: Environ) -> str | None:
    """The commit, where no pull request is checked."""
    return _outside_pull_requests(environ, "{SOURCECRAFT_COMMIT_SHA}")


def _branch(environ: Environ) -> str | None:
    """``main`` of ``refs/heads/main``, where no pull request is checked."""
    return _outside_pull_requests(environ, "{SOURCECRAFT_COMMIT_REF:refs/heads/(.+)}")


def _tag(environ: Environ) -> str | None:
    """``v1.1`` of ``refs/tags/v1.1``, where no pull request is checked."""
    return _outside_pull_requests(environ, "{SOURCECRAFT_COMMIT_REF:refs/tags/(.+)}")


ADAPTER = Adapter(
    provider="sourcecraft",
    name="SourceCraft",
    docs="https://sourcecraft.dev/portal/docs/en/sourcecraft/ci-cd-ref/predefined-variables",
    active=("SOURCECRAFT_CI",),
    sha=_sha,
    workspace="{SOURCECRAFT_WORKSPACE}",
    event="{SOURCECRAFT_EVENT}",
    branch=_branch,
    tag=_tag,
    left_out={
        "run_id": "no variable of the page's part that could be read names the run",
        "run_url": "as run_id",
        "sha": "on a pull request: not said whether it is its head or a merge",
        "remote_url": "no variable of the page's part that could be read tells it",
        "pull_request": "SOURCECRAFT_PR_SLUG was seen in a user's script only",
        "merge": "as sha",
        "head_sha": "as sha",
        "head_remote_url": "no variable of the page's part that could be read names the fork",
        "attempt": "SOURCECRAFT_EVENT=restart says that it is another try, not which",
    },
)
