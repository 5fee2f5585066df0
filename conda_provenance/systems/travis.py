"""Travis CI.

- CEP 31 names a run by its job's id, so the page is the job's where that is given.
- ``TRAVIS_REPO_SLUG`` comes without host, and Travis serves several: the URL is left to git, and a fork's is not told.
- On pull requests ``TRAVIS_COMMIT`` is a merge commit, ``TRAVIS_BRANCH`` the target; without one ``TRAVIS_PULL_REQUEST``
  is ``false``. Of tags ``TRAVIS_BRANCH`` is the tag's name.
- Shippable set ``TRAVIS`` as well.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter, Environ

_NUMBER = "{TRAVIS_PULL_REQUEST:\\d+}"


def _branch(environ: Environ) -> str | None:
    """``main``; on a pull request the branch it comes from."""
    if environ.fill(_NUMBER):
        return environ.get("TRAVIS_PULL_REQUEST_BRANCH")
    return None if environ.get("TRAVIS_TAG") else environ.get("TRAVIS_BRANCH")


def _merge(environ: Environ) -> str | None:
    """The number of a pull request that is not built at its own commit."""
    same = environ.get("TRAVIS_PULL_REQUEST_SHA") == environ.get("TRAVIS_COMMIT")
    return None if same else environ.fill(_NUMBER)


ADAPTER = Adapter(
    provider="travis",
    name="Travis CI",
    docs="https://docs.travis-ci.com/user/environment-variables/",
    active=("TRAVIS",),
    unless=("SHIPPABLE",),
    run_id="{TRAVIS_JOB_ID:[1-9]\\d*}",
    run_url=("{TRAVIS_JOB_WEB_URL}", "{TRAVIS_BUILD_WEB_URL}"),
    sha="{TRAVIS_COMMIT}",
    workspace="{TRAVIS_BUILD_DIR}",
    event="{TRAVIS_EVENT_TYPE}",
    branch=_branch,
    tag="{TRAVIS_TAG}",
    pull_request=_NUMBER,
    merge=_merge,
    head_sha="{TRAVIS_PULL_REQUEST_SHA}",
    left_out={
        "remote_url": "TRAVIS_REPO_SLUG has no host",
        "head_remote_url": "TRAVIS_PULL_REQUEST_SLUG has no host",
        "attempt": "a job that is restarted keeps its id; no variable of the vendor's page counts",
    },
)
