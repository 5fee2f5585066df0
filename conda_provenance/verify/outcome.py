"""``Result``: how one check ended. What the checks of a package mean together is in ``verdict``."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, NamedTuple


class Outcome(str, Enum):
    """How a check ended. These four are never mixed."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    UNAVAILABLE = "unavailable"
    """It could not be checked: an outage, a limit, a private repository, a log that is gone."""
    NOT_APPLICABLE = "not-applicable"
    """There is nothing to check."""

    def __str__(self) -> str:
        return self.value


class Result(NamedTuple):
    """How one check of one package ended, and what that stands on."""

    id: str
    outcome: Outcome
    message: str
    """One sentence, fit to be shown."""
    facts: Mapping[str, Any] = {}
    """What was found, as JSON. Texts in it are a stranger's: escape them before they are shown."""
    contradicts: bool = False
    """Does a fail contradict what the package says, rather than say that somebody left out a step?
    Then it refutes, whether or not the check is required."""
    retry_at: float | None = None
    """When to try again: seconds since 1970, UTC. Only where it is known."""
    detail: str = ""
    """Some lines for ``-v``, such as a diff. A stranger's text."""
