"""CircleCI.

- ``CIRCLE_BUILD_NUM`` and ``CIRCLE_BUILD_URL`` belong to a job. The run is the workflow (CEP 31).
  If it is run again, it gets a new id.
- ``CIRCLE_REPOSITORY_URL`` is usually scp-like. It is not set for projects of the GitHub App and of
  GitLab.
- ``CIRCLE_WORKING_DIRECTORY`` begins with an unexpanded ``~``.
- A CircleCI server of one's own sets the same variables. No page says where the pages of its
  workflows are.
- On a pull request the commit is its head. On a fork's, ``CIRCLE_BRANCH`` is ``pull/5``. The API
  can also build ``pull/5/merge``.
- With several pull requests ``CIRCLE_PULL_REQUEST`` is one "randomly chosen", so it is not used.
- A pipeline value that somebody passes on as a variable is ``<nil>`` if the pipeline has none.
"""

from __future__ import annotations

from conda_provenance.ci import Adapter, Environ


def _workspace(environ: Environ) -> str | None:
    """``/home/circleci/project`` from ``~/project``."""
    folder = environ.get("CIRCLE_WORKING_DIRECTORY")
    if folder is None or not (folder == "~" or folder.startswith("~/")):
        return folder

    home = environ.first("HOME", "USERPROFILE")
    return home.rstrip("/") + folder[1:] if home else None


ADAPTER = Adapter(
    provider="circle",
    name="CircleCI",
    docs="https://circleci.com/docs/reference/variables/",
    active=("CIRCLECI",),
    runs="conda_provenance.systems.circle.runs:RUNS",
    run_api="conda_provenance.systems.circle.run_api:CircleRuns",
    run_id="{CIRCLE_WORKFLOW_ID}",
    # The address of the job shows whether it runs in the cloud or on a server of one's own.
    run_url=r"{CIRCLE_BUILD_URL:(https://)(?:app\.)?circleci\.com/.+}"
    "app.circleci.com/pipelines/workflows/{CIRCLE_WORKFLOW_ID}",
    sha="{CIRCLE_SHA1}",
    remote_url="{CIRCLE_REPOSITORY_URL}",
    workspace=_workspace,
    branch=r"{CIRCLE_BRANCH:(?!pull/\d+(?:/|$)|<nil>$).+}",
    tag="{CIRCLE_TAG:(?!<nil>$).+}",
    pull_request=(
        r"{CIRCLE_PR_NUMBER:\d+}",
        # It does not match if there are several.
        r"{CIRCLE_PULL_REQUESTS:https?://[^,]+/(?:pull|pull-requests)/(\d+)}",
        r"{CIRCLE_BRANCH:pull/(\d+)(?:/head|/merge)?}",
    ),
    merge=r"{CIRCLE_BRANCH:pull/\d+/merge}",
    left_out={
        "run_url": "for a server of one's own, no page of the vendor's says what it is",
        "event": "only configurations see pipeline.trigger_source and pipeline.event.name, "
        "jobs do not",
        "head_sha": "no variable; CIRCLE_SHA1 is the head, or is unknown",
        "head_remote_url": "CIRCLE_PR_USERNAME is documented as the person who made the pull "
        "request, who need not own the fork",
        "attempt": "a workflow that is run again is a new one",
    },
)
