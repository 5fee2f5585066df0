"""Ionic Appflow.

- All names begin with ``CI_`` as GitLab's do; ``CI_AUTOMATED_BUILD`` (``0`` or ``1``) beside app and build is Appflow's.
- Capawesome Cloud copies ``CI_APP_ID``, ``CI_BUILD_ID`` and ``CI_GIT_COMMIT_SHA``; it has ``CI_GIT_REFERENCE``
  and no ``CI_AUTOMATED_BUILD``.
- ``CI_BUILD_NUMBER`` counts within one app; ``CI_BUILD_ID`` is "globally unique".
- The service is being sunset.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter

ADAPTER = Adapter(
    provider="appflow",
    name="Ionic Appflow",
    docs="https://ionic.io/docs/appflow/package/environments",
    active=("{CI_APP_ID}{CI_BUILD_ID:\\d+}{CI_AUTOMATED_BUILD:[01]}",),
    unless=("GITLAB_CI", "CI_GIT_REFERENCE"),
    run_id="{CI_BUILD_ID:\\d+}",
    sha="{CI_GIT_COMMIT_SHA}",
    left_out={
        "run_url": "no variable of the page holds it",
        "remote_url": "no variable of the page holds it",
        "workspace": "no variable of the page holds it",
        "event": "CI_AUTOMATED_BUILD tells automatic from manual builds, not what started them",
        "branch": "CI_GIT_REF: not said whether it is a branch, a tag or a whole ref",
        "tag": "as branch",
        "pull_request": "no variable of the page holds it",
        "attempt": "no variable of the page holds it",
    },
)
