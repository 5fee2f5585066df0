"""Scrutinizer.

- ``SCRUTINIZER_PROJECT`` is ``g/owner/name``, the path of the project's page. ``g`` is GitHub.
- On a pull request ``SCRUTINIZER_BRANCH`` is the target.
- On a pull request ``SCRUTINIZER_SHA1`` is a commit of the source branch, judging by how projects
  use it.
"""

from __future__ import annotations

from conda_provenance.ci import NO_VARIABLE, Adapter, when

ADAPTER = Adapter(
    provider="scrutinizer",
    name="Scrutinizer",
    docs="https://scrutinizer-ci.com/docs/build/environment-variables",
    active=("SCRUTINIZER",),
    run_id="{SCRUTINIZER_INSPECTION_UUID}",
    run_url="https://scrutinizer-ci.com/{SCRUTINIZER_PROJECT:g/[^/]+/[^/]+}/inspections/"
    "{SCRUTINIZER_INSPECTION_UUID}",
    sha="{SCRUTINIZER_SHA1}",
    remote_url="https://github.com/{SCRUTINIZER_PROJECT:g/([^/]+/[^/]+)}",
    branch=when(
        "{SCRUTINIZER_PR_NUMBER}",
        "{SCRUTINIZER_PR_SOURCE_BRANCH}",
        otherwise="{SCRUTINIZER_BRANCH}",
    ),
    pull_request=r"{SCRUTINIZER_PR_NUMBER:\d+}",
    left_out={
        "workspace": "it is ~/build, but no variable says so",
        "event": NO_VARIABLE,
        "tag": NO_VARIABLE,
        "merge": "no page was found that says what is checked out on a pull request",
        "head_sha": "no page was found that says so; projects take SCRUTINIZER_SHA1 for it",
        "head_remote_url": NO_VARIABLE,
        "attempt": NO_VARIABLE,
    },
)
