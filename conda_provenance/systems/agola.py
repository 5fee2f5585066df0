"""Agola.

- ``AGOLA_RUN_COUNTER`` counts within one project, and no variable names the project or the server.
  So there is neither an id nor a page.
- ``AGOLA_PULL_REQUEST_ID`` is the id in Gitea's database, not the number. The ref has the number.
- On a pull request the commit is its head, and the repository is the one that it goes to.
- A run that a user starts from a folder builds a copy on Agola's own server, reached by http. That
  copy is nobody's repository.
"""

from __future__ import annotations

from conda_provenance.ci import NO_VARIABLE, Adapter, when

ADAPTER = Adapter(
    provider="agola",
    name="Agola",
    docs="https://agola.io/doc/config/reference.html#agola-provided-environment-variables",
    active=("AGOLA_GIT_REF",),
    sha="{AGOLA_GIT_COMMITSHA}",
    remote_url="{AGOLA_REPOSITORY_URL:ssh://.+|[^/:@]+@[^/:]+:.+}",
    branch="{AGOLA_GIT_BRANCH}",
    tag="{AGOLA_GIT_TAG}",
    pull_request=r"{AGOLA_GIT_REF:refs/(?:pull|merge-requests)/(\d+)/head}",
    head_sha=when("AGOLA_GIT_REF_TYPE=pull_request", "{AGOLA_GIT_COMMITSHA}"),
    left_out={
        "run_id": "AGOLA_RUN_COUNTER counts within one project, and no variable names the project",
        "run_url": "no variable names the server",
        "workspace": NO_VARIABLE,
        "event": "AGOLA_GIT_REF_TYPE says what is built, not what started it",
        "head_remote_url": NO_VARIABLE,
        "attempt": NO_VARIABLE,
    },
)
