"""The command line of rattler-build: its recipes, and the flags that stamp its packages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from conda_provenance.builders.common_stamp import collect_common, recipes_among
from conda_provenance.builders.launchers import Program
from conda_provenance.builders.options import (
    first_plain_word,
    option_values,
    split_pair,
    without_option,
)
from conda_provenance.builders.plan import Plan
from conda_provenance.settings import Settings
from conda_provenance.values import KEYS

_GLOBAL_OPTIONS = frozenset({"--log-style", "--wrap-log-lines", "--config-file", "--color"})
"""Options before the subcommand whose value is the next word."""

_MAX_RECIPES = 1000


def plan_rattler_build(command: Sequence[str], program: Program, settings: Settings) -> Plan:
    """Add ``--extra-meta`` flags to ``rattler-build build`` and ``publish``.

    rattler-build takes one pair a flag, splits it at its first ``=``, and lets the last one win.
    """
    subcommand = first_plain_word(command, program.index + 1, _GLOBAL_OPTIONS)
    if subcommand is None or command[subcommand] not in ("build", "publish"):
        return Plan(tuple(command))

    head, tail = command[: subcommand + 1], command[subcommand + 1 :]
    given = dict(split_pair(pair) for pair in option_values(tail, "--extra-meta") if "=" in pair)
    common = collect_common(_recipes(tail), given, settings)

    # Our keys are taken out of the user's flags, and are given again, cleaned.
    rest = without_option(tail, "--extra-meta", _is_ours)
    pairs = {**common.values, **dict.fromkeys(common.silenced, "")}
    flags = [word for key, value in pairs.items() for word in ("--extra-meta", f"{key}={value}")]
    return common.plan([*head, *flags, *rest])


def _is_ours(pair: str) -> bool:
    return "=" in pair and split_pair(pair)[0] in KEYS


def _recipes(tail: Sequence[str]) -> list[Path]:
    folders = option_values(tail, "--recipe-dir")
    if folders:
        return [recipe for folder in folders for recipe in _recipes_below(Path(folder))]

    given = [*option_values(tail, "-r"), *option_values(tail, "--recipe")]
    # "publish" takes recipes as plain words too. Without any, the current folder is built.
    return [Path(place) for place in given] or recipes_among(tail) or [Path()]


def _recipes_below(folder: Path) -> list[Path]:
    names = ("recipe.yaml", "recipe.yml")
    recipes = sorted(path for name in names for path in folder.rglob(name))
    return recipes[:_MAX_RECIPES] or [folder / "recipe.yaml"]
