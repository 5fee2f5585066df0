"""What conda's plugin manager imports and calls at every command: nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conda.base.context import context
from conda.plugins import hookimpl

from conda_provenance.builders import activate

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from conda.plugins.types import CondaSetting, CondaSubcommand

if not context.no_plugins:
    # conda-build's script imports the plugins that CONDA_NO_PLUGINS forbids.
    activate()


@hookimpl  # type: ignore[untyped-decorator]
def conda_subcommands() -> Iterator[CondaSubcommand]:
    """``conda provenance``: the same as the ``conda-provenance`` command."""
    from conda.plugins.types import CondaSubcommand

    yield CondaSubcommand(
        name="provenance",
        summary="Show where conda packages come from: commit, repository and CI run.",
        action=_run,
        configure_parser=_configure,
    )


@hookimpl  # type: ignore[untyped-decorator]
def conda_settings() -> Iterator[CondaSetting]:
    """The condarc keys below ``plugins:``."""
    from conda.plugins.types import CondaSetting

    from conda_provenance.condarc import SETTINGS

    for setting in SETTINGS:
        yield CondaSetting(
            name=setting.name,
            description=setting.description,
            parameter=setting.conda_parameter(),
        )


def _configure(parser: ArgumentParser) -> None:
    """Describe our commands to conda, which calls this at every command."""
    from conda_provenance.cli.parser import configure

    configure(parser)


def _run(arguments: Namespace) -> int:
    """Run the command that conda has parsed with our parser."""
    from conda_provenance.cli.main import run_parsed

    return run_parsed(arguments, "conda provenance")
