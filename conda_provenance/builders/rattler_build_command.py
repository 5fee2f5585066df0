"""The command line of rattler-build: its recipes, and the flags that stamp its packages."""

from __future__ import annotations

from collections.abc import Sequence

from conda_provenance.builders.common_stamp import collect_common
from conda_provenance.builders.folder_search import MAX_FOLDERS, TooManyFolders
from conda_provenance.builders.launchers import Program
from conda_provenance.builders.options import (
    first_plain_word,
    option_values,
    split_pair,
    without_option,
)
from conda_provenance.builders.plan import Plan
from conda_provenance.builders.rattler_build_recipes import (
    BUILDERS,
    MAX_RECIPES,
    TooManyRecipes,
    built_recipes,
)
from conda_provenance.errors import RequirementError
from conda_provenance.settings import Settings
from conda_provenance.values import KEYS

_GLOBAL_OPTIONS = frozenset({"--log-style", "--wrap-log-lines", "--config-file", "--color"})
"""Options before the subcommand whose value is the next word."""


def plan_rattler_build(command: Sequence[str], program: Program, settings: Settings) -> Plan:
    """Add ``--extra-meta`` flags to a ``rattler-build`` command that builds recipes.

    rattler-build takes one pair a flag, splits it at its first ``=``, and lets the last one win.
    """
    index = first_plain_word(command, program.index + 1, _GLOBAL_OPTIONS)
    subcommand = "" if index is None else command[index]
    if index is None or subcommand not in BUILDERS:
        return _plan_rebuild(command) if subcommand == "rebuild" else Plan(tuple(command))

    head, tail = command[: index + 1], command[index + 1 :]
    try:
        recipes = built_recipes(subcommand, tail)
    except (TooManyFolders, TooManyRecipes):
        return _plan_too_many(command, settings)
    if recipes is None:
        return Plan(tuple(command))

    given = dict(split_pair(pair) for pair in option_values(tail, "--extra-meta") if "=" in pair)
    common = collect_common(recipes, given, settings)

    # Our keys are taken out of the user's flags, and are given again, cleaned.
    rest = without_option(tail, "--extra-meta", _is_ours)
    pairs = {**common.values, **dict.fromkeys(common.silenced, "")}
    flags = [word for key, value in pairs.items() for word in ("--extra-meta", f"{key}={value}")]
    return common.plan([*head, *flags, *rest])


def _plan_rebuild(command: Sequence[str]) -> Plan:
    """The plan for ``rebuild``, which builds the recipe within a package once more."""
    why = "'rattler-build rebuild' takes no extra metadata"
    instead = "stamp the new package afterwards, with 'conda-provenance stamp'"
    warning = f"{why}: the new package says what the old one says. If that is wrong, {instead}."
    return Plan(tuple(command), warnings=(warning,), uncertain=why, remedy=instead)


def _plan_too_many(command: Sequence[str], settings: Settings) -> Plan:
    why = f"there are more than {MAX_RECIPES} recipes, or {MAX_FOLDERS} folders to search"
    if settings.dirty == "error":
        raise RequirementError(
            f"Whether the recipes' folders are clean is not looked up, because {why}, "
            "and plugins.provenance_dirty is error."
        )

    warning = f"The command runs as it is and its packages stay unstamped: {why}."
    return Plan(
        tuple(command), warnings=(warning,), uncertain=why, remedy="build them in several commands"
    )


def _is_ours(pair: str) -> bool:
    return "=" in pair and split_pair(pair)[0] in KEYS
