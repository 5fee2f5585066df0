"""Jenkins.

- TeamCity, Prow and Drone set ``BUILD_ID``, ``BUILD_NUMBER``, ``BUILD_URL`` or ``JOB_NAME`` too.
  They do not set ``JENKINS_URL``.
- ``HUDSON_URL`` is set next to ``JENKINS_URL``. Both, and ``BUILD_URL``, are set only if the
  server's own address is configured. Without it, ``BUILD_TAG`` with its number and job is the mark.
- ``BUILD_TAG`` (``jenkins-JOB-NUMBER``) joins the folders of a job by ``-``, so the jobs ``a/b``
  and ``a-b`` share it.
- Scripted pipelines set no ``GIT_…``. With several remotes (``GIT_URL_1``, ``GIT_URL_2``) none of
  them is certain to be the recipe's.
- Branch source plugins put tokens into ``GIT_URL``.
- Multibranch jobs may merge a change into its target. Sometimes there is nothing to merge. No
  variable says whether they merged.
- ``CHANGE_FORK`` is an owner or ``owner/name``, without a host. It is no URL.
- People also give the names ``TAG_NAME`` and ``BRANCH_NAME`` to parameters of their jobs. On a tag
  Jenkins gives both the same value.
- dsari sets Jenkins' names if a job asks for it.
- The plugins for GitHub (``ghprb…``), GitLab (``gitlab…``) and Gerrit (``GERRIT_…``) are not
  systems of their own.
- A job that Prow starts has Prow's variables as parameters. The run is Jenkins'.
"""

from __future__ import annotations

from conda_provenance.ci import Adapter, Environ, unless, when

_CHANGES = ("CHANGE_ID", "ghprbPullId", "gitlabMergeRequestIid", "GERRIT_CHANGE_NUMBER")


def _branch(environ: Environ) -> str | None:
    """``x`` from ``BRANCH_NAME=x`` or ``GIT_BRANCH=origin/x``; on a change, its own branch."""
    if any(name in environ for name in _CHANGES):
        return environ.first("CHANGE_BRANCH", "ghprbSourceBranch", "gitlabSourceBranch")
    if _tag(environ) or "GIT_URL_2" in environ:
        return None
    return environ.get("BRANCH_NAME") or environ.fill(
        "{GIT_BRANCH:origin/(?!(?:tags|pr|pull|merge-requests|changes)/)(.+)}"
    )


def _tag(environ: Environ) -> str | None:
    """``v1.0`` from ``TAG_NAME=v1.0`` with ``BRANCH_NAME=v1.0``."""
    tag = environ.get("TAG_NAME")
    return tag if tag == environ.get("BRANCH_NAME") else None


def _merge(environ: Environ) -> str | None:
    """``origin/pr/4/merge`` from ``sha1``, unless the pull request's own commit is built."""
    head, built = environ.commit("ghprbActualCommit"), environ.commit("GIT_COMMIT")
    return environ.fill(r"{sha1:origin/pr/\d+/merge}") if head and built and head != built else None


ADAPTER = Adapter(
    provider="jenkins",
    name="Jenkins",
    docs="https://www.jenkins.io/doc/book/pipeline/jenkinsfile/#using-environment-variables",
    active=("JENKINS_URL", r"{BUILD_TAG:jenkins-.+-\d+}{BUILD_NUMBER:\d+}{JOB_NAME}"),
    unless=("DSARI",),
    run_id=r"{BUILD_TAG:jenkins-.+-\d+}",
    run_url="{BUILD_URL}",
    sha="{GIT_COMMIT}",
    remote_url=unless("{GIT_URL_2}", ("{GIT_URL}", "{GIT_URL_1}")),
    workspace="{WORKSPACE}",
    event=("{gitlabActionType}", "{GERRIT_EVENT_TYPE}"),
    branch=_branch,
    tag=_tag,
    pull_request=(
        r"{CHANGE_ID:\d+}",
        r"{ghprbPullId:\d+}",
        r"{gitlabMergeRequestIid:\d+}",
        r"{GERRIT_CHANGE_NUMBER:\d+}",
    ),
    merge=_merge,
    head_sha=(
        "{ghprbActualCommit}",
        "{gitlabMergeRequestLastCommit}",
        "{GERRIT_PATCHSET_REVISION}",
    ),
    head_remote_url=(
        "{ghprbAuthorRepoGitUrl}",
        when("{gitlabMergeRequestIid}", "{gitlabSourceRepoHttpUrl}"),
    ),
    left_out={
        "merge": "no variable tells a multibranch job's merge commit from a head that "
        "already holds its target",
        "event": "only plugins say it; no variable holds the causes that Jenkins itself knows",
        "attempt": "a replayed or rebuilt run has a number of its own",
    },
)
