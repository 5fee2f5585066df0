"""``Grounds``: what a verdict on one package stands on, and what can be asked of it.

What follows from it is in ``verdict``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from conda_provenance.policy.expectations import Expectations
from conda_provenance.verify.outcome import Outcome, Result

ATTESTED = "attested"
"""The id of the check of signed statements."""

PUBLICATION = "publication"
BUILD = "build"
"""The fact ``statement`` of :data:`ATTESTED`, where the statement is one about a build. A statement
about a publication binds no bytes to a build."""

WHO_BUILT = ("run-matches", "artifact-in-run")
"""The checks that say who built the file. Only both of them together say it."""


class Grounds(NamedTuple):
    """What a verdict stands on."""

    results: Mapping[str, Result]
    """By the checks' ids, in their order."""
    expected: Expectations
    says_anything: bool
    """Does the package claim anything at all?"""
    is_hashed: bool
    """Did we compute the file's digest from its bytes?"""
    repository: str = ""
    """The repository that the package names, for sentences."""
    is_believed: bool = True
    """Were the answers got in this run, or kept in a file that the user believes? A file of
    evidence can be written by anybody."""
    by_whom: str = ""
    """Whose word the answers are, in a sentence. Only of those that were kept."""

    def passed(self, *ids: str) -> bool:
        """Did all of these checks pass?"""
        results = self.results
        for each in ids:
            result = results.get(each)
            if result is None or result.outcome is not Outcome.PASS:
                return False
        return True

    def outcome(self, id: str) -> Outcome:
        """How a check ended. One that did not run is unavailable."""
        result = self.results.get(id)
        return Outcome.UNAVAILABLE if result is None else result.outcome

    @property
    def is_named(self) -> bool:
        """Did the user or the policy name the repository, and is it that one?"""
        return bool(self.expected.repositories) and self.passed("expected")

    @property
    def has_build_statement(self) -> bool:
        """Is there a signed and expected statement of a build about these bytes?"""
        result = self.results.get(ATTESTED)
        is_build = result is not None and result.facts.get("statement") == BUILD
        return self.passed(ATTESTED) and is_build

    @property
    def is_bound(self) -> bool:
        """Are the bytes, hashed by us, bound to that repository's build, unopposed?"""
        fails = any(self.outcome(each) is Outcome.FAIL for each in (*WHO_BUILT, ATTESTED))
        is_built = self.passed(*WHO_BUILT) or self.has_build_statement
        return self.is_hashed and is_built and not fails

    @property
    def refuting(self) -> Collection[str]:
        """The checks whose fail refutes the package.

        What somebody expects is required, unless an exception of the policy has waived it.
        """
        expected = self.expected
        is_waived = bool(expected.exception) and "expected" not in expected.required
        further = () if is_waived else ("expected",)
        return {*expected.required, *expected.only, *further}

    @property
    def needed(self) -> tuple[str, ...]:
        """The checks that have to pass: those that the user chose, or else the required ones.

        Where nobody named a repository, "expected" cannot pass. Then nothing is verified either.
        """
        if self.expected.only:
            return self.expected.only

        required = self.expected.required
        if self.expected.repositories:
            return required
        return tuple(each for each in required if each != "expected")
