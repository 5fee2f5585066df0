"""``Keeping``: what becomes of the answers that a package's checks stood on.

They are written into a folder, or come from there. How they are written down is known to
``evidence``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from conda_provenance.errors import ProvenanceError, UnavailableError
from conda_provenance.verify.answers import Answer, Answers, Outcome
from conda_provenance.verify.evidence import EvidenceFolder, RecordedAnswers
from conda_provenance.verify.subject import Subject


class Kept(NamedTuple):
    """The evidence of one package."""

    path: str
    digest: str | None
    """Of the whole file. ``None``: it could not be written or read."""
    sentence: str = ""
    """By whose word the checks ended as they did, if they were answered from the file."""
    missing: tuple[str, ...] = ()
    """The questions that the file has no answer to."""
    is_believed: bool = True
    """Were the answers got in this run, or from a file that the user believes?"""
    fault: str = ""
    """Why it could not be written: one sentence."""


class Keeping:
    """The evidence of one run. ``believed`` has the digests of the files that the user believes.

    Offline, the answers come from the folder. Otherwise they are written there.
    """

    def __init__(
        self,
        folder: EvidenceFolder | None = None,
        *,
        offline: bool = False,
        believed: Collection[str] = (),
    ) -> None:
        self._folder = folder
        self._offline = offline
        self._believed = believed

    def recorded(self, subject: Subject) -> RecordedAnswers | None:
        """The answers that were kept for a package, if they are to be used."""
        if self._folder is None or not self._offline:
            return None

        return self._folder.read(subject, self._believed)

    def keep(
        self,
        subject: Subject,
        answers: Answers,
        questions: Mapping[str, str],
        recorded: RecordedAnswers | None,
    ) -> Kept | None:
        """Write down what a package's checks were told, or say from where they were told it."""
        if recorded is not None:
            return Kept(
                recorded.source,
                None if recorded.fault else recorded.digest,
                recorded.sentence,
                tuple(recorded.missing),
                recorded.is_believed(self._believed),
            )

        if self._folder is None or self._offline:
            return None

        try:
            written = self._folder.write(subject, answers, questions)
        except ProvenanceError as error:
            return Kept("", None, fault=str(error))
        return Kept(written.path, written.digest)


def answered_at(
    answers: Answers, questions: Mapping[str, str], recorded: RecordedAnswers | None, now: float
) -> float:
    """When the oldest answer was got that a package's checks were told: seconds since 1970, UTC.

    ``now``, where nothing was answered.
    """
    outcomes = (
        answers.outcome(question, scope) if recorded is None else _recorded(recorded, question)
        for question, scope in questions.items()
    )
    return min((each.asked_at for each in outcomes if isinstance(each, Answer)), default=now)


def _recorded(recorded: RecordedAnswers, question: str) -> Outcome:
    try:
        return recorded.get(question)
    except UnavailableError as error:
        return error
