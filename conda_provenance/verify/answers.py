"""``Answers``: every answer of the outside world, asked once, kept, and handed out again.

Forges, CIs and git servers are all asked through here. So one question is one request however many
packages share it, each package's evidence is what its checks were told, and a run without network
is the same run with the answers that were kept. What an answer means is not known here.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple, Protocol, TypeAlias

from conda_provenance.errors import UnavailableError


class Answer(NamedTuple):
    """What was answered, without anything secret."""

    body: bytes
    about: Mapping[str, str] = {}
    """What else matters: the status, some headers, the address that answered."""
    asked_at: float = 0.0
    """Seconds since 1970, UTC."""
    with_token: bool = False
    """Was it asked with a token? Then others may not be able to read it."""
    is_lasting: bool = True
    """May another run use it? That something is not there is asked again."""


Questions: TypeAlias = dict[str, str]
"""What was asked, in its order, each with the scope in which it was asked."""

Outcome: TypeAlias = Answer | UnavailableError
"""What came of a question."""


class Recorded(Protocol):
    """The answers that were kept for one package."""

    def has(self, question: str) -> bool:
        """Was it asked when they were kept?"""

    def get(self, question: str) -> Answer:
        """Raises :class:`~conda_provenance.errors.UnavailableError` where there is none."""


class Cache(Protocol):
    """The answers of earlier runs. ``scope`` is whose token a question was asked with."""

    def get(self, question: str, scope: str) -> Answer | None:
        """The answer, if there is one that is young enough."""

    def put(self, question: str, scope: str, answer: Answer) -> None: ...


def scope_of(secret: str) -> str:
    """A digest of what a question is asked with, for :meth:`Answers.get`. It goes into another
    digest, and nowhere else."""
    if not secret:
        return ""
    text = secret.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=16, person=b"cprov-scope").hexdigest()


class _Slot:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.outcome: Outcome | None = None
        self.scope = ""
        self.is_reused = False


class _Package(NamedTuple):
    """The package for which this thread asks."""

    questions: Sequence[Questions]
    """Where they are noted."""
    recorded: Recorded | None


_package: ContextVar[_Package | None] = ContextVar("package", default=None)


class Answers:
    """The answers of one run. Threads share it.

    ``offline``: nobody is asked, and only what was recorded is answered. ``cache``: the answers of
    earlier runs that may be used again.
    """

    def __init__(self, *, offline: bool = False, cache: Cache | None = None) -> None:
        self.is_offline = offline
        self._cache = cache
        self._slots: dict[tuple[str, str], _Slot] = {}
        self._lock = threading.Lock()
        self.oldest_reused: float | None = None
        """When the oldest answer was asked for that an earlier run kept. ``None``: there is none.
        """

    def get(
        self,
        question: str,
        ask: Callable[[], Answer],
        *,
        scope: str = "",
        is_usable: Callable[[Answer], bool] = lambda _: True,
        is_local: bool = False,
    ) -> Answer:
        """The answer to ``question``, which ``ask`` gets if nobody has asked before.

        ``question`` names all that the answer depends on, and nothing secret: such as
        ``GET https://api.github.com/repos/o/n`` or ``git refs https://github.com/o/n``. An
        :class:`~conda_provenance.errors.UnavailableError` is kept too. ``scope`` says which token
        it is asked with, by a digest; without one, nothing private is kept for other runs.
        ``is_usable``: does an earlier run's answer fit what this run knows? ``is_local``: this
        machine answers it, so it is asked without network too, unless evidence has the answer.
        """
        package = _package.get()
        if package is not None:
            for questions in package.questions:
                questions[question] = scope
            if package.recorded is not None and (not is_local or self.is_kept(question)):
                return package.recorded.get(question)
        if self.is_offline and not is_local:
            raise UnavailableError(
                "Nothing is asked with --offline; --evidence DIR takes answers that were kept."
            )

        slot = self._slots.get((question, scope))
        outcome = slot.outcome if slot is not None else None
        if outcome is None:
            outcome = self._asked(question, ask, scope, is_usable)
        if isinstance(outcome, UnavailableError):
            raise outcome
        return outcome

    @property
    def is_replayed(self) -> bool:
        """Does evidence answer for this thread's package?"""
        package = _package.get()
        return package is not None and package.recorded is not None

    def is_kept(self, question: str) -> bool:
        """Was it asked when the evidence was written that answers for this thread's package?"""
        package = _package.get()
        recorded = package.recorded if package is not None else None
        return recorded is not None and recorded.has(question)

    def _asked(
        self,
        question: str,
        ask: Callable[[], Answer],
        scope: str,
        is_usable: Callable[[Answer], bool],
    ) -> Outcome:
        """What comes of the question, of which one thread sees to it."""
        with self._lock:
            slot = self._slots.setdefault((question, scope), _Slot())
        with slot.lock:
            if slot.outcome is None:
                slot.scope = scope
                slot.outcome = self._found(question, ask, slot, is_usable)
            return slot.outcome

    def _found(
        self,
        question: str,
        ask: Callable[[], Answer],
        slot: _Slot,
        is_usable: Callable[[Answer], bool],
    ) -> Outcome:
        kept = self._cache.get(question, slot.scope) if self._cache is not None else None
        if kept is not None and is_usable(kept):
            slot.is_reused = True
            with self._lock:
                self.oldest_reused = min(kept.asked_at, self.oldest_reused or kept.asked_at)
            return kept

        try:
            return ask()._replace(asked_at=time.time())
        except UnavailableError as error:
            return error

    def keep(self, questions: Mapping[str, str]) -> None:
        """Let other runs use these answers: a check passed by them.

        What led to a fail, or to nothing, is asked again.
        """
        if self._cache is None:
            return

        for question, scope in questions.items():
            slot = self._slots.get((question, scope))
            if slot is None or slot.is_reused or not isinstance(slot.outcome, Answer):
                continue
            slot.is_reused = True
            self._cache.put(question, slot.scope, slot.outcome)

    def forget(self, most: int) -> None:
        """Let everything go if more than ``most`` bytes are held. No thread may be asking."""
        outcomes = (slot.outcome for slot in self._slots.values())
        if sum(len(each.body) for each in outcomes if isinstance(each, Answer)) > most:
            self._slots = {}

    def outcome(self, question: str, scope: str = "") -> Outcome | None:
        """What came of a question in this run. ``None``: it was not asked, or is being asked."""
        slot = self._slots.get((question, scope))
        return slot.outcome if slot else None

    @contextmanager
    def noted(self, recorded: Recorded | None = None) -> Iterator[Questions]:
        """The questions that are asked in this block, by this thread, in their order.

        ``recorded``: they are answered by what was kept for this package, and nobody is asked. A
        block within another one notes its questions in both.
        """
        questions: Questions = {}
        outer = _package.get() or _Package((), None)
        package = _Package((*outer.questions, questions), recorded or outer.recorded)
        token = _package.set(package)
        try:
            yield questions
        finally:
            _package.reset(token)

    @contextmanager
    def unnoted(self) -> Iterator[None]:
        """What this thread asks in this block is noted for no package, and never kept."""
        token = _package.set(None)
        try:
            yield
        finally:
            _package.reset(token)
