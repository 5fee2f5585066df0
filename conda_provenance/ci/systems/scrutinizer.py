"""Scrutinizer.

- An inspection has a UUID; there is no variable with its page.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter

ADAPTER = Adapter(
    provider="scrutinizer",
    name="Scrutinizer",
    docs="https://scrutinizer-ci.com/docs/build/environment-variables",
    active=("SCRUTINIZER",),
    run_id="{SCRUTINIZER_INSPECTION_UUID}",
    sha="{SCRUTINIZER_SHA1}",
    branch=("{SCRUTINIZER_PR_SOURCE_BRANCH}", "{SCRUTINIZER_BRANCH}"),
    pull_request="{SCRUTINIZER_PR_NUMBER:\\d+}",
    left_out={
        "run_url": "no variable that is known holds it",
        "remote_url": "no variable that is known holds it",
        "workspace": "no variable that is known holds it",
        "merge": "it is not known whether SCRUTINIZER_SHA1 of a pull request is its head",
    },
)
