"""Which variables were looked at, and what each was good for: for a report of a run that is not recognised, or wrongly."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from conda_provenance.ci.adapter import FACTS, Adapter, Environ, make
from conda_provenance.values import MAX_LENGTH

_LIKE_A_CI = re.compile(
    r"(?:^|_)(?:CI|BUILD|BUILDER|JOB|RUN|RUNNER|PIPELINE|WORKFLOW|TASK|COMMIT|SHA|REVISION|REPO|REPOSITORY|BRANCH|REF)(?:_|$)",
    re.I,
)
_FIELDS = {"run_id": "flow_run_id", "run_url": "flow_run_url"}


@dataclass(frozen=True, slots=True)
class Look:
    """One question that an adapter asked."""

    purpose: str
    """``active``, ``unless`` or the name of a fact."""
    variables: Mapping[str, str]
    """The variables asked for, in order, each with its state: ``set``, ``not set``, ``empty``, ``too long``, ``unprintable``."""
    answer: str
    """``yes``, ``no``, or ``not usable``: such as a commit that is no full hash, or a URL that is none."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What one system's adapter looked at."""

    adapter: Adapter
    active: bool
    looks: tuple[Look, ...]
    error: str | None = None
    """The kind of exception that its adapter raised."""

    @property
    def seen(self) -> bool:
        """Is any variable there by which this system could be recognised?"""
        return any(
            state != "not set"
            for look in self.looks
            if look.purpose == "active"
            for state in look.variables.values()
        )


class _Recorder(Environ):
    def __init__(self, variables: Mapping[str, str]) -> None:
        super().__init__(variables)
        self.asked: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        self.asked[name] = self._state(name)
        return super().__getitem__(name)

    def __iter__(self) -> Iterator[str]:
        return iter(Environ(self._variables))  # to go through all of them is to ask for none

    def _state(self, name: str) -> str:
        raw = self._variables.get(
            name, self._variables.get(name.upper()) if self._any_case else None
        )
        if raw is None:
            return "not set"
        if len(raw) > MAX_LENGTH:
            return "too long"
        return "empty" if not raw.strip() else "set" if raw.strip().isprintable() else "unprintable"

    def taken(self) -> dict[str, str]:
        """What was asked for since the last time."""
        asked, self.asked = self.asked, {}
        return asked


def explain(environ: Mapping[str, str], adapters: Iterable[Adapter]) -> list[Explanation]:
    """Ask every adapter as :func:`~conda_provenance.ci.detect` does, and note each question. No value is part of the answer."""
    recorder = _Recorder(environ)
    return [_explain(adapter, recorder) for adapter in adapters]


def _explain(adapter: Adapter, recorder: _Recorder) -> Explanation:
    looks: list[Look] = []
    active, error = False, None
    try:
        for purpose in ("active", "unless"):
            for mark in getattr(adapter, purpose):
                recorder.taken()
                found = recorder.has(mark)
                looks.append(Look(purpose, recorder.taken(), "yes" if found else "no"))
        active = adapter.is_active(recorder)
        run = adapter.run(recorder) if active else None
        for name in FACTS if active else ():
            recorder.taken()
            value = make(getattr(adapter, name), recorder)
            if asked := recorder.taken():
                usable = getattr(run, _FIELDS.get(name, name))
                looks.append(
                    Look(name, asked, "no" if value is None else "yes" if usable else "not usable")
                )
    except Exception as failure:
        error = type(failure).__name__  # its text may repeat a variable
    return Explanation(adapter, active, tuple(looks), error)


def unasked(environ: Mapping[str, str], explanations: Iterable[Explanation]) -> list[str]:
    """Names of variables that sound like a CI's and that no adapter looked at."""
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
