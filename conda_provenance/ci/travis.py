"""Travis CI: https://docs.travis-ci.com/user/environment-variables/

- CEP 31 names a run by its job's id, so the page is the job's where that is given.
- ``TRAVIS_REPO_SLUG`` comes without host, and Travis serves several: the URL is left to git.
- On pull requests ``TRAVIS_COMMIT`` is a merge commit; without one ``TRAVIS_PULL_REQUEST`` is ``false``.
- Shippable set ``TRAVIS`` as well.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter, Environ


def is_active(environ: Environ) -> bool:
    return environ.on("TRAVIS") and not environ.on("SHIPPABLE")


def read(environ: Environ) -> dict[str, str | None]:
    return {
        "run_id": environ.get("TRAVIS_JOB_ID"),
        "run_url": environ.first("TRAVIS_JOB_WEB_URL", "TRAVIS_BUILD_WEB_URL"),
        "sha": environ.get("TRAVIS_COMMIT"),
        "workspace": environ.get("TRAVIS_BUILD_DIR"),
        "merge_of": environ.get("TRAVIS_PULL_REQUEST") if environ.on("TRAVIS_PULL_REQUEST") else None,
    }


ADAPTER = Adapter("travis", "Travis CI", "https://docs.travis-ci.com/user/environment-variables/", is_active, read)
