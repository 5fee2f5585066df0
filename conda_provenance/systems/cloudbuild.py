"""Google Cloud Build.

- ``BUILDER_OUTPUT`` is all that a step has by itself. The rest are substitutions: a step has them only where the build's
  configuration maps them (``env``, or ``automapSubstitutions``).
- ``BUILD_ID`` is others' too: it is read only as the UUID that it is here.
- ``REPO_FULL_NAME`` has no host.
- The run's page needs ``?project=…``, which is taken off.
- A substitution that has no value is empty.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter

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
    pull_request="{_PR_NUMBER:\\d+}",
    head_remote_url="{_HEAD_REPO_URL}",
    left_out={
        "run_url": "the page needs the project in its query, which is taken off",
        "remote_url": "REPO_FULL_NAME has no host",
        "event": "no substitution tells it",
        "head_sha": "no page says whether COMMIT_SHA of a pull request is its head",
        "attempt": "a build that is run again has an id of its own",
    },
)
