"""``Answers``: every answer of the outside world, asked once, kept, and handed out again.

Forges, CIs and git servers are all asked through here. So one question is one request however many
packages share it, each package's evidence is what its checks were told, and a run without network
is the same run with the answers that were kept. What an answer means is not known here.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from conda_provenance.errors import UnavailableError


class Answer(NamedTuple):
    """What was answered, without anything secret."""

    body: bytes
    about: Mapping[str, str] = {}
    """What else matters: the status, some headers, the address that answered."""
    asked_at: float = 0.0
    """Seconds since 1970, UTC."""
    is_private: bool = False
    """Was it asked with a token? Then others may not be able to read it."""
    is_lasting: bool = True
    """May another run use it? That something is not there is asked again."""


class _Slot:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.outcome: Answer | UnavailableError | None = None


_uses: ContextVar[dict[str, None] | None] = ContextVar("uses", default=None)


class Answers:
    """The answers of one run. Threads share it."""

    def __init__(self) -> None:
        self._slots: dict[str, _Slot] = {}
        self._lock = threading.Lock()

    def get(self, question: str, ask: Callable[[], Answer]) -> Answer:
        """The answer to ``question``, which ``ask`` gets if nobody has asked before.

        ``question`` names all that the answer depends on, and nothing secret: such as
        ``GET https://api.github.com/repos/o/n`` or ``git refs https://github.com/o/n``. An
        :class:`~conda_provenance.errors.UnavailableError` is kept too.
        """
        with self._lock:
            slot = self._slots.setdefault(question, _Slot())
        self._note(question)
        with slot.lock:
            if slot.outcome is None:
                slot.outcome = _asked(ask)
        if isinstance(slot.outcome, UnavailableError):
            raise slot.outcome
        return slot.outcome

    def _note(self, question: str) -> None:
        uses = _uses.get()
        if uses is not None:
            uses[question] = None

    @contextmanager
    def noted(self) -> Iterator[dict[str, None]]:
        """The questions that are asked in this block, by this thread, in their order."""
        uses: dict[str, None] = {}
        token = _uses.set(uses)
        try:
            yield uses
        finally:
            _uses.reset(token)


def _asked(ask: Callable[[], Answer]) -> Answer | UnavailableError:
    try:
        return ask()._replace(asked_at=time.time())
    except UnavailableError as error:
        return error
