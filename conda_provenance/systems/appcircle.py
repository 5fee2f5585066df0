"""Appcircle.

- ``AC_BUILD_NUMBER`` also counts runs that are not builds. ``AC_QUEUE_ID`` is the build's id. The
  page "Custom Script" says so; the list of variables does not have it.
- The address of a build's log needs a query, and changes when the build is finished.
- The page does not say whether the head of a pull request or a merge is built. Git knows.
"""

from __future__ import annotations

from conda_provenance.ci import NO_VARIABLE, Adapter, unless

ADAPTER = Adapter(
    provider="appcircle",
    name="Appcircle",
    docs="https://docs.appcircle.io/environment-variables/appcircle-specific-environment-variables",
    active=("AC_APPCIRCLE",),
    run_id=r"{AC_QUEUE_ID:(?!00000000-)[\w-]+}",
    sha=unless("AC_GIT_PR", "{AC_GIT_COMMIT}"),
    remote_url="{AC_GIT_URL}",
    workspace="{AC_REPOSITORY_DIR}",
    event="{AC_TRIGGER_REASON}",
    branch="{AC_GIT_BRANCH}",
    pull_request=r"{AC_PULL_NUMBER:\d+}",
    left_out={
        "run_url": "the log's address changes when the build ends, and needs a query",
        "sha": "on a pull request AC_GIT_COMMIT may be its head or a merge; no page says which",
        "tag": "AC_COMMIT_TAGS are all tags of the commit, not the one that is built",
        "merge": "as for the commit",
        "head_sha": "as for the commit",
        "head_remote_url": NO_VARIABLE,
        "attempt": NO_VARIABLE,
    },
)
