"""Harness Open Source.

- Its former name is Gitness. It uses Drone's own runner and sets ``DRONE=true``, but no
  ``HARNESS_…`` and no ``GITNESS_…``.
- Only Gitness has these: links that end in ``/pipelines/build/execution/7``, actions such as
  ``pullreq_created``, and the folder ``/gitness``. If the pipeline is written in Drone's YAML, it
  has a broken link without a repository (``http://host//7``).
- ``DRONE_BUILD_NUMBER`` counts within one pipeline of a repository, and only the link names that
  pipeline. So the link is the id, and without it there is none. No id here can be mistaken for
  Drone's ``drone_7``.
- ``DRONE_GIT_HTTP_URL`` is the address that containers use. Unless it is configured, that is
  ``http://host.docker.internal:3000/git/…``.
- ``DRONE_BRANCH`` holds the whole ref of a tag. On a pull request it is the branch that the pull
  request goes to, and ``DRONE_COMMIT_SHA`` is the head, which the clone step merges into that
  branch.
"""

from __future__ import annotations

from conda_provenance.ci import Adapter, when

_LINK = r"{DRONE_BUILD_LINK:https?://.+/pipelines/[^/]+/execution/\d+}"
_PULL = "DRONE_BUILD_EVENT=pull_request"

ADAPTER = Adapter(
    provider="gitness",
    name="Harness Open Source",
    docs="https://developer.harness.io/docs/open-source/reference/pipelines/shell_variables",
    active=(
        _LINK,
        r"{DRONE}{DRONE_BUILD_LINK:https?://[^/]+//\d+}",
        "{DRONE}{DRONE_BUILD_ACTION:(?:branch|tag|pullreq)_.+}",
        "DRONE_WORKSPACE=/gitness",
    ),
    unless=(
        "HARNESS_BUILD_ID",
        "HARNESS_EXECUTION_ID",
        "HARNESS_PIPELINE_ID",
        "CI_SYSTEM_NAME=woodpecker",
    ),
    run_id=r"{DRONE_BUILD_LINK:https?://([^/@]+/.+/pipelines/[^/]+/execution/\d+)}",
    run_url=_LINK,
    sha="{DRONE_COMMIT_SHA}",
    workspace="{DRONE_WORKSPACE}",
    event="{DRONE_BUILD_EVENT}",
    branch=when(
        _PULL,
        "{DRONE_SOURCE_BRANCH:(?!refs/)(.+)}",
        otherwise="{DRONE_BRANCH:(?!refs/)(.+)}",
    ),
    tag="{DRONE_TAG}",
    pull_request=r"{DRONE_COMMIT_REF:refs/pullreq/(\d+)/.+}",
    head_sha=when(_PULL, "{DRONE_COMMIT_SHA}"),
    left_out={
        "remote_url": "DRONE_GIT_HTTP_URL is the address that containers use, "
        "by default host.docker.internal",
        "head_remote_url": "no variable names the repository that a pull request comes from",
        "attempt": "an execution that is started again has a new number",
    },
)
