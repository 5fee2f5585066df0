"""Scrutinizer.

- ``SCRUTINIZER_PROJECT`` is ``g/owner/name``, the path of the project's page; ``g`` is GitHub.
- ``SCRUTINIZER_BRANCH`` is the target on a pull request.
- ``SCRUTINIZER_SHA1`` lies on the source branch on a pull request, by the use that projects make of it.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter, Environ


def _branch(environ: Environ) -> str | None:
    """``SCRUTINIZER_PR_SOURCE_BRANCH``, or off pull requests ``SCRUTINIZER_BRANCH``."""
    return environ.get(
        "SCRUTINIZER_PR_SOURCE_BRANCH"
        if "SCRUTINIZER_PR_NUMBER" in environ
        else "SCRUTINIZER_BRANCH"
    )


ADAPTER = Adapter(
    provider="scrutinizer",
    name="Scrutinizer",
    docs="https://scrutinizer-ci.com/docs/build/environment-variables",
    active=("SCRUTINIZER",),
    run_id="{SCRUTINIZER_INSPECTION_UUID}",
    run_url="https://scrutinizer-ci.com/{SCRUTINIZER_PROJECT:g/[^/]+/[^/]+}/inspections/{SCRUTINIZER_INSPECTION_UUID}",
    sha="{SCRUTINIZER_SHA1}",
    remote_url="https://github.com/{SCRUTINIZER_PROJECT:g/([^/]+/[^/]+)}",
    branch=_branch,
    pull_request="{SCRUTINIZER_PR_NUMBER:\\d+}",
    left_out={
        "workspace": "~/build, which no variable says",
        "event": "no variable that is known holds it",
        "tag": "no variable that is known holds it",
        "merge": "no page was found that says what is checked out on a pull request",
        "head_sha": "no page was found that says so; projects take SCRUTINIZER_SHA1 for it",
        "head_remote_url": "no variable that is known holds it",
        "attempt": "no variable that is known holds it",
    },
)
