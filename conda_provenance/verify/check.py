"""``Check``: the base class of all checks, and what a check is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from conda_provenance.errors import UnavailableError
from conda_provenance.policy.expectations import Expectations
from conda_provenance.verify.answers import Answers
from conda_provenance.verify.attested.verifying import NO_BUNDLES, Bundles
from conda_provenance.verify.outcome import Outcome, Result
from conda_provenance.verify.repository import Repositories
from conda_provenance.verify.subject import Subject

if TYPE_CHECKING:
    from conda_provenance.lookup import Lookup


class Case(NamedTuple):
    """One package, what is expected of it, and how the checks before ended."""

    subject: Subject
    expected: Expectations
    results: Mapping[str, Result]
    """By the checks' ids."""


class World(NamedTuple):
    """Everything outside the package that a check may ask."""

    repositories: Repositories
    lookup: Lookup
    """Leads from a repository to its forge's API, and from a run's id to its CI's."""
    now: float
    """Seconds since 1970, UTC."""
    answers: Answers
    """For what a check keeps of a long answer, such as the lines of a log that matter."""
    bundles: Bundles = NO_BUNDLES
    """Signed statements that the user names, and what verifies them."""


class Check:
    """One question about a package. Subclass it, and hand an instance to our hook.

    ``check`` ends by one of the four methods below. If what it needs cannot be asked, it lets the
    :class:`~conda_provenance.errors.UnavailableError` pass, which becomes "unavailable". It never
    says more than it saw.
    """

    id: ClassVar[str]
    summary: ClassVar[str]
    """What it asks, in a line for people."""
    proves: ClassVar[str] = ""
    """What a pass proves, and what it does not, for the documentation."""

    def check(self, case: Case, world: World) -> Result:
        raise NotImplementedError

    def run(self, case: Case, world: World) -> Result:
        """Check, whatever happens."""
        try:
            return self.check(case, world)
        except UnavailableError as error:
            return self.unavailable(str(error), retry_at=error.retry_at)

    def passed(self, message: str, **facts: Any) -> Result:
        return Result(self.id, Outcome.PASS, message, facts)

    def failed(self, message: str, *, contradicts: bool = False, **facts: Any) -> Result:
        return Result(self.id, Outcome.FAIL, message, facts, contradicts=contradicts)

    def unavailable(self, message: str, *, retry_at: float | None = None, **facts: Any) -> Result:
        return Result(self.id, Outcome.UNAVAILABLE, message, facts, retry_at=retry_at)

    def not_applicable(self, message: str, **facts: Any) -> Result:
        return Result(self.id, Outcome.NOT_APPLICABLE, message, facts)
