"""The command line of conda-build: it is started with the plugin, or gets ``--extra-meta``."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec

from conda_provenance.builders import conda_build_script
from conda_provenance.builders.common_stamp import CommonStamp, collect_common, recipes_among
from conda_provenance.builders.launchers import Program
from conda_provenance.builders.options import split_pair
from conda_provenance.builders.plan import Plan
from conda_provenance.settings import Settings
from conda_provenance.values import KEYS

_FLAG = "--extra-meta"


def plan_conda_build(command: Sequence[str], program: Program, settings: Settings) -> Plan:
    """Start ``conda-build`` with the plugin active, or add ``--extra-meta`` to its command line.

    The plugin can only be active in a conda-build of the environment that we run in.
    """
    arguments = program.index + (1 if program.name == "conda-build" else 2)
    if not _is_of_our_environment(command, program):
        return _plan_flag(command[:arguments], command[arguments:], settings)

    if program.name != "conda-build":
        return Plan(tuple(command))  # "conda build" loads the plugin itself

    launchers = command[: program.index]
    script = (sys.executable, conda_build_script.__file__)
    return Plan((*launchers, *script, *command[arguments:]))


def _plan_flag(head: Sequence[str], tail: Sequence[str], settings: Settings) -> Plan:
    pairs, rest = _split_extra_meta(tail)
    given = dict(split_pair(pair) for pair in pairs if "=" in pair)
    common = collect_common(recipes_among(rest), given, settings)

    impossible = [key for key, value in common.values.items() if "=" in value]
    flag = _flag(pairs, common, impossible)
    made = common.plan([*head, *rest, *flag], leave_out=impossible)
    if impossible:
        left_out = (
            f"{', '.join(impossible)} is left out: "
            "conda-build's --extra-meta takes no value with '='."
        )
        made = replace(made, warnings=(*made.warnings, left_out))

    if any(recipe.name.startswith("recipe.") for recipe in common.recipes):
        lost = "conda-build loses --extra-meta for a recipe.yaml"
        remedy = f"{lost}: install conda-provenance beside it to have the package stamped."
        return replace(
            made,
            added={},
            provided=frozenset(),
            warnings=(*made.warnings, remedy),
            uncertain=lost,
        )
    return made


def _flag(pairs: Sequence[str], common: CommonStamp, leave_out: Sequence[str]) -> list[str]:
    """conda-build's one ``--extra-meta``, with the user's pairs and ours."""
    given = {split_pair(pair)[0] for pair in pairs}
    kept = [pair for pair in pairs if split_pair(pair)[0] not in KEYS]
    ours = [f"{key}={value}" for key, value in common.values.items() if key not in leave_out]
    # Only an empty value can take the place of what stands in the recipe.
    ours += [f"{key}=" for key in common.silenced if key not in given]
    return [_FLAG, *kept, *ours] if kept or ours else []


def _split_extra_meta(tail: Sequence[str]) -> tuple[list[str], list[str]]:
    """The pairs of the last ``--extra-meta``, and the words without any ``--extra-meta``.

    The last one replaces those before it. conda-build's argparse takes every plain word after the
    flag, or one word after its ``=``, and abbreviations of the flag down to ``--extra-m``.
    """
    pairs: list[str] = []
    rest: list[str] = []
    index = 0
    while index < len(tail):
        word = tail[index]
        index += 1
        name, equals, value = word.partition("=")
        if not (len(name) >= len("--extra-m") and _FLAG.startswith(name)):
            rest.append(word)
            continue

        pairs = [value] if equals else []
        while not equals and index < len(tail) and not tail[index].startswith("-"):
            pairs.append(tail[index])
            index += 1
    return pairs, rest


def _is_of_our_environment(command: Sequence[str], program: Program) -> bool:
    """Is the program a script of the environment that this package runs in?"""
    script = None if program.foreign else shutil.which(command[program.index])
    if not script or (find_spec("conda_build") is None and find_spec("conda") is None):
        return False

    folders = ("bin", "Scripts", "condabin", "Library/bin")
    ours = {os.path.realpath(os.path.join(sys.prefix, folder)) for folder in folders}
    return os.path.realpath(os.path.dirname(script)) in ours
