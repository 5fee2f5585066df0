"""Prints what our log says as lines of a command's output."""

from __future__ import annotations

import logging
from collections.abc import Callable

from conda_provenance.cli.output import Output


def print_log(log: logging.Logger, output: Output) -> Callable[[], None]:
    """Print what ``log`` says through ``output``. Returns what undoes it."""
    handler = LogHandler(output)
    before = log.propagate, log.level
    log.addHandler(handler)
    log.propagate = False
    if output.verbose:
        log.setLevel(logging.DEBUG)

    def undo() -> None:
        log.removeHandler(handler)
        log.propagate, log.level = before

    return undo


class LogHandler(logging.Handler):
    """Prints the warnings of our log through the command's output, so that no bar is in the way."""

    def __init__(self, output: Output) -> None:
        super().__init__(logging.DEBUG if output.verbose else logging.WARNING)
        self._output = output

    def emit(self, record: logging.LogRecord) -> None:
        prefix = f"{self._output.program}: "
        message = record.getMessage().removeprefix("conda-provenance: ").removeprefix(prefix)
        message = message.removeprefix("warning: ")
        if record.levelno >= logging.WARNING:
            self._output.warn(message)
        else:
            self._output.note(message)
