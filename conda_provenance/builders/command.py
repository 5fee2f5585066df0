"""Recognises the builder that a command line starts, and plans how its packages are stamped."""

from __future__ import annotations

from collections.abc import Sequence

from conda_provenance.builders.conda_build_command import plan_conda_build
from conda_provenance.builders.launchers import find_program
from conda_provenance.builders.pixi_command import plan_pixi
from conda_provenance.builders.plan import Plan
from conda_provenance.builders.rattler_build_command import plan_rattler_build
from conda_provenance.errors import RequirementError, SettingsError
from conda_provenance.log import logger
from conda_provenance.settings import Settings


def plan(command: Sequence[str], settings: Settings) -> Plan:
    """The command line to run in place of ``command``, so that its packages are stamped.

    The builder may stand after a launcher, as in ``pixi exec rattler-build build``. If no builder
    is recognised, or if we fail, ``command`` runs as it is. Raises :class:`RequirementError` if a
    recipe's folder must be clean and is not, or if we cannot find out whether it is.
    """
    try:
        return _plan(command, settings)
    except (RequirementError, SettingsError):
        raise
    except Exception as error:
        logger().debug("Why the command runs as it is", exc_info=error)
        return _plan_nothing(command, settings, type(error).__name__)


def _plan_nothing(command: Sequence[str], settings: Settings, failure: str) -> Plan:
    if settings.dirty == "error":
        raise RequirementError(
            f"Whether the recipe's folder is clean cannot be found out ({failure}), "
            "and plugins.provenance_dirty is error."
        )

    uncertain = f"the command cannot be examined ({failure})"
    warning = f"The command runs as it is, and its packages may stay unstamped: {uncertain}."
    return Plan(tuple(command), warnings=(warning,), uncertain=uncertain)


def _plan_unknown(command: Sequence[str]) -> Plan:
    warning = (
        "No builder is recognised in the command, so it runs as it is. Its packages are "
        "stamped only if conda-provenance is installed in the builder's environment."
    )
    return Plan(
        tuple(command),
        warnings=(warning,),
        uncertain="no builder is recognised in the command",
    )


def _plan(command: Sequence[str], settings: Settings) -> Plan:
    program = find_program(command, ("rattler-build", "conda-build"))
    if program is None:
        # After the others: "conda build" is a program, but "conda run" is a launcher.
        program = find_program(command, ("conda", "mamba"), "build")
    if program is None:
        return plan_pixi(command) or _plan_unknown(command)

    if program.name == "rattler-build":
        return plan_rattler_build(command, program, settings)
    return plan_conda_build(command, program, settings)
