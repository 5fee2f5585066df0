"""Xcode Server.

- Xcode 14 (2022) removed it, but it still runs on machines that have an older Xcode.
- ``XCS_INTEGRATION_NUMBER`` counts within one bot. ``XCS_INTEGRATION_ID`` is the id in the
  database.
- ``XCS_SOURCE_DIR`` is the folder above the checkout. ``XCS_PRIMARY_REPO_DIR`` is the checkout.
"""

from __future__ import annotations

from conda_provenance.ci import NO_VARIABLE, Adapter

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
        "sha": "XCS_PRIMARY_REPO_REVISION is used only if neither a branch nor a tag is checked "
        "out",
        "remote_url": NO_VARIABLE,
        "event": NO_VARIABLE,
        "branch": "XCS_PRIMARY_REPO_BRANCH was seen in one script only, which copies the page",
        "tag": "XCS_PRIMARY_REPO_TAG was seen in one script only, which copies the page",
    },
)
