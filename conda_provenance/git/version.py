"""Which version a git program is, and whether that is recent enough."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from conda_provenance.git.command import TIME_LIMIT, clean_environment, start_question

OLDEST = (2, 25)
"""The oldest git that is asked about a repository."""

Version = tuple[int, ...]

_known: dict[str, Version] = {}
"""The versions of the programs that have been asked."""


@contextmanager
def asking_version(program: str, time_limit: float = TIME_LIMIT) -> Iterator[Callable[[], Version]]:
    """Ask a git program for its version without waiting, once per process.

    The block gets what waits for the answer: the version, or nothing if the program names none. It
    raises :class:`~conda_provenance.git.command.GitError`.
    """
    if program in _known:
        yield lambda: _known[program]
        return

    with ExitStack() as questions:
        question = start_question(
            questions,
            [program, "version"],
            environment=clean_environment(os.environ),
            folder=os.path.dirname(program),
            time_limit=time_limit,
            name="git version",
        )

        def wait() -> Version:
            _known[program] = parse_version(question.output())
            return _known[program]

        yield wait


def parse_version(answer: bytes) -> Version:
    """The version that ``git version`` prints."""
    version = re.match(rb"git version (\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?", answer)
    return tuple(int(part) for part in version.groups() if part) if version else ()
