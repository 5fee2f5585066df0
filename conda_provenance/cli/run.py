"""``run``: another builder's command, stamped; its status, signals and output are its own."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
from collections.abc import Sequence

from conda_provenance.builders.command import plan
from conda_provenance.cli.main import add_command
from conda_provenance.errors import UsageError
from conda_provenance.plugins import provider_names
from conda_provenance.settings import Settings, load_settings


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser], program: str) -> None:
    parser = add_command(
        commands,
        "run",
        help="run a builder's command so that its packages are stamped",
        description="Run a builder's command so that its packages are stamped: rattler-build gets the --extra-meta flags "
        "you have not given, conda-build is started with the plugin active. Everything else passes through.",
        examples=f"""  {program} run -- rattler-build build -r recipe.yaml
  {program} run -- pixi exec rattler-build build -r recipe.yaml
  {program} run -- conda-build recipe --override-channels -c conda-forge""",
    )
    parser.add_argument(
        "command", nargs=argparse.REMAINDER, metavar="-- COMMAND ...", help="the command, after --"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    command = arguments.command[1:] if arguments.command[:1] == ["--"] else arguments.command
    if not command:
        raise UsageError(
            "There is no command to run: give it after --, as in 'run -- rattler-build build -r recipe.yaml'."
        )
    if shutil.which(command[0]) is None:
        raise UsageError(f"The command {command[0]!r} is not found: is its environment activated?")
    settings = load_settings(os.environ, provider_names)
    if settings.enabled:
        command = _stamped(command, settings)
    return _replace(command)


def _stamped(command: Sequence[str], settings: Settings) -> Sequence[str]:
    made = plan(command, settings)
    made.require(settings.required)
    for warning in made.warnings:
        print(f"conda-provenance: warning: {warning}", file=sys.stderr)
    if made.added:
        print(
            "conda-provenance: stamping "
            + " ".join(f"{key}={value}" for key, value in made.added.items()),
            file=sys.stderr,
        )
    return made.command


def _replace(command: Sequence[str]) -> int:
    """Become the command where the system allows it: then its signals and status need no passing on."""
    program = shutil.which(command[0]) or command[0]
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name == "posix":
        for name in (
            "SIGPIPE",
            "SIGXFSZ",
        ):  # Python ignores these, and what is ignored is inherited
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), signal.SIG_DFL)
        try:
            os.execv(program, list(command))
        except OSError as error:
            raise UsageError(
                f"The command {command[0]!r} cannot be started: {error.strerror}."
            ) from None
    import subprocess

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the command as well; it decides
    return subprocess.call([program, *command[1:]])
