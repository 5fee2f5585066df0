"""Ionic Appflow.

- All names begin with ``CI_``, as GitLab's do. Only Appflow sets ``CI_AUTOMATED_BUILD`` (``0`` or
  ``1``) together with the ids of an app and a build.
- Capawesome Cloud copies ``CI_APP_ID``, ``CI_BUILD_ID`` and ``CI_GIT_COMMIT_SHA``. It has
  ``CI_GIT_REFERENCE`` and no ``CI_AUTOMATED_BUILD``.
- ``CI_BUILD_NUMBER`` counts within one app. ``CI_BUILD_ID`` is "globally unique".
- The vendor is closing the service down.
"""

from __future__ import annotations

from conda_provenance.ci import NO_VARIABLE, Adapter

ADAPTER = Adapter(
    provider="appflow",
    name="Ionic Appflow",
    docs="https://ionic.io/docs/appflow/package/environments",
    active=(r"{CI_APP_ID}{CI_BUILD_ID:\d+}{CI_AUTOMATED_BUILD:[01]}",),
    unless=("GITLAB_CI", "CI_GIT_REFERENCE"),
    run_id=r"{CI_BUILD_ID:\d+}",
    sha="{CI_GIT_COMMIT_SHA}",
    left_out={
        "run_url": NO_VARIABLE,
        "remote_url": NO_VARIABLE,
        "workspace": NO_VARIABLE,
        "event": "CI_AUTOMATED_BUILD tells automatic from manual builds, not what started them",
        "branch": "CI_GIT_REF may be a branch, a tag or a whole ref; the page does not say which",
        "tag": "as for the branch",
        "pull_request": NO_VARIABLE,
        "attempt": NO_VARIABLE,
    },
)
