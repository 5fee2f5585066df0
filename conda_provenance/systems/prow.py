"""Prow.

- ``BUILD_ID``, ``BUILD_NUMBER`` and ``JOB_NAME`` make other programs take it for Jenkins. A Jenkins
  job that Prow starts has all of Prow's variables as parameters; that run is Jenkins'.
- OpenShift CI is a Prow. It adds ``OPENSHIFT_CI``.
- Presubmits and batches build a merge commit that the job makes and no variable names. Periodic
  jobs name no commit at all.
- ``JOB_SPEC`` is JSON. In jobs that Prow decorates it holds their whole configuration, which can
  make it too long to be read here.
- With ``extra_refs`` there are several repositories, and nothing says which one is the recipe's.
- ``SRC_HOST`` and ``SRC_BASE`` follow the folder of the checkout (``k8s.io/…``), not the
  repository's address.
- The base branch of a postsubmit may be a tag: Prow cuts off ``refs/heads/`` and ``refs/tags/``
  alike.
"""

from __future__ import annotations

from collections.abc import Mapping

from conda_provenance.ci import NO_VARIABLE, Adapter, Environ


def _sha(environ: Environ) -> str | None:
    """The pushed commit, ``refs.base_sha`` of a postsubmit's ``JOB_SPEC``."""
    refs = _refs(environ)
    if environ.get("JOB_TYPE") != "postsubmit" or refs.get("pulls"):
        return None
    return _text(refs.get("base_sha"))


def _remote_url(environ: Environ) -> str | None:
    """``https://github.com/acme/recipes`` from ``refs.repo_link`` of ``JOB_SPEC``."""
    return _text(_refs(environ).get("repo_link"))


def _refs(environ: Environ) -> Mapping[str, object]:
    """``refs`` of ``JOB_SPEC``, if the job has only one repository."""
    import json  # Takes a millisecond, which most runs need not pay.

    try:
        spec = json.loads(environ.get("JOB_SPEC") or "")
    except (ValueError, RecursionError):
        return {}

    refs = spec.get("refs") if isinstance(spec, dict) and not spec.get("extra_refs") else None
    return refs if isinstance(refs, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


ADAPTER = Adapter(
    provider="prow",
    name="Prow",
    docs="https://docs.prow.k8s.io/docs/jobs/#job-environment-variables",
    active=("PROW_JOB_ID",),
    unless=("JENKINS_URL", r"{BUILD_TAG:jenkins-.+-\d+}{BUILD_NUMBER:\d+}{JOB_NAME}"),
    run_id="{PROW_JOB_ID}",
    sha=_sha,
    remote_url=_remote_url,
    event="{JOB_TYPE}",
    branch="{PULL_HEAD_REF}",
    pull_request=r"{PULL_NUMBER:\d+}",
    merge="{PULL_REFS:[^,]+,.+}",
    head_sha="{PULL_PULL_SHA}",
    left_out={
        "run_url": "Deck's address is in no variable; JOB_SPEC has a job_url_prefix only if a "
        "job sets its own",
        "workspace": NO_VARIABLE,
        "head_remote_url": NO_VARIABLE,
        "attempt": "a job that is run again has an id of its own",
    },
)
