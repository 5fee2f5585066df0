"""Prow.

- ``BUILD_ID``, ``BUILD_NUMBER`` and ``JOB_NAME`` make others take it for Jenkins. A Jenkins job that Prow starts has all of
  Prow's variables as parameters: that run is Jenkins'.
- OpenShift CI is a Prow; it adds ``OPENSHIFT_CI``.
- Presubmits and batches build a merge commit made in the job, which no variable names. Periodic jobs name no commit at all.
- ``JOB_SPEC`` is JSON. Jobs that Prow decorates have their whole configuration in it, which makes it longer than what is read.
- With ``extra_refs`` there are more repositories: which one is the recipe's is not said.
- ``SRC_HOST`` and ``SRC_BASE`` follow the folder of the checkout (``k8s.io/…``), not the repository's address.
- The base branch of a postsubmit may be a tag: Prow cuts ``refs/heads/`` and ``refs/tags/`` alike.
"""

from __future__ import annotations

from typing import Any

from conda_provenance.ci.adapter import Adapter, Environ


def _sha(environ: Environ) -> str | None:
    """The pushed commit, ``refs.base_sha`` of a postsubmit's ``JOB_SPEC``."""
    refs = _refs(environ)
    return (
        _text(refs.get("base_sha"))
        if environ.get("JOB_TYPE") == "postsubmit" and not refs.get("pulls")
        else None
    )


def _remote_url(environ: Environ) -> str | None:
    """``https://github.com/acme/recipes`` from ``refs.repo_link`` of ``JOB_SPEC``."""
    return _text(_refs(environ).get("repo_link"))


def _refs(environ: Environ) -> dict[str, Any]:
    """``refs`` of ``JOB_SPEC``, where the job has one repository only."""
    import json  # a millisecond that others need not pay

    try:
        spec = json.loads(environ.get("JOB_SPEC") or "")
    except (ValueError, RecursionError):
        return {}
    refs = spec.get("refs") if isinstance(spec, dict) and not spec.get("extra_refs") else None
    return refs if isinstance(refs, dict) else {}


def _text(value: object) -> str | None:
    """``value``, if it is a text."""
    return value if isinstance(value, str) else None


ADAPTER = Adapter(
    provider="prow",
    name="Prow",
    docs="https://docs.prow.k8s.io/docs/jobs/#job-environment-variables",
    active=("PROW_JOB_ID",),
    unless=("JENKINS_URL",),
    run_id="{PROW_JOB_ID}",
    sha=_sha,
    remote_url=_remote_url,
    event="{JOB_TYPE}",
    branch="{PULL_HEAD_REF}",
    pull_request="{PULL_NUMBER:\\d+}",
    merge="{PULL_REFS:[^,]+,.+}",
    head_sha="{PULL_PULL_SHA}",
    left_out={
        "run_url": "Deck's address is in no variable; JOB_SPEC has a job_url_prefix only where a job sets one of its own",
        "workspace": "the folder of the checkout is in no variable",
        "head_remote_url": "the fork is in no variable",
        "attempt": "a job that is run again has an id of its own",
    },
)
