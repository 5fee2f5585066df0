"""What conda's plugin manager imports and calls at every command: nothing heavy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar, cast

from conda.base.context import context
from conda.plugins import hookimpl
from conda.plugins.hookspec import CondaSpecs

from conda_provenance.builders import activate

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from conda.plugins.types import (
        CondaHealthCheck,
        CondaPreCommand,
        CondaPreTransactionAction,
        CondaSetting,
        CondaSubcommand,
    )

Hook = TypeVar("Hook", bound="Callable[..., object]")

_hook = cast("Callable[[Hook], Hook]", hookimpl)

if not context.no_plugins:
    # conda-build's script imports the plugins that CONDA_NO_PLUGINS forbids.
    activate()


@_hook
def conda_subcommands() -> Iterator[CondaSubcommand]:
    """``conda provenance``: the same as the ``conda-provenance`` command."""
    from conda.plugins.types import CondaSubcommand

    yield CondaSubcommand(
        name="provenance",
        summary="Show where conda packages come from: commit, repository and CI run.",
        action=_run,
        configure_parser=_configure,
    )


@_hook
def conda_settings() -> Iterator[CondaSetting]:
    """The condarc keys below ``plugins:``."""
    from conda.plugins.types import CondaSetting

    from conda_provenance.condarc import ALL_SETTINGS

    for setting in ALL_SETTINGS:
        yield CondaSetting(
            name=setting.name,
            description=setting.description,
            parameter=setting.conda_parameter(),
        )


@_hook
def conda_health_checks() -> Iterator[CondaHealthCheck]:
    """A check of ``conda doctor``: installed packages that do not say where they come from."""
    from conda_provenance.audit.doctor import health_check

    yield health_check()


@_hook
def conda_pre_transaction_actions() -> Iterator[CondaPreTransactionAction]:
    """The gate before installing. conda 25.5 and newer calls this before it links packages."""
    from conda_provenance.audit.install_hook import is_on, transaction_action

    if is_on(context):
        yield transaction_action()


if not hasattr(CondaSpecs, "conda_pre_transaction_actions"):

    @_hook
    def conda_pre_commands() -> Iterator[CondaPreCommand]:
        """conda before 25.5 has no place for the gate. Say so to those who asked for it."""
        from conda_provenance.audit.install_hook import warning_command

        yield warning_command(context)


def _configure(parser: ArgumentParser) -> None:
    """Describe our commands to conda, which calls this at every command."""
    from conda_provenance.cli.parser import configure

    configure(parser)


def _run(arguments: Namespace) -> int:
    """Run the command that conda has parsed with our parser."""
    from conda_provenance.cli.main import run_parsed

    return run_parsed(arguments, "conda provenance")
