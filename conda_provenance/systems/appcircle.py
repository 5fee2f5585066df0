"""Appcircle.

- ``AC_BUILD_NUMBER`` also counts what is no build; ``AC_QUEUE_ID`` is the build's id
  (page "Custom Script"; not in the list of variables).
- The address of a build's log changes when it is finished, and needs a query.
- Not said whether a pull request's head or a merge is built: git knows.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter, Environ


def _sha(environ: Environ) -> str | None:
    """The commit, where no pull request is built."""
    return None if environ.on("AC_GIT_PR") else environ.get("AC_GIT_COMMIT")


ADAPTER = Adapter(
    provider="appcircle",
    name="Appcircle",
    docs="https://docs.appcircle.io/environment-variables/appcircle-specific-environment-variables",
    active=("AC_APPCIRCLE",),
    run_id="{AC_QUEUE_ID:(?!00000000-)[\\w-]+}",
    sha=_sha,
    remote_url="{AC_GIT_URL}",
    workspace="{AC_REPOSITORY_DIR}",
    event="{AC_TRIGGER_REASON}",
    branch="{AC_GIT_BRANCH}",
    pull_request="{AC_PULL_NUMBER:\\d+}",
    left_out={
        "run_url": "the log's address is another one while the build runs, and both need a query",
        "sha": "on a pull request: not said whether AC_GIT_COMMIT is its head or a merge",
        "tag": "AC_COMMIT_TAGS are all tags of the commit, not the one that is built",
        "merge": "as sha",
        "head_sha": "as sha",
        "head_remote_url": "no variable of the page names the fork",
        "attempt": "no variable of the page counts tries",
    },
)
