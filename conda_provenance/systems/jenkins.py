"""Jenkins.

- ``BUILD_ID``, ``BUILD_NUMBER``, ``BUILD_URL`` and ``JOB_NAME`` are others' too (TeamCity, Prow, Drone); ``JENKINS_URL`` is not.
- ``HUDSON_URL`` is set beside ``JENKINS_URL``; both, and ``BUILD_URL``, only where the server's own address is configured.
- ``BUILD_TAG`` (``jenkins-JOB-NUMBER``) has the folders of a job joined by ``-``: jobs ``a/b`` and ``a-b`` share it.
- Scripted pipelines set no ``GIT_…``. With several remotes (``GIT_URL_1``, ``GIT_URL_2``) none is the recipe's for sure.
- Branch source plugins put tokens into ``GIT_URL``.
- Multibranch jobs may merge a change into its target themselves, and may find nothing to merge: no variable says which it was.
- ``CHANGE_FORK`` is an owner or ``owner/name`` without a host: no URL.
- ``TAG_NAME`` and ``BRANCH_NAME`` are also names that people give to parameters of their jobs; on a tag both are the same.
- dsari sets Jenkins' names where a job asks for it.
- The plugins for GitHub (``ghprb…``), GitLab (``gitlab…``) and Gerrit (``GERRIT_…``) are no systems of their own.
- A job that Prow starts has Prow's variables as parameters; the run is Jenkins'.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter, Environ

_CHANGES = ("CHANGE_ID", "ghprbPullId", "gitlabMergeRequestIid", "GERRIT_CHANGE_NUMBER")


def _remote_url(environ: Environ) -> str | None:
    """``https://git.example.org/acme/recipes.git`` from ``GIT_URL``, where there is one remote only."""
    return None if "GIT_URL_2" in environ else environ.get("GIT_URL") or environ.get("GIT_URL_1")


def _branch(environ: Environ) -> str | None:
    """``feature/x`` from ``BRANCH_NAME=feature/x`` or ``GIT_BRANCH=origin/feature/x``; of a change, the branch it comes from."""
    if any(name in environ for name in _CHANGES):
        return (
            environ.get("CHANGE_BRANCH")
            or environ.get("ghprbSourceBranch")
            or environ.get("gitlabSourceBranch")
        )
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
    """``origin/pr/4/merge`` from ``sha1``, where the commit that is built is not the pull request's own."""
    head, built = environ.get("ghprbActualCommit"), environ.get("GIT_COMMIT")
    return environ.fill("{sha1:origin/pr/\\d+/merge}") if head and built and head != built else None


def _head_remote_url(environ: Environ) -> str | None:
    """``https://github.com/somebody/recipes.git`` from ``ghprbAuthorRepoGitUrl``, or GitLab's of a merge request."""
    url = environ.get("gitlabSourceRepoHttpUrl") if "gitlabMergeRequestIid" in environ else None
    return environ.get("ghprbAuthorRepoGitUrl") or url


ADAPTER = Adapter(
    provider="jenkins",
    name="Jenkins",
    docs="https://www.jenkins.io/doc/book/pipeline/jenkinsfile/#using-environment-variables",
    active=("JENKINS_URL",),
    unless=("DSARI",),
    run_id="{BUILD_TAG:jenkins-.+-\\d+}",
    run_url="{BUILD_URL}",
    sha="{GIT_COMMIT}",
    remote_url=_remote_url,
    workspace="{WORKSPACE}",
    event=("{gitlabActionType}", "{GERRIT_EVENT_TYPE}"),
    branch=_branch,
    tag=_tag,
    pull_request=(
        "{CHANGE_ID:\\d+}",
        "{ghprbPullId:\\d+}",
        "{gitlabMergeRequestIid:\\d+}",
        "{GERRIT_CHANGE_NUMBER:\\d+}",
    ),
    merge=_merge,
    head_sha=(
        "{ghprbActualCommit}",
        "{gitlabMergeRequestLastCommit}",
        "{GERRIT_PATCHSET_REVISION}",
    ),
    head_remote_url=_head_remote_url,
    left_out={
        "merge": "no variable tells a multibranch job's merge commit from a head that already holds its target",
        "event": "only plugins tell it; Jenkins' own causes are in no variable",
        "attempt": "a replayed or rebuilt run has a number of its own",
    },
)
