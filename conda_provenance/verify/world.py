"""Opens the ``World``: everything outside the packages that checks may ask."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from conda_provenance.verify.answers import Answers
from conda_provenance.verify.check import World


class Ways(NamedTuple):
    """How the outside may be asked, in the words of the command line."""

    offline: bool = False
    allow: frozenset[str] = frozenset()
    """``http`` and ``private``: what a package may lead to beyond public https addresses."""
    max_age: float = 0.0
    """Seconds for which an answer that was kept counts. 0: ask again."""
    evidence: str | None = None
    """The folder of evidence."""
    evidence_digests: frozenset[str] = frozenset()
    """The files of evidence that are believed."""
    token_file: str | None = None


class Opened(NamedTuple):
    """What a run asks, and the answers that it gets."""

    world: World
    answers: Answers


@contextmanager
def open_world(ways: Ways, environ: Mapping[str, str]) -> Iterator[Opened]:  # noqa: ARG001
    """The outside, for the length of a ``with`` block."""
    from conda_provenance.verify.closed import ClosedLookup, ClosedRepositories

    answers = Answers()
    world = World(ClosedRepositories(), ClosedLookup(), time.time(), answers)
    yield Opened(world, answers)
