"""What the sources of pipelines mean on GitLab CI."""

from __future__ import annotations

from collections.abc import Mapping

from conda_provenance.run_api import Trigger

_TRIGGERS: Mapping[str, Trigger] = {
    "push": Trigger.PUSH,
    "web": Trigger.MANUAL,
    "schedule": Trigger.SCHEDULE,
    "api": Trigger.API,
    "trigger": Trigger.API,
    "merge_request_event": Trigger.PULL_REQUEST,
    "external_pull_request_event": Trigger.PULL_REQUEST,
}
"""https://docs.gitlab.com/ci/jobs/job_rules/#ci_pipeline_source-predefined-variable"""


def trigger_of(source: str, ref: str | None = None) -> Trigger:
    """What started a pipeline. ``ref``: if it tells a tag from a branch."""
    trigger = _TRIGGERS.get(source, Trigger.OTHER)
    is_tag = ref is not None and ref.startswith("refs/tags/")
    return Trigger.TAG if trigger is Trigger.PUSH and is_tag else trigger
