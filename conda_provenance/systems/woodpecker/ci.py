"""Woodpecker CI.

- ``CI`` is ``woodpecker``, unless somebody sets it to something else, as conda-smithy does
  (``drone``). ``CI_SYSTEM_NAME`` says the same.
- Numbers count within one repository, so the id names the server and the repository too. A restart
  has a new number.
- Version 1.0 renamed ``CI_BUILD_…`` to ``CI_PIPELINE_…``. Before 2.0 ``CI_BUILD_LINK`` and
  ``CI_PIPELINE_URL`` were the forge's page.
- On a pull request ``CI_COMMIT_BRANCH`` is the branch that it goes to and ``CI_COMMIT_SHA`` its
  head. From GitHub the ref may be ``refs/pull/9/merge``. The clone then has the merge commit, which
  no variable holds.
- ``CI_COMMIT_PULL_REQUEST`` is the first number in the ref, even if the ref is a branch (of a
  closed pull request on Bitbucket). So the number is taken from the ref itself.
"""

from __future__ import annotations

from conda_provenance.ci import Adapter, unless, when

# Some versions give the server's whole URL as its host.
_SERVER = r"{CI_SYSTEM_HOST:(?:https?://)?([\w.:\[\]-]+)/?}"
_PULL = ("{CI_PIPELINE_EVENT:pull_request.*}", "{CI_BUILD_EVENT:pull_request.*}")
_MERGE_REF = r"{CI_COMMIT_REF:refs/pull/\d+/merge}"

ADAPTER = Adapter(
    provider="woodpecker",
    name="Woodpecker CI",
    docs="https://woodpecker-ci.org/docs/usage/environment",
    active=("CI_SYSTEM_NAME=woodpecker", "CI=woodpecker"),
    run_api="conda_provenance.systems.woodpecker.run_api:WoodpeckerRuns",
    run_id=(
        _SERVER + "/{CI_REPO}/{CI_PIPELINE_NUMBER:(?!0$).+}",
        _SERVER + "/{CI_REPO}/{CI_BUILD_NUMBER:(?!0$).+}",
    ),
    run_url=r"{CI_PIPELINE_URL:https?://.+/repos/\d+/pipeline/\d+}",
    sha=when(_PULL, unless(_MERGE_REF, "{CI_COMMIT_SHA}"), otherwise="{CI_COMMIT_SHA}"),
    remote_url=("{CI_REPO_CLONE_URL}", "{CI_REPO_REMOTE}", "{CI_REPO_URL}", "{CI_REPO_LINK}"),
    workspace="{CI_WORKSPACE}",
    event=("{CI_PIPELINE_EVENT}", "{CI_BUILD_EVENT}"),
    branch=when(
        _PULL,
        "{CI_COMMIT_SOURCE_BRANCH}",
        otherwise=unless("{CI_COMMIT_TAG}", "{CI_COMMIT_BRANCH}"),
    ),
    tag="{CI_COMMIT_TAG}",
    pull_request=r"{CI_COMMIT_REF:refs/(?:pull|pull-requests|merge-requests)/(\d+)/.+}",
    merge=when(_PULL, _MERGE_REF),
    head_sha=when(_PULL, "{CI_COMMIT_SHA}"),
    left_out={
        "head_remote_url": "no variable names the repository that a pull request comes from",
        "attempt": "a restart is a pipeline of its own, with a new number; "
        "CI_PIPELINE_RERUNS counts them all",
    },
)
