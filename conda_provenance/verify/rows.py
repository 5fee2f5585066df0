"""The checks and the verdict of one package as JSON, and what many of them come to.

All output is made of this form, so that it does not matter whether a package was verified just now
or on another machine. Which package it is, is not in it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timezone
from enum import Enum
from functools import lru_cache
from typing import Any, TypeAlias

from conda_provenance.policy.expectations import Expectations
from conda_provenance.text import redact_location, redact_value, show_sentence
from conda_provenance.verify.keeping import Kept
from conda_provenance.verify.outcome import Outcome, Result
from conda_provenance.verify.verdict import WORST_FIRST, Standing
from conda_provenance.verify.verifier import Verified

Row: TypeAlias = Mapping[str, Any]
"""``show``'s object of a package with its checks and verdict: docs/reference/json.md describes it.

It holds a stranger's text without credentials. Only sentences are escaped.
"""

MAX_SENTENCE = 2000
_MAX_TEXT = 4000
_MAX_DETAIL = 20_000
_MAX_ITEMS = 1000
_MAX_DEPTH = 8
_EXCEPTION = "The policy makes an exception: "
_FACETS = ("process", "automation", "provenance")


def row_of(identity: Mapping[str, Any], verified: Verified) -> dict[str, Any]:
    """The JSON of a package. ``identity`` is what ``show`` prints of it."""
    verdict = verified.verdict
    facets = {each: getattr(verdict, each) for each in _FACETS}
    return {
        **identity,
        "checks": [check_json(result) for result in verified.results.values()],
        "verdict": {each: facet.outcome.value for each, facet in facets.items()},
        "sentences": {each: _sentence(facet.message) for each, facet in facets.items()},
        "outcome": verdict.outcome.value,
        "message": _sentence(verdict.message),
        "accepted": verdict.is_accepted or verdict.outcome is Standing.VERIFIED,
        "notes": [_sentence(note) for note in _notes(verified.expected)],
        "evidence": None if verified.evidence is None else _evidence(verified.evidence),
        "vsa": None,
    }


def check_json(result: Result) -> dict[str, Any]:
    """The JSON of how one check ended."""
    detail = "\n".join(map(_text, result.detail.split("\n")[:_MAX_ITEMS]))[:_MAX_DETAIL]
    return {
        "id": result.id,
        "outcome": result.outcome.value,
        "message": _sentence(result.message),
        "facts": {_text(key): _fact(value, 1) for key, value in _first(result.facts.items())},
        "retry_at": _time(result.retry_at),
        "detail": detail or None,
    }


def standing(row: Row) -> Standing:
    """The outcome of a row."""
    return Standing(row["outcome"])


def is_accepted(row: Row) -> bool:
    """Is the package good enough for exit status 0?"""
    return standing(row) is Standing.VERIFIED or row["accepted"] is True


def is_by_exception(row: Row) -> bool:
    """Does what follows stand on an exception of the policy?"""
    return any(note.startswith(_EXCEPTION) for note in row["notes"])


def deciding_check(row: Row) -> Mapping[str, Any] | None:
    """The check whose sentence is that of the package as a whole, if there is one."""
    return next((each for each in row["checks"] if each["message"] == row["message"]), None)


class Tally:
    """Counts packages, one after the other."""

    def __init__(self) -> None:
        self._standings = dict.fromkeys(reversed(WORST_FIRST), 0)
        self._checks: dict[str, dict[str, int]] = {}
        self._accepted = 0
        self._unreadable = 0
        self.not_conda = 0
        self.known = 0
        """Packages of earlier runs, which were left out. They are not in the total."""

    def add(self, row: Row) -> None:
        """Count one more."""
        self._standings[standing(row)] += 1
        self._accepted += is_accepted(row)
        self._unreadable += row["error"] is not None
        for check in row["checks"]:
            counts = self._checks.setdefault(
                check["id"], dict.fromkeys((each.value for each in Outcome), 0)
            )
            counts[check["outcome"]] += 1

    def of(self, *standings: Standing) -> int:
        """How many packages have one of these outcomes."""
        return sum(self._standings[each] for each in standings)

    @property
    def total(self) -> int:
        return self.of(*Standing)

    @property
    def is_all_accepted(self) -> bool:
        """Is every package verified or accepted? Not if there is none, and none is known."""
        return self.total == self._accepted and self.total + self.known > 0

    def to_json(self) -> dict[str, Any]:
        """The ``summary`` of the JSON."""
        return {
            "total": self.total,
            **{each.value: number for each, number in self._standings.items()},
            "accepted": self._accepted,
            "unreadable": self._unreadable,
            "not_conda": self.not_conda,
            "known": self.known,
            "by_check": self._checks,
        }


def last_line(tally: Tally) -> str:
    """The line that ``verify`` ends with. Its form does not change: scripts read it."""
    numbers = ", ".join(f"{tally.of(each)} {each}" for each in reversed(WORST_FIRST))
    return f"checked {tally.total}: {numbers}"


def _evidence(kept: Kept) -> dict[str, Any]:
    """Where the answers are that the checks stood on."""
    return {
        "file": kept.path and redact_location(kept.path),
        "digest": kept.digest,
        "by": _sentence(kept.sentence) or None,
        "believed": kept.is_believed,
        "missing": [_text(question) for question in kept.missing[:_MAX_ITEMS]],
        "error": _sentence(kept.fault) or None,
    }


def _notes(expected: Expectations) -> Iterator[str]:
    if expected.exception:
        yield f"{_EXCEPTION}{expected.exception}"
    yield from expected.notes


@lru_cache(maxsize=10_000)
def _sentence(text: str) -> str:
    return show_sentence(text, MAX_SENTENCE)


def _text(value: object) -> str:
    text = str(value)
    return _redacted(text) if len(text) <= _MAX_TEXT else f"({len(text)} characters)"


@lru_cache(maxsize=10_000)
def _redacted(text: str) -> str:
    """The packages of one repository share most of their facts."""
    return redact_value(text)


def _fact(value: object, depth: int) -> object:
    """A fact as JSON: bounded, and without credentials."""
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, bool | int):
        return value

    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)

    if isinstance(value, str):
        return _text(value)

    if depth >= _MAX_DEPTH:
        return f"({type(value).__name__})"

    if isinstance(value, Mapping):
        return {_text(key): _fact(each, depth + 1) for key, each in _first(value.items())}

    if isinstance(value, list | tuple | set | frozenset):
        return [_fact(each, depth + 1) for each in _first(value)]
    return _text(value)


def _first(items: Iterable[Any]) -> list[Any]:
    """The first of many."""
    from itertools import islice

    return list(islice(items, _MAX_ITEMS))


def _time(seconds: float | None) -> str | None:
    """As ``2026-01-31T12:00:00Z``."""
    if seconds is None:
        return None

    try:
        when = datetime.fromtimestamp(math.ceil(seconds), timezone.utc)
    except (ValueError, OverflowError, OSError):
        return None
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"
