"""What the names of events mean on GitHub Actions, and on what was modelled after it."""

from __future__ import annotations

from collections.abc import Mapping

from conda_provenance.run_api import Trigger

_TRIGGERS: Mapping[str, Trigger] = {
    "push": Trigger.PUSH,
    "merge_group": Trigger.MERGE_QUEUE,
    "release": Trigger.RELEASE,
    "schedule": Trigger.SCHEDULE,
    "workflow_dispatch": Trigger.MANUAL,
}


def trigger_of(event: str, ref: str | None = None) -> Trigger:
    """What started a run. ``ref``: if it tells a tag from a branch.

    ``pull_request_target``, ``pull_request_review`` and the like are pull requests too. Comments,
    calls of other workflows and ``repository_dispatch`` are started by who knows whom.
    """
    if event.startswith("pull_request"):
        return Trigger.PULL_REQUEST
    trigger = _TRIGGERS.get(event, Trigger.OTHER)
    is_tag = ref is not None and ref.startswith("refs/tags/")
    return Trigger.TAG if trigger is Trigger.PUSH and is_tag else trigger
