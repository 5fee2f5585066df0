"""Travis CI.

- CEP 31 names a run by its job's id, so the page is the job's if there is one.
- ``TRAVIS_REPO_SLUG`` has no host, and Travis serves several. So the repository's URL comes from
  git, and a fork's URL is unknown.
- On pull requests ``TRAVIS_COMMIT`` is a merge commit and ``TRAVIS_BRANCH`` the target. Elsewhere
  ``TRAVIS_PULL_REQUEST`` is ``false``. On tags ``TRAVIS_BRANCH`` is the tag's name.
- Shippable set ``TRAVIS`` as well.
"""

from __future__ import annotations

from conda_provenance.ci import NO_VARIABLE, Adapter, Environ, unless, when

_NUMBER = r"{TRAVIS_PULL_REQUEST:\d+}"


def _merge(environ: Environ) -> str | None:
    """The number of a pull request, if the commit that is built is not its own last one."""
    head, built = environ.commit("TRAVIS_PULL_REQUEST_SHA"), environ.commit("TRAVIS_COMMIT")
    return environ.fill(_NUMBER) if built and head != built else None


ADAPTER = Adapter(
    provider="travis",
    name="Travis CI",
    docs="https://docs.travis-ci.com/user/environment-variables/",
    active=("TRAVIS",),
    unless=("SHIPPABLE",),
    run_api="conda_provenance.systems.travis.run_api:TravisRuns",
    run_id=r"{TRAVIS_JOB_ID:[1-9]\d*}",
    run_url=("{TRAVIS_JOB_WEB_URL}", "{TRAVIS_BUILD_WEB_URL}"),
    sha="{TRAVIS_COMMIT}",
    workspace="{TRAVIS_BUILD_DIR}",
    event="{TRAVIS_EVENT_TYPE}",
    branch=when(
        _NUMBER,
        "{TRAVIS_PULL_REQUEST_BRANCH}",
        otherwise=unless("{TRAVIS_TAG}", "{TRAVIS_BRANCH}"),
    ),
    tag="{TRAVIS_TAG}",
    pull_request=_NUMBER,
    merge=_merge,
    head_sha="{TRAVIS_PULL_REQUEST_SHA}",
    left_out={
        "remote_url": "TRAVIS_REPO_SLUG has no host",
        "head_remote_url": "TRAVIS_PULL_REQUEST_SLUG has no host",
        "attempt": f"a job that is restarted keeps its id; {NO_VARIABLE}",
    },
)
