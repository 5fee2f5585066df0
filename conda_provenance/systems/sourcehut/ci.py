"""SourceHut builds.

- Other programs use the names ``JOB_ID`` and ``JOB_URL`` too. They count only next to
  ``CI_NAME=sourcehut``, which the worker sets. Codeship sets ``CI_NAME`` too.
- A manifest may name several repositories or none, and no variable holds them. Git knows.
- A job for patches from a mailing list (``BUILD_REASON=patchset``) builds a commit that was made in
  the job.
"""

from __future__ import annotations

from conda_provenance.ci import NO_VARIABLE, Adapter

ADAPTER = Adapter(
    provider="sourcehut",
    name="SourceHut builds",
    docs="https://man.sr.ht/builds.sr.ht/#shell-environment",
    active=("CI_NAME=sourcehut",),
    forge="conda_provenance.systems.sourcehut.forge:FORGE",
    forge_api="conda_provenance.systems.sourcehut.forge_api:SourceHutApi",
    run_id=r"{JOB_ID:\d+}",
    run_url="{JOB_URL}",
    event="{BUILD_REASON}",
    left_out={
        "sha": NO_VARIABLE,
        "remote_url": NO_VARIABLE,
        "workspace": "the sources lie side by side in the home folder",
        "branch": "GIT_REF is on no page and in no source of the vendor's that could be read",
        "tag": "as for the branch",
        "pull_request": "PATCHSET_ID is a patch from a mailing list, not a pull request",
    },
)
