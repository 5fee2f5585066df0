"""CircleCI.

- ``CIRCLE_BUILD_NUM`` and ``CIRCLE_BUILD_URL`` are a job's; the run is the workflow (CEP 31). Run again, it gets a new id.
- ``CIRCLE_REPOSITORY_URL`` is scp-like as a rule, and not set for projects of the GitHub App and of GitLab.
- ``CIRCLE_WORKING_DIRECTORY`` begins with an unexpanded ``~``.
- A CircleCI server of one's own sets the same variables; where its workflows' pages are is not said.
- The commit is a pull request's head. Of a fork's, ``CIRCLE_BRANCH`` is ``pull/5``; the API also builds ``pull/5/merge``.
- With several pull requests ``CIRCLE_PULL_REQUEST`` is one "randomly chosen": it is not used.
- Values that people pass on from the pipeline read ``<nil>`` where there is none.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter, Environ


def _workspace(environ: Environ) -> str | None:
    """``/home/circleci/project``, of ``~/project``."""
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
    run_id="{CIRCLE_WORKFLOW_ID}",
    # The job's address tells the cloud from a server.
    run_url="{CIRCLE_BUILD_URL:(https://)(?:app\\.)?circleci\\.com/.+}app.circleci.com/pipelines/workflows/{CIRCLE_WORKFLOW_ID}",
    sha="{CIRCLE_SHA1}",
    remote_url="{CIRCLE_REPOSITORY_URL}",
    workspace=_workspace,
    branch="{CIRCLE_BRANCH:(?!pull/\\d+(?:/|$)|<nil>$).+}",
    tag="{CIRCLE_TAG:(?!<nil>$).+}",
    pull_request=(
        "{CIRCLE_PR_NUMBER:\\d+}",
        "{CIRCLE_PULL_REQUESTS:https?://[^,]+/(?:pull|pull-requests)/(\\d+)}",  # not if there are several
        "{CIRCLE_BRANCH:pull/(\\d+)(?:/head|/merge)?}",
    ),
    merge="{CIRCLE_BRANCH:pull/\\d+/merge}",
    left_out={
        "run_url": "of a server of one's own: its form is in no page of the vendor's",
        "event": "only configurations see pipeline.trigger_source and pipeline.event.name, no job does",
        "head_sha": "no variable; CIRCLE_SHA1 is the head, or nothing tells it",
        "head_remote_url": "CIRCLE_PR_USERNAME is documented as who made the pull request, who need not own the fork",
        "attempt": "a workflow that is run again is a new one",
    },
)
