"""Turns what came of a question into an entry of a file of evidence, and back."""

from __future__ import annotations

import base64
import binascii
import hashlib

from conda_provenance.errors import UnavailableError
from conda_provenance.text import as_clause, show_sentence
from conda_provenance.verify.answers import Answer, Outcome
from conda_provenance.verify.evidence.document import Body, Entry

MAX_BODY = 24 << 20
_MAX_SENTENCE = 1000
_LATEST = 1e11
"""Seconds. No number that is none is less."""

TOO_LARGE = "It is too large to be kept."


class BadEvidence(Exception):
    """An entry contradicts itself. The text is the second half of a sentence."""


def entry_of(question: str, outcome: Outcome, *, has_room: bool = True) -> Entry:
    """``has_room``: is there room for its body?"""
    if isinstance(outcome, UnavailableError):
        return Entry(question, "", unavailable=str(outcome), retry_at=outcome.retry_at)

    left_out = "" if has_room and len(outcome.body) <= MAX_BODY else TOO_LARGE
    return Entry(
        question,
        "",
        outcome.asked_at,
        dict(outcome.about),
        Body(left_out=left_out) if left_out else _body(outcome.body),
        hashlib.sha256(outcome.body).hexdigest(),
        len(outcome.body),
        outcome.with_token,
    )


def _body(data: bytes) -> Body:
    try:
        return Body(text=data.decode("utf-8"))
    except UnicodeDecodeError:
        return Body(base64=base64.b64encode(data).decode("ascii"))


def outcome_of(entry: Entry) -> Outcome:
    """What came of the question. Raises :class:`BadEvidence`."""
    if entry.unavailable is not None:
        if entry.body is not None or not entry.unavailable:
            raise BadEvidence("an answer in it is there, and is not")
        sentence = show_sentence(entry.unavailable, _MAX_SENTENCE)
        return UnavailableError(sentence, retry_at=entry.retry_at)
    if entry.body is None or entry.asked_at is None or not 0 <= entry.asked_at < _LATEST:
        raise BadEvidence("an answer in it has no body, or no time")

    data = _data(entry.body)
    if data is None:
        why = as_clause(show_sentence(entry.body.left_out or "", _MAX_SENTENCE))
        return UnavailableError(f"The answer was not kept: {why}.")
    if len(data) != entry.length or hashlib.sha256(data).hexdigest() != entry.sha256:
        raise BadEvidence("an answer in it has not the digest that stands beside it")
    return Answer(data, entry.about, entry.asked_at, entry.with_token)


def _data(body: Body) -> bytes | None:
    """``None``: it was left out."""
    given = [each for each in (body.text, body.base64, body.left_out) if each is not None]
    if len(given) != 1:
        raise BadEvidence("an answer in it has several bodies, or none")
    if body.text is not None:
        return body.text.encode("utf-8", "surrogatepass")
    if body.base64 is None:
        return None

    try:
        return base64.b64decode(body.base64, validate=True)
    except (binascii.Error, ValueError):
        raise BadEvidence("an answer in it is no base64") from None
