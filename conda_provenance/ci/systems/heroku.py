"""Heroku CI.

- Only a test run has these variables; a dyno of the running application has none of them.
- There is no ``.git``: what is said here may be all there is. The folder is ``/app``, by what users say; the page does not.
- ``HEROKU_TEST_RUN_BRANCH`` is set only for runs that GitHub's integration started.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter

ADAPTER = Adapter(
    provider="heroku",
    name="Heroku CI",
    docs="https://devcenter.heroku.com/articles/heroku-ci#immutable-environment-variables",
    active=("HEROKU_TEST_RUN_ID",),
    run_id="{HEROKU_TEST_RUN_ID}",
    sha="{HEROKU_TEST_RUN_COMMIT_VERSION}",
    branch="{HEROKU_TEST_RUN_BRANCH}",
    left_out={
        "run_url": "the page needs the pipeline's id, which is in no variable",
        "remote_url": "no variable of the page holds it",
        "workspace": "no variable of the page holds it",
        "pull_request": "HEROKU_PR_NUMBER is documented for review apps only",
    },
)
