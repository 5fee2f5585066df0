"""Expo EAS Build.

- ``eas build --local`` runs on somebody's own machine, with ``EAS_BUILD_RUNNER=local-build-plugin``: there is no run to name.
- The project is uploaded, as a rule without ``.git``.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter

ADAPTER = Adapter(
    provider="eas",
    name="Expo EAS Build",
    docs="https://docs.expo.dev/eas/environment-variables/usage/",
    active=("EAS_BUILD",),
    unless=("EAS_BUILD_RUNNER=local-build-plugin",),
    run_id="{EAS_BUILD_ID}",
    sha="{EAS_BUILD_GIT_COMMIT_HASH}",
    workspace="{EAS_BUILD_WORKINGDIR}",
    left_out={
        "run_url": "the page needs the account and the project's name, which are in no variable",
        "remote_url": "no variable of the page holds it",
        "branch": "no variable of the page holds it",
        "pull_request": "no variable of the page holds it",
    },
)
