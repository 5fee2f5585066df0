"""``run``: runs a builder's command so that its packages are stamped.

The command's exit status, signals and output stay its own.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import sys
from argparse import Namespace
from collections.abc import Sequence

from conda_provenance.builders.command import plan
from conda_provenance.cli.output import Output
from conda_provenance.errors import UsageError
from conda_provenance.plugins import provider_names
from conda_provenance.settings import Settings, load_settings


def run(arguments: Namespace, output: Output) -> int:
    """Replace this process by the command. On Windows, run it and return its exit status."""
    words: Sequence[str] = arguments.words
    command = words[1:] if words[:1] == ["--"] else words
    if not command:
        raise UsageError(
            "There is no command to run: give it after --, "
            "as in 'run -- rattler-build build -r recipe.yaml'."
        )
    if shutil.which(command[0]) is None:
        raise UsageError(f"The command {command[0]!r} is not found: is its environment activated?")

    settings = load_settings(os.environ, provider_names)
    if settings.enabled:
        command = _stamped(command, settings, output)

    if output.verbose:
        output.note(f"running {shlex.join(command)}")
    return _replace(command)


def _stamped(command: Sequence[str], settings: Settings, output: Output) -> Sequence[str]:
    planned = plan(command, settings)
    planned.require(settings)
    for warning in planned.warnings:
        output.warn(warning)

    if planned.added:
        values = " ".join(f"{key}={value}" for key, value in planned.added.items())
        output.note(f"stamping {values}")

    return planned.command


def _replace(command: Sequence[str]) -> int:
    """Become the command if the system can. Then there is no signal or status to pass on."""
    program = shutil.which(command[0]) or command[0]
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name == "posix":
        _become(program, command)

    import subprocess

    # Ctrl-C reaches the command too. The command decides what to do with it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return subprocess.call([program, *command[1:]])


def _become(program: str, command: Sequence[str]) -> None:
    # Python ignores these signals, and the command would inherit that.
    for name in ("SIGPIPE", "SIGXFSZ"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)

    try:
        os.execv(program, list(command))
    except OSError as error:
        raise UsageError(
            f"The command {command[0]!r} cannot be started: {error.strerror}."
        ) from None
