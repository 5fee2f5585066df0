"""Heroku CI.

- Only a test run has these names. A dyno of the application (``DYNO``, ``HEROKU_SLUG_COMMIT``) and
  a review app (``HEROKU_PR_NUMBER``, ``HEROKU_BRANCH``) have others.
- There is no ``.git``, so these variables may be all there is. The folder is ``/app``, which no
  variable says.
- ``HEROKU_TEST_RUN_BRANCH`` is set only for runs that GitHub's integration started.
"""

from __future__ import annotations

from conda_provenance.ci import NO_VARIABLE, Adapter

ADAPTER = Adapter(
    provider="heroku",
    name="Heroku CI",
    docs="https://devcenter.heroku.com/articles/heroku-ci#immutable-environment-variables",
    active=("HEROKU_TEST_RUN_ID",),
    last=True,
    run_id="{HEROKU_TEST_RUN_ID}",
    sha="{HEROKU_TEST_RUN_COMMIT_VERSION}",
    branch="{HEROKU_TEST_RUN_BRANCH}",
    left_out={
        "run_url": "the page needs the pipeline's id and the run's number, "
        "which are in no documented variable",
        "remote_url": NO_VARIABLE,
        "workspace": "it is /app, but no variable says so",
        "event": NO_VARIABLE,
        "pull_request": "HEROKU_PR_NUMBER is documented for review apps; "
        "only one third party has it for test runs",
        "attempt": NO_VARIABLE,
    },
)
