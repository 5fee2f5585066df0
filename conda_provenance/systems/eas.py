"""Expo EAS Build.

- ``eas build --local`` runs on somebody's own machine, with ``EAS_BUILD_RUNNER=local-build-plugin``: no run to name.
- A job of a workflow that is no build has ``EAS_BUILD_ID`` (the job's) and ``EAS_BUILD_PROJECT_ID``, but no ``EAS_BUILD``
  is listed for it, and ``EAS_BUILD_GIT_COMMIT_HASH`` may be empty.
- The commit is the one at which the upload was made; the upload may hold changes that were not committed.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter

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
        "run_url": "the page needs the account and the project's name; EAS_BUILD_USERNAME is a person",
        "remote_url": "no variable of the page holds it",
        "event": "github.event_name is no variable, but something to write into a workflow",
        "branch": "no variable of the page holds it",
        "tag": "no variable of the page holds it",
        "pull_request": "no variable of the page holds it",
        "attempt": "no variable of the page holds it",
    },
)
