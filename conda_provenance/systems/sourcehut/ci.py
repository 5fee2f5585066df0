"""SourceHut builds.

- ``JOB_ID`` and ``JOB_URL`` are anybody's names: they count only beside ``CI_NAME=sourcehut``, which the worker sets
  (Codeship sets ``CI_NAME`` too).
- A manifest may name several repositories or none, and the variables tell none of them: git answers.
- A job for a mailing list's patches (``BUILD_REASON=patchset``) builds a commit that was made in the job.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter

ADAPTER = Adapter(
    provider="sourcehut",
    name="SourceHut builds",
    docs="https://man.sr.ht/builds.sr.ht/#shell-environment",
    active=("CI_NAME=sourcehut",),
    run_id="{JOB_ID:\\d+}",
    run_url="{JOB_URL}",
    event="{BUILD_REASON}",
    left_out={
        "sha": "no variable tells it",
        "remote_url": "no variable tells it",
        "workspace": "sources lie side by side in the home folder",
        "branch": "GIT_REF is in no page or source of the vendor's that could be read",
        "tag": "as branch",
        "pull_request": "PATCHSET_ID is a mailing list's patch, no pull request",
    },
)
