"""``RecordedAnswers``: the answers of one file of evidence, which stand for the world offline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timezone

from conda_provenance.errors import UnavailableError
from conda_provenance.verify.answers import Answer, Outcome


class RecordedAnswers:
    """Answers questions from what was kept for one package. Nothing in it is authenticated."""

    def __init__(
        self,
        outcomes: Mapping[str, Outcome],
        *,
        source: str,
        digest: str | None = None,
        written_at: float | None = None,
        fault: str = "",
        is_whole: bool = True,
    ) -> None:
        """``source``: the file, fit to be shown. ``fault``: why it cannot be used. ``is_whole``:
        was no answer too large to be kept?
        """
        self._outcomes = outcomes
        self.source = source
        self.digest = digest
        """What ``--evidence-digest`` must be for these answers to be believed."""
        self.written_at = written_at
        self.fault = fault
        self._is_whole = is_whole
        self.missing: dict[str, None] = {}
        """The questions that were asked and have no answer here."""

    def has(self, question: str) -> bool:
        """Was this question asked when the file was written?"""
        return question in self._outcomes

    def get(self, question: str) -> Answer:
        """The answer that was kept. Raises :class:`~conda_provenance.errors.UnavailableError`."""
        if self.fault:
            raise UnavailableError(self.fault)

        outcome = self._outcomes.get(question)
        if outcome is None:
            self.missing[question] = None
            raise UnavailableError(f"{self.source} has no answer to this question.")
        if isinstance(outcome, UnavailableError):
            raise outcome
        return outcome

    def is_digest(self, digest: str | None) -> bool:
        """Is this the digest that somebody expects of the file?"""
        return not self.fault and digest is not None and digest.lower() == self.digest

    def is_believed(self, digests: Iterable[str | None]) -> bool:
        """Can it vouch for a package, by the digests that the user believes?

        What was too large to be kept may have said something against the package.
        """
        return self._is_whole and any(map(self.is_digest, digests))

    @property
    def sentence(self) -> str:
        """By whose word all of this is."""
        if self.fault:
            return self.fault
        lack = "" if self._is_whole else " It lacks answers that were too large to be kept."
        return (
            f"By answers recorded at {_shown_time(self.written_at)}, by whoever wrote"
            f" {self.source}: its hashes are no signature.{lack}"
        )


def _shown_time(seconds: float | None) -> str:
    try:
        moment = datetime.fromtimestamp(seconds or 0.0, timezone.utc)
    except (ValueError, OverflowError, OSError):
        return "a time that is none"
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
