"""Expo EAS Build.

- ``eas build --local`` runs on one's own machine, with ``EAS_BUILD_RUNNER=local-build-plugin``.
  There is no run to name.
- A workflow may have jobs that are not builds. They have ``EAS_BUILD_ID`` (the id of the job) and
  ``EAS_BUILD_PROJECT_ID``. The page lists no ``EAS_BUILD`` for them, and
  ``EAS_BUILD_GIT_COMMIT_HASH`` may be empty.
- The commit is the one that was checked out when the files were uploaded. They may hold changes
  that were not committed.
"""

from __future__ import annotations

from conda_provenance.ci import NO_VARIABLE, Adapter

ADAPTER = Adapter(
    provider="eas",
    name="Expo EAS Build",
    docs="https://docs.expo.dev/eas/environment-variables/usage/",
    active=("EAS_BUILD", "{EAS_BUILD_ID}{EAS_BUILD_PROJECT_ID}"),
    unless=("EAS_BUILD_RUNNER=local-build-plugin",),
    run_id="{EAS_BUILD_ID}",
    sha="{EAS_BUILD_GIT_COMMIT_HASH}",
    workspace="{EAS_BUILD_WORKINGDIR}",
    left_out={
        "run_url": "the page needs the account and the project's name; "
        "EAS_BUILD_USERNAME is a person",
        "remote_url": NO_VARIABLE,
        "event": "github.event_name is not a variable; only a workflow's file can use it",
        "branch": NO_VARIABLE,
        "tag": NO_VARIABLE,
        "pull_request": NO_VARIABLE,
        "attempt": NO_VARIABLE,
    },
)
