"""Which version a git program is, and whether that is recent enough."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from conda_provenance.git.command import TIME_LIMIT, GitFailedError, Question, start_question
from conda_provenance.git.environment import CONFIGURATIONS, clean_environment

OLDEST = (2, 25)
"""The oldest git that is asked about a repository."""

Version = tuple[int, ...]

_known: dict[str, Version] = {}
"""The versions of the programs that have been asked."""


@contextmanager
def asking_version(program: str, time_limit: float = TIME_LIMIT) -> Iterator[Callable[[], Version]]:
    """Ask a git program for its version without waiting, once per process.

    The block gets what waits for the answer: the version, or nothing if the program names none. So
    does one that cannot be run, or that only asks to install git. It raises
    :class:`~conda_provenance.git.command.GitError` if there is no answer in time.
    """
    if program in _known:
        yield lambda: _known[program]
        return

    with ExitStack() as questions:
        question = _ask(questions, program, time_limit)

        def wait() -> Version:
            _known[program] = _wait_for(question)
            return _known[program]

        yield wait


def _ask(questions: ExitStack, program: str, time_limit: float) -> Question | None:
    try:
        return start_question(
            questions,
            [program, "version"],
            # A configuration with an error in it would keep git even from naming its version.
            environment=clean_environment(os.environ, ignored=CONFIGURATIONS),
            folder=os.path.dirname(program),
            time_limit=time_limit,
            name="git version",
        )
    except GitFailedError:
        return None


def _wait_for(question: Question | None) -> Version:
    try:
        return () if question is None else parse_version(question.output())
    except GitFailedError:
        return ()


def parse_version(answer: bytes) -> Version:
    """The version that ``git version`` prints."""
    version = re.match(rb"git version (\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?", answer)
    return tuple(int(part) for part in version.groups() if part) if version else ()
