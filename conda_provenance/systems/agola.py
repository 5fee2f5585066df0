"""Agola.

- ``AGOLA_RUN_COUNTER`` counts within one project, and no variable names project or server: no id, no page.
- ``AGOLA_PULL_REQUEST_ID`` is Gitea's id in its database, not the number; the ref has the number.
- On a pull request the commit is its head, and the repository is the one it goes to.
- A run that a user starts from a folder is of a copy on Agola's own server, reached by http: that is nobody's repository.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter, Environ


def _head_sha(environ: Environ) -> str | None:
    """The commit, where a pull request is built."""
    return (
        environ.get("AGOLA_GIT_COMMITSHA")
        if environ.get("AGOLA_GIT_REF_TYPE") == "pull_request"
        else None
    )


ADAPTER = Adapter(
    provider="agola",
    name="Agola",
    docs="https://agola.io/doc/config/reference.html#agola-provided-environment-variables",
    active=("AGOLA_GIT_REF",),
    sha="{AGOLA_GIT_COMMITSHA}",
    remote_url="{AGOLA_REPOSITORY_URL:ssh://.+|[^/:@]+@[^/:]+:.+}",
    branch="{AGOLA_GIT_BRANCH}",
    tag="{AGOLA_GIT_TAG}",
    pull_request="{AGOLA_GIT_REF:refs/(?:pull|merge-requests)/(\\d+)/head}",
    head_sha=_head_sha,
    left_out={
        "run_id": "AGOLA_RUN_COUNTER counts within one project, and no variable names the project",
        "run_url": "no variable names the server",
        "workspace": "no variable tells it",
        "event": "AGOLA_GIT_REF_TYPE tells what is built, not what started it",
        "head_remote_url": "no variable names the fork",
        "attempt": "no variable counts tries",
    },
)
