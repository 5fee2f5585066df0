"""The one way to this project's log.

Python's ``logging`` takes as long to import as a tenth of a whole ``detect``, which hardly ever
has anything to log. So it is loaded when the log is first used.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from logging import Logger

NAME = "conda_provenance"

_waiting: list[Callable[[Logger], None]] = []


def logger() -> Logger:
    """The log of this project. The library has no handler of its own; a command gives it one."""
    from logging import getLogger

    log = getLogger(NAME)
    while _waiting:
        _waiting.pop()(log)

    return log


def before_first_use(prepare: Callable[[Logger], None]) -> Callable[[], None]:
    """Have ``prepare`` called when the log is next used. Returns what forgets it again."""
    _waiting.append(prepare)

    def forget() -> None:
        if prepare in _waiting:
            _waiting.remove(prepare)

    return forget
