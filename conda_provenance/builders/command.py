"""Builders that are commands: which one a command line starts, and how its packages are stamped."""

from __future__ import annotations

from collections.abc import Sequence

from conda_provenance.builders.conda_build_command import plan_conda_build
from conda_provenance.builders.launchers import find_program
from conda_provenance.builders.plan import Plan
from conda_provenance.builders.rattler_build_command import plan_rattler_build
from conda_provenance.settings import Settings


def plan(command: Sequence[str], settings: Settings) -> Plan:
    """The command line that builds what ``command`` builds, stamped.

    The builder may also stand after a launcher, as in ``pixi exec rattler-build build``. Where no
    builder is recognised, it is ``command`` itself.
    """
    program = find_program(command, ("rattler-build", "conda-build"))
    if program is None:
        # After the others: "conda build" is a program, but "conda run" is a launcher.
        program = find_program(command, ("conda", "mamba"))
        if program is not None and list(command[program.index + 1 :][:1]) != ["build"]:
            program = None

    if program is None:
        warning = (
            "No builder is recognised in the command: it runs as it is, "
            "and stamps only where this plugin lies beside the builder."
        )
        return Plan(
            tuple(command),
            warnings=(warning,),
            uncertain="no builder is recognised in the command",
        )

    if program.name == "rattler-build":
        return plan_rattler_build(command, program, settings)
    return plan_conda_build(command, program, settings)
