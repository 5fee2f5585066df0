"""Xcode Cloud.

- ``CI_COMMIT``, ``CI_BUILD_ID``, ``CI_BUILD_URL`` and ``CI_BRANCH`` are others' names too (Codeship's were); Xcode's own tell.
- On a pull request ``CI_COMMIT`` is its head, and what is tested is the merge of it into the target.
- ``CI_PULL_REQUEST_SOURCE_REPO`` has no host.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter

ADAPTER = Adapter(
    provider="xcodecloud",
    name="Xcode Cloud",
    docs="https://developer.apple.com/documentation/xcode/environment-variable-reference",
    active=("CI_XCODE_CLOUD", "{CI_XCODE_PROJECT}{CI_XCODEBUILD_ACTION}"),
    run_id="{CI_BUILD_ID}",
    run_url="{CI_BUILD_URL}",
    sha="{CI_COMMIT}",
    workspace="{CI_PRIMARY_REPOSITORY_PATH}",
    event="{CI_START_CONDITION}",
    branch=("{CI_PULL_REQUEST_SOURCE_BRANCH}", "{CI_BRANCH}"),
    tag="{CI_TAG}",
    pull_request="{CI_PULL_REQUEST_NUMBER:\\d+}",
    head_sha="{CI_PULL_REQUEST_SOURCE_COMMIT}",
    left_out={
        "remote_url": "no variable of the page holds it",
        "head_remote_url": "CI_PULL_REQUEST_SOURCE_REPO has no host",
        "attempt": "no variable of the page counts",
    },
)
