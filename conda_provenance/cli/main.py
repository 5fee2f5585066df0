"""Runs a command, for ``conda-provenance`` and for ``conda provenance``, and ends it properly."""

from __future__ import annotations

import contextlib
import os
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from io import TextIOWrapper
from typing import TYPE_CHECKING

from conda_provenance.cli.output import MAX_SENTENCE, Output
from conda_provenance.cli.parser import PREFIX, parse
from conda_provenance.cli.status import Status, of_error
from conda_provenance.errors import ProvenanceError
from conda_provenance.log import before_first_use, logger
from conda_provenance.text import escape, redact_location

if TYPE_CHECKING:
    from logging import Logger


def main(arguments: Sequence[str] | None = None, *, program: str = "conda-provenance") -> int:
    """Run a command and return its exit status. Default: the arguments of this process."""
    if arguments is None:
        _own_the_process()
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return run_parsed(parse(given, program), program)
    except SystemExit as stop:
        return int(stop.code or 0)
    except KeyboardInterrupt:
        return Status.INTERRUPTED


def run_parsed(parsed: Namespace, program: str = "conda-provenance") -> int:
    """Run a command that our parser or conda's has parsed, and return its exit status."""
    arguments = Namespace(
        **{
            name.removeprefix(PREFIX): value
            for name, value in vars(parsed).items()
            if name.startswith(PREFIX)
        }
    )
    output = Output(
        program,
        arguments.command,
        json=_wants_json(arguments, parsed),
        quiet=arguments.quiet,
        verbose=arguments.verbose,
        color_choice=arguments.color,
    )
    with _logging_to(output):
        return _run(arguments, output)


def _wants_json(arguments: Namespace, parsed: Namespace) -> bool:
    """Is one JSON object asked for, by an option of the command or by ``conda --json``?"""
    given = vars(arguments)
    if given.get("json") or given.get("format") == "json":
        return True

    could_be = "json" in given or given.get("format") == "text"
    return could_be and getattr(parsed, "json", None) is True


def _run(arguments: Namespace, output: Output) -> int:
    try:
        status = _answer(arguments, output)
        # Now, since what Python cannot write when it ends is its own error and exit status.
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # The reader of our output has gone ("| head"). Nothing is wrong, so nothing is said.
        _discard_output()
        return Status.UNKNOWN
    except OSError as error:
        # If stdout itself is broken, only stderr is left to say so.
        sentence = _sentence(error)
        with contextlib.suppress(OSError):
            output.fail_for_programs(sentence)
            sys.stdout.flush()
        _discard_output()
        output.error(sentence)
        return Status.UNKNOWN
    except KeyboardInterrupt:
        return Status.INTERRUPTED


def _answer(arguments: Namespace, output: Output) -> int:
    command = import_module(f"conda_provenance.cli.{arguments.command}")
    try:
        return int(command.run(arguments, output))
    except ProvenanceError as error:
        output.fail(str(error))
        return of_error(error)


def _sentence(error: OSError) -> str:
    """What the system refused, and of which file if it says so."""
    why = error.strerror or type(error).__name__
    if isinstance(error.filename, str | bytes):
        path = escape(redact_location(os.fsdecode(error.filename)), MAX_SENTENCE)
        return f"{path} cannot be read or written: {why}."

    return f"The output cannot be written or a file cannot be read: {why}."


def _own_the_process() -> None:
    """Set up what only the owner of a process may set up."""
    import atexit
    import gc

    # Most of the time goes into imports. The garbage collector would scan the imported objects many
    # times, and twice more at the end. That takes an eighth of the whole time.
    gc.set_threshold(50_000)
    atexit.register(gc.freeze)

    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # Whoever started us has closed it. A file of ours must not get its number either.
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A name that the terminal's encoding lacks is no reason to fail.
            stream.reconfigure(errors="backslashreplace")


def _discard_output() -> None:
    # When Python exits it writes what is left, and would report that it cannot.
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextlib.contextmanager
def _logging_to(output: Output) -> Iterator[None]:
    """Print our warnings as one line each, unless the program around us has set up our log."""
    undo: list[Callable[[], None]] = []

    def set_up(log: Logger) -> None:
        from conda_provenance.cli.log_handler import print_log

        if not log.handlers:
            undo.append(print_log(log, output))

    forget = before_first_use(set_up)
    if "logging" in sys.modules:
        logger()
    try:
        yield
    finally:
        forget()
        for each in undo:
            each()


if __name__ == "__main__":
    sys.exit(main())
