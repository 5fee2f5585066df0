"""The one parser behind ``conda provenance`` and ``conda-provenance``.

Exit status: 0 done, 1 the answer is no, 2 used wrongly.
"""

from __future__ import annotations

import argparse
import atexit
import contextlib
import gc
import logging
import os
import sys
from collections.abc import Iterable, Sequence
from importlib import import_module
from io import TextIOWrapper

from conda_provenance import __version__
from conda_provenance.errors import ProvenanceError, SettingsError, UsageError

COMMANDS = ("detect", "build", "run", "stamp", "show")


def main(arguments: Sequence[str] | None = None, *, program: str = "conda-provenance") -> int:
    """Run a command and return its exit status. ``arguments`` are those of the process when not given."""
    if arguments is None:
        # The process is ours, and its time goes into imports. The collector would look at each object of theirs again and again,
        # and twice more at the end: an eighth of the whole.
        gc.set_threshold(50_000)
        atexit.register(gc.freeze)
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(
                    errors="backslashreplace"
                )  # a name that the terminal's encoding lacks is no reason to fail
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        # Of a command that is named, its own module alone is loaded.
        parsed = make_parser(
            program, [name for name in given[:1] if name in COMMANDS] or COMMANDS
        ).parse_args(given)
    except SystemExit as stop:
        return int(stop.code or 0)
    _log_to_stderr()
    try:
        status = int(parsed.run(parsed))
        sys.stdout.flush()
        return status
    except (UsageError, SettingsError) as error:
        _print_error(program, str(error))
        return 2
    except ProvenanceError as error:
        _print_error(program, str(error))
        return 1
    except BrokenPipeError:
        # The reader of our output has gone ("| head"): nothing is wrong, and nobody to tell.
        _discard_output()
        return 1
    except OSError as error:
        _discard_output()
        _print_error(
            program,
            f"The output cannot be written or a file cannot be read: {error.strerror or type(error).__name__}.",
        )
        return 1
    except KeyboardInterrupt:
        return 130


def make_parser(program: str, names: Iterable[str] = COMMANDS) -> argparse.ArgumentParser:
    """The parser with these commands; each module in this folder named as its command adds its own."""
    parser = argparse.ArgumentParser(
        prog=program,
        description="Where conda packages come from (CEP 31): stamp it when they are built, show it afterwards.",
        epilog="Exit status: 0 done, 1 the answer is no, 2 used wrongly.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"conda-provenance {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name in names:
        import_module(f"conda_provenance.cli.{name}").add_parser(commands, program)
    return parser


def add_command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    *,
    help: str,
    description: str,
    examples: str,
) -> argparse.ArgumentParser:
    """A command's own parser, its examples below the options."""
    return commands.add_parser(
        name,
        help=help,
        description=description,
        epilog=f"examples:\n{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def _print_error(program: str, message: str) -> None:
    from conda_provenance.cli.render import MAX_ERROR, escaped

    print(f"{program}: {escaped(message, MAX_ERROR)}", file=sys.stderr)


def _discard_output() -> None:
    # Python writes what is left at its end, and would report that it cannot.
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _log_to_stderr() -> None:
    """Warnings of ours as one line each; whatever the surrounding program has set up stays."""
    log = logging.getLogger("conda_provenance")
    if not log.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(message)s"))
        log.addHandler(handler)
        log.propagate = False


if __name__ == "__main__":
    sys.exit(main())
