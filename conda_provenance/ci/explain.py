"""Explains a detection: which variables were looked at, with what result. It holds no values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from conda_provenance.ci.adapter import FACTS, Adapter
from conda_provenance.ci.environ import Environ
from conda_provenance.ci.fact import value_of
from conda_provenance.values import MAX_LENGTH

_LIKE_A_CI = re.compile(
    r"(?:^|_)(?:CI|BUILD|BUILDER|JOB|RUN|RUNNER|PIPELINE|WORKFLOW|TASK|COMMIT|SHA|REVISION|REPO"
    r"|REPOSITORY|BRANCH|REF)(?:_|$)",
    re.IGNORECASE,
)
_FIELDS = {"run_id": "flow_run_id", "run_url": "flow_run_url"}
"""The field of ``CIRun`` for a fact, if it has another name."""


@dataclass(frozen=True, slots=True)
class Look:
    """One question that an adapter asked."""

    purpose: str
    """``active``, ``unless`` or the name of a fact."""
    variables: Mapping[str, str]
    """The variables asked for, in order, each with its state: ``set``, ``not set``, ``empty``,
    ``too long`` or ``unprintable``."""
    answer: str
    """``yes``, ``no``, or ``not usable``. A commit that is not a full hash is not usable."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What one system's adapter looked at."""

    adapter: Adapter
    active: bool
    looks: tuple[Look, ...]
    error: str | None = None
    """The kind of exception that the adapter raised."""

    @property
    def seen(self) -> bool:
        """Is there any variable that could mark this system?"""
        return any(
            state != "not set"
            for look in self.looks
            if look.purpose == "active"
            for state in look.variables.values()
        )


def explain(environ: Mapping[str, str], adapters: Iterable[Adapter]) -> list[Explanation]:
    """Ask every adapter as :func:`~conda_provenance.ci.detect` does, and note each question."""
    recorder = _Recorder(environ)
    return [_explain(adapter, recorder) for adapter in adapters]


def asked_for(environ: Mapping[str, str], adapter: Adapter, fact: str) -> dict[str, str]:
    """The variables that an adapter asks for a fact, each with its state as in :class:`Look`."""
    for look in explain(environ, [adapter])[0].looks:
        if look.purpose == fact:
            return dict(look.variables)
    return {}


def unasked(environ: Mapping[str, str], explanations: Iterable[Explanation]) -> list[str]:
    """Names of variables that no adapter looked at, although they sound like a CI's."""
    asked = {
        name
        for explanation in explanations
        for look in explanation.looks
        for name in look.variables
    }
    return sorted(
        name
        for name in environ
        if name not in asked and name.isprintable() and _LIKE_A_CI.search(name)
    )


class _Recorder(Environ):
    """Variables that remember which of them were asked for."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        super().__init__(variables)
        self._asked: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        self._asked[name] = self._state(name)
        return super().__getitem__(name)

    def __iter__(self) -> Iterator[str]:
        return iter(Environ(self._variables))  # iterating does not count as asking

    def take(self) -> dict[str, str]:
        """The variables asked for since the last call, with their states."""
        asked, self._asked = self._asked, {}
        return asked

    def _state(self, name: str) -> str:
        raw = self.raw(name)
        if raw is None:
            return "not set"
        if len(raw) > MAX_LENGTH:
            return "too long"
        if not raw.strip():
            return "empty"
        return "set" if raw.strip().isprintable() else "unprintable"


def _explain(adapter: Adapter, recorder: _Recorder) -> Explanation:
    looks: list[Look] = []
    active, error = False, None
    try:
        looks.extend(_looks_for_marks(adapter, recorder))
        active = adapter.is_active(recorder)
        if active:
            looks.extend(_looks_for_facts(adapter, recorder))
    except Exception as failure:
        error = type(failure).__name__  # its text may repeat a variable
    return Explanation(adapter, active, tuple(looks), error)


def _looks_for_marks(adapter: Adapter, recorder: _Recorder) -> Iterator[Look]:
    for purpose in ("active", "unless"):
        for mark in getattr(adapter, purpose):
            recorder.take()
            answer = "yes" if recorder.has(mark) else "no"
            yield Look(purpose, recorder.take(), answer)


def _looks_for_facts(adapter: Adapter, recorder: _Recorder) -> Iterator[Look]:
    run = adapter.run(recorder)
    for name in FACTS:
        recorder.take()
        value = value_of(getattr(adapter, name), recorder)
        asked = recorder.take()
        if not asked:
            continue

        usable = getattr(run, _FIELDS.get(name, name))
        answer = "no" if value is None else "yes" if usable else "not usable"
        yield Look(name, asked, answer)
