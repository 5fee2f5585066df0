"""Builders that are commands: what to add to a command line so that its packages are stamped."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from conda_provenance.builders import conda_build_script, launchers
from conda_provenance.errors import ProvenanceError, RequirementError
from conda_provenance.origin import EXTRA_META, RECIPE, Origin
from conda_provenance.recipes import NAMES, RecipeExtra, find_recipe, read_extra
from conda_provenance.values import KEYS

Find = Callable[[Path, dict[str, str], RecipeExtra], Origin]
"""Collects for a recipe, given the user's ``--extra-meta`` and the recipe's own ``extra``."""

_GLOBAL_VALUES = frozenset({"--log-style", "--wrap-log-lines", "--config-file", "--color"})
_MAX_RECIPES = 1000


@dataclass(frozen=True, slots=True)
class Plan:
    """A command line to run instead of the given one."""

    command: tuple[str, ...]
    added: Mapping[str, str] = field(default_factory=dict)
    """The values the builder is told on its command line."""
    provided: frozenset[str] = frozenset()
    """Keys that every recipe has by itself."""
    origins: tuple[Origin, ...] = ()
    warnings: tuple[str, ...] = ()
    uncertain: str = ""
    """Why it cannot be said that the packages will be stamped as required; empty where the builder itself sees to it."""

    def require(self, required: Sequence[str]) -> None:
        """Raise :class:`RequirementError` for a required key that this command line does not bring into the packages."""
        for key in required:
            if not self.uncertain or self.added.get(key) or key in self.provided:
                continue
            why = next(
                (origin.missing[key] for origin in self.origins if origin.missing.get(key)),
                self.uncertain,
            )
            raise RequirementError(
                f"{key} is required (plugins.provenance_required) but missing: {why}; "
                f"give it with the builder's --extra-meta {key}=VALUE."
            )


def plan(command: Sequence[str], find: Find, fields: Sequence[str]) -> Plan:
    """The command line that builds what ``command`` builds, stamped; ``command`` itself where no builder is recognised.

    ``fields`` are the keys to write. A builder is recognised behind a launcher as well: ``pixi exec rattler-build build …``.
    """
    program = launchers.find_program(command, ("rattler-build", "conda-build"))
    if program is None:
        # "conda build" is a program too, where "conda run" is a launcher.
        program = launchers.find_program(command, ("conda", "mamba"))
    if program is not None:
        if program.name == "rattler-build":
            index = launchers.subcommand(command, program.index + 1, _GLOBAL_VALUES)
            if index is None or command[index] not in ("build", "publish"):
                return Plan(tuple(command))
            return _plan_rattler_build(command, index + 1, find, fields)
        if program.name == "conda-build":
            return _plan_conda_build(command, program, program.index + 1, find, fields)
        if list(command[program.index + 1 : program.index + 2]) == ["build"]:
            return _plan_conda_build(command, program, program.index + 2, find, fields)
    unknown = "No builder is recognised in the command: it runs as it is, and stamps only where this plugin lies beside the builder."
    return Plan(
        tuple(command), warnings=(unknown,), uncertain="no builder is recognised in the command"
    )


def _plan_rattler_build(
    command: Sequence[str], start: int, find: Find, fields: Sequence[str]
) -> Plan:
    """rattler-build takes one pair a flag, splits it at the first ``=``, and lets the last win."""
    head, tail = list(command[:start]), list(command[start:])
    given = dict(
        pair.partition("=")[::2]
        for pair in launchers.option_values(tail, "--extra-meta")
        if "=" in pair
    )
    common = _collect(_rattler_build_recipes(tail), given, find, fields)
    # Our keys are taken out of the user's flags and given again, cleaned.
    tail = launchers.without_option(
        tail, "--extra-meta", lambda pair: "=" in pair and pair.partition("=")[0] in KEYS
    )
    pairs = common.stamp | dict.fromkeys(common.silenced, "")
    flags = [word for key, value in pairs.items() for word in ("--extra-meta", f"{key}={value}")]
    return common.plan((*head, *flags, *tail))


def _rattler_build_recipes(tail: Sequence[str]) -> list[Path]:
    folders = launchers.option_values(tail, "--recipe-dir")
    if folders:
        return [path for folder in folders for path in _recipes_below(Path(folder))]
    given = [
        Path(value) for name in ("-r", "--recipe") for value in launchers.option_values(tail, name)
    ]
    # "publish" takes recipes as plain words too.
    return given or _plain_recipes(tail) or [Path()]


def _recipes_below(folder: Path) -> list[Path]:
    found = sorted(path for name in ("recipe.yaml", "recipe.yml") for path in folder.rglob(name))
    return found[:_MAX_RECIPES] or [folder / "recipe.yaml"]


def _plan_conda_build(
    command: Sequence[str],
    program: launchers.Program,
    start: int,
    find: Find,
    fields: Sequence[str],
) -> Plan:
    """Beside this package conda-build is started with the plugin active; elsewhere it is told by its flag."""
    script = None if program.foreign else shutil.which(command[program.index])
    if script and _is_beside(script):
        if program.name != "conda-build":
            return Plan(tuple(command))  # "conda build" loads the plugin itself
        return Plan(
            (
                *command[: program.index],
                sys.executable,
                conda_build_script.__file__,
                *command[start:],
            )
        )
    head, tail = list(command[:start]), list(command[start:])
    given, tail = _without_extra_meta(tail)
    common = _collect(
        _plain_recipes(tail),
        dict(pair.partition("=")[::2] for pair in given if "=" in pair),
        find,
        fields,
    )
    odd = [key for key, value in common.stamp.items() if "=" in value]
    kept = [pair for pair in given if pair.partition("=")[0] not in KEYS]
    flags = kept + [f"{key}={value}" for key, value in common.stamp.items() if key not in odd]
    made = common.plan((*head, *tail, *(["--extra-meta", *flags] if flags else [])), leave_out=odd)
    warnings = made.warnings
    if odd:
        warnings += (
            f"conda-build's --extra-meta takes no value with '=': {', '.join(odd)} is left out.",
        )
    if any(recipe.name.startswith("recipe.") for recipe in common.recipes):
        lost = "conda-build loses --extra-meta for a recipe.yaml"
        warnings += (f"{lost}: install conda-provenance beside it to have the package stamped.",)
        return Plan(made.command, origins=made.origins, warnings=warnings, uncertain=lost)
    return Plan(made.command, made.added, made.provided, made.origins, warnings, made.uncertain)


def _without_extra_meta(tail: Sequence[str]) -> tuple[list[str], list[str]]:
    """The pairs of the last ``--extra-meta``, which replaces those before it, and the words without any of them.

    argparse takes every plain word behind the flag, one word behind its ``=``, and abbreviations down to ``--extra-m``.
    """
    pairs: list[str] = []
    kept: list[str] = []
    index = 0
    while index < len(tail):
        name, equals, value = tail[index].partition("=")
        index += 1
        if not (len(name) >= len("--extra-m") and "--extra-meta".startswith(name)):
            kept.append(tail[index - 1])
            continue
        pairs = [value] if equals else []
        while not equals and index < len(tail) and not tail[index].startswith("-"):
            pairs.append(tail[index])
            index += 1
    return pairs, kept


def _plain_recipes(tail: Sequence[str]) -> list[Path]:
    """The words that are recipes or folders with one. Values of options are no recipes unless they are named like one."""
    found = []
    for word in tail:
        path = Path(word)
        if not word.startswith("-") and path.exists():
            recipe = find_recipe(path)
            if recipe.is_file() and recipe.name in NAMES:
                found.append(path)
    return found


@dataclass(slots=True)
class _Common:
    """What holds for all recipes of one command."""

    recipes: list[Path] = field(default_factory=list)
    origins: list[Origin] = field(default_factory=list)
    stamp: dict[str, str] = field(default_factory=dict)
    """Values to give."""
    silenced: list[str] = field(default_factory=list)
    """Keys whose given value must not be written."""
    provided: frozenset[str] = frozenset()
    warnings: list[str] = field(default_factory=list)

    def plan(self, command: tuple[str, ...], leave_out: Iterable[str] = ()) -> Plan:
        added = {key: value for key, value in self.stamp.items() if key not in leave_out}
        why = (
            "the recipes differ in it: build them one by one"
            if len(self.origins) > 1
            else "the command line cannot carry it"
        )
        if not self.origins:
            why = "the recipe is not found from here"
        return Plan(command, added, self.provided, tuple(self.origins), tuple(self.warnings), why)


def _collect(
    places: Sequence[Path], given: dict[str, str], find: Find, fields: Sequence[str]
) -> _Common:
    common = _Common()
    stamps: list[dict[str, str]] = []
    own: list[set[str]] = []
    silenced: set[str] = set()
    templated: set[str] = set()
    for place in places:
        try:
            recipe = find_recipe(place)
        except ProvenanceError:
            recipe = place
        if not recipe.is_file():
            # A path within a container, or a mistake that the builder reports: what lies here is not what is built.
            common.warnings.append(
                f"There is no recipe at {str(place)!r} as seen from here: nothing is added for it."
            )
            return _Common(warnings=common.warnings)
        extra = read_extra(recipe)
        origin = find(recipe, given, extra)
        common.recipes.append(recipe)
        common.origins.append(origin)
        templated |= extra.templated
        values = origin.stamp(fields)
        silenced |= {
            key for key in KEYS if (key in given or key in extra.values) and key not in values
        }
        # What the recipe says clean itself needs no flag.
        clean = {
            key
            for key, source in origin.sources.items()
            if source == RECIPE and extra.values.get(key) == values.get(key)
        }
        own.append({key for key in clean if values.get(key)} | (extra.templated - given.keys()))
        stamps.append({key: value for key, value in values.items() if key not in clean})
    if not stamps:
        return common
    first = stamps[0]
    common.stamp = {
        key: value
        for key, value in first.items()
        if all(other.get(key) == value for other in stamps)
    }
    common.provided = frozenset.intersection(*map(frozenset, own))
    differing = sorted({key for stamp in stamps for key in stamp} - common.stamp.keys())
    if differing:
        common.warnings.append(
            f"The recipes differ in {', '.join(differing)}, which one command cannot tell apart: build them one by one."
        )
        if "sha" in differing or "remote_url" in differing:
            common.stamp = {
                key: value
                for key, value in common.stamp.items()
                if key not in ("sha", "remote_url")
            }
    # The recipe's template goes before what is found here, and only the builder can evaluate it.
    sources = common.origins[0].sources
    common.stamp = {
        key: value
        for key, value in common.stamp.items()
        if key not in templated or sources.get(key) == EXTRA_META
    }
    common.silenced = sorted(silenced - common.stamp.keys())
    return common


def _is_beside(script: str) -> bool:
    """Is this program of the environment that this package runs in?"""
    if find_spec("conda_build") is None and find_spec("conda") is None:
        return False
    places = {
        os.path.realpath(os.path.join(sys.prefix, folder))
        for folder in ("bin", "Scripts", "condabin", "Library/bin")
    }
    return os.path.realpath(os.path.dirname(script)) in places
