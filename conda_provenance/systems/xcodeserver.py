"""Xcode Server.

- Not supported since Xcode 14 (2022), but a program that runs on machines that have an older Xcode.
- ``XCS_INTEGRATION_NUMBER`` counts within one bot; ``XCS_INTEGRATION_ID`` is the database's.
- ``XCS_SOURCE_DIR`` is above the checkout, ``XCS_PRIMARY_REPO_DIR`` is it.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter

ADAPTER = Adapter(
    provider="xcodeserver",
    name="Xcode Server",
    docs="https://developer.apple.com/library/archive/documentation/IDEs/Conceptual/"
    "xcode_guide-continuous_integration/EnvironmentVariableReference.html",
    active=("XCS",),
    unless=("CI_XCODE_CLOUD",),
    run_id="{XCS_INTEGRATION_ID}",
    workspace=("{XCS_PRIMARY_REPO_DIR}", "{XCS_SOURCE_DIR}"),
    left_out={
        "run_url": "the page is on the server's host, which is in no variable",
        "sha": "XCS_PRIMARY_REPO_REVISION is used only where neither a branch nor a tag is checked out",
        "remote_url": "no variable that is known holds it",
        "event": "no variable that is known holds it",
        "branch": "XCS_PRIMARY_REPO_BRANCH was seen in one script only, which repeats the page",
        "tag": "XCS_PRIMARY_REPO_TAG was seen in one script only, which repeats the page",
    },
)
