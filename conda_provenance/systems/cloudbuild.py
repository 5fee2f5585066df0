"""Google Cloud Build.

- Every step has ``BUILDER_OUTPUT``. The other variables are substitutions. A step has them only if
  the build's configuration maps them (``env`` or ``automapSubstitutions``).
- Other systems set ``BUILD_ID`` too. Here it is always a UUID, and counts only if it is one.
- ``REPO_FULL_NAME`` has no host.
- The page of the run needs ``?project=…``, and queries are cut off.
- A substitution without a value is empty.
"""

from __future__ import annotations

from conda_provenance.ci import NO_VARIABLE, Adapter

ADAPTER = Adapter(
    provider="cloudbuild",
    name="Google Cloud Build",
    docs="https://cloud.google.com/build/docs/configuring-builds/substitute-variable-values",
    active=("BUILDER_OUTPUT",),
    run_id="{BUILD_ID:[0-9a-f]+-[0-9a-f]+-[0-9a-f]+-[0-9a-f]+-[0-9a-f]+}",
    sha="{COMMIT_SHA}",
    workspace="/workspace",
    branch=("{_HEAD_BRANCH}", "{BRANCH_NAME}"),
    tag="{TAG_NAME}",
    pull_request=r"{_PR_NUMBER:\d+}",
    head_remote_url="{_HEAD_REPO_URL}",
    left_out={
        "run_url": "the page needs the project in its query, and queries are cut off",
        "remote_url": "REPO_FULL_NAME has no host",
        "event": NO_VARIABLE,
        "head_sha": "no page says whether COMMIT_SHA of a pull request is its head",
        "attempt": "a build that is run again has an id of its own",
    },
)
