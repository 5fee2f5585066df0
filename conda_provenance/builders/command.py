"""Builders that are commands: what to add to a command line so that its packages are stamped."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from conda_provenance.collect import EXTRA_META, RECIPE, Finding
from conda_provenance.errors import ProvenanceError, RequirementError
from conda_provenance.provenance import KEYS
from conda_provenance.recipes import RecipeExtra, find_recipe, read_extra

Find = Callable[[Path, dict[str, str], RecipeExtra], Finding]
"""Collects for a recipe, given the user's ``--extra-meta`` and the recipe's own ``extra``."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A command line to run instead of the given one."""

    command: tuple[str, ...]
    added: dict[str, str]
    """The values the builder is told on its command line."""
    findings: tuple[Finding, ...] = ()
    warnings: tuple[str, ...] = ()


def plan(command: Sequence[str], find: Find, fields: Sequence[str]) -> Plan:
    """The command line that builds what ``command`` builds, stamped; ``command`` itself where no builder is recognised.

    ``fields`` are the keys to write. A builder is recognised behind a launcher as well: ``pixi exec rattler-build build …``.
    """
    for index, word in enumerate(command):
        name = os.path.basename(word.replace("\\", "/")).lower().removesuffix(".exe")
        rest = command[index + 1 :]
        if name == "rattler-build" and "build" in rest:
            return _plan_rattler_build(command, index + 1 + rest.index("build") + 1, find, fields)
        if name == "conda-build":
            return _plan_conda_build(command, index, index + 1, find, fields)
        if name in ("conda", "mamba") and list(rest[:1]) == ["build"]:
            return _plan_conda_build(command, index, index + 2, find, fields)
    message = (
        "No builder is recognised in the command: it runs as it is, and stamps only where this plugin lies beside the builder."
    )
    return Plan(tuple(command), {}, warnings=(message,))


def _plan_rattler_build(command: Sequence[str], start: int, find: Find, fields: Sequence[str]) -> Plan:
    """rattler-build takes one pair a flag, splits it at the first ``=``, and lets the last win."""
    head, tail = list(command[:start]), list(command[start:])
    places = [Path(value) for name in ("-r", "--recipe", "--recipe-dir") for value in _values(tail, name)] or [Path()]
    given = dict(pair.partition("=")[::2] for pair in _values(tail, "--extra-meta"))
    stamp, removed, findings, warnings = _collect(places, given, find, fields)
    # Our keys are taken out of the user's flags and given again, cleaned.
    tail = _without(tail, "--extra-meta", lambda pair: pair.partition("=")[0] in KEYS)
    flags = [word for key, value in (stamp | dict.fromkeys(removed, "")).items() for word in ("--extra-meta", f"{key}={value}")]
    return Plan((*head, *flags, *tail), stamp, findings, warnings)


def _plan_conda_build(command: Sequence[str], program: int, start: int, find: Find, fields: Sequence[str]) -> Plan:
    """Beside this package conda-build is started with the plugin active; elsewhere it is told by its flag."""
    script = shutil.which(command[program])
    if script and _is_beside(script):
        if start == program + 2 or program > 0:
            return Plan(tuple(command), {})  # "conda build" loads the plugin itself
        return Plan((sys.executable, "-m", "conda_provenance.builders.launch", *command[start:]), {})
    head, tail = list(command[:start]), list(command[start:])
    places = [
        Path(word) for word in tail if not word.startswith("-") and os.path.exists(word) and find_recipe(Path(word)).is_file()
    ]
    # A second flag replaces the first, so that there must be one; a value with "=" crashes conda-build.
    last = max((index for index, word in enumerate(tail) if word == "--extra-meta"), default=len(tail))
    end = next((index for index in range(last + 1, len(tail)) if tail[index].startswith("-")), len(tail))
    given = dict(pair.partition("=")[::2] for pair in tail[last + 1 : end])
    stamp, _removed, findings, warnings = _collect(places, given, find, fields)
    if any(find_recipe(place).name.startswith("recipe.") for place in places):
        warnings += (
            "conda-build loses --extra-meta for a recipe.yaml: install conda-provenance beside it to have the package stamped.",
        )
    pairs = {key: value for key, value in given.items() if key not in KEYS} | stamp
    odd = [key for key, value in pairs.items() if key in KEYS and "=" in value]
    if odd:
        warnings += (f"conda-build's --extra-meta takes no value with '=': {', '.join(odd)} is left out.",)
    flags = [f"{key}={value}" for key, value in pairs.items() if key not in odd]
    return Plan((*head, *tail[:last], *tail[end:], *(["--extra-meta", *flags] if flags else [])), stamp, findings, warnings)


def _collect(
    places: Sequence[Path], given: dict[str, str], find: Find, fields: Sequence[str]
) -> tuple[dict[str, str], list[str], tuple[Finding, ...], tuple[str, ...]]:
    """What holds for all recipes of one command: the values to give, the keys to silence, all findings, and warnings."""
    findings: list[Finding] = []
    stamps: list[dict[str, str]] = []
    silenced: set[str] = set()
    templated: set[str] = set()
    for place in places:
        try:
            recipe = find_recipe(place)
        except ProvenanceError:
            continue  # the builder says so itself, in its own words
        extra = read_extra(recipe)
        finding = find(recipe, given, extra)
        findings.append(finding)
        templated |= extra.templated
        values = finding.stamp(fields)
        silenced |= {key for key in KEYS if (key in given or key in extra.values) and key not in values}
        stamps.append(
            {
                key: value
                for key, value in values.items()
                # What the recipe says clean itself needs no flag.
                if finding.sources.get(key) != RECIPE or extra.values.get(key) != value
            }
        )
    warnings: tuple[str, ...] = ()
    common = {
        key: value for key, value in (stamps[0] if stamps else {}).items() if all(other.get(key) == value for other in stamps)
    }
    differing = sorted({key for stamp in stamps for key in stamp} - common.keys())
    if differing:
        warnings = (f"The recipes differ in {', '.join(differing)}, which one command cannot tell apart: build them one by one.",)
        if "sha" in differing or "remote_url" in differing:
            common = {key: value for key, value in common.items() if key not in ("sha", "remote_url")}
    common = {key: value for key, value in common.items() if key not in templated or findings[0].sources.get(key) == EXTRA_META}
    return common, sorted(silenced - common.keys()), tuple(findings), warnings


def require_common(plan: Plan, required: Sequence[str]) -> None:
    """Raise :class:`RequirementError` if recipes that differ left a required key out of the command line."""
    if len(plan.findings) > 1:
        for key in required:
            if key not in plan.added:
                raise RequirementError(
                    f"{key} is required (plugins.provenance_required), but the recipes differ in it: build them one by one."
                )


def _is_beside(script: str) -> bool:
    """Is this program of the environment that this package runs in?"""
    if find_spec("conda_build") is None and find_spec("conda") is None:
        return False
    places = {os.path.realpath(os.path.join(sys.prefix, folder)) for folder in ("bin", "Scripts", "condabin", "Library/bin")}
    return os.path.realpath(os.path.dirname(script)) in places


def _values(words: Sequence[str], option: str) -> list[str]:
    """The values of an option in both spellings, ``--option value`` and ``--option=value`` (``-ovalue``)."""
    found = []
    for index, word in enumerate(words):
        if word == option and index + 1 < len(words):
            found.append(words[index + 1])
        elif option.startswith("--") and word.startswith(option + "="):
            found.append(word[len(option) + 1 :])
        elif not option.startswith("--") and word.startswith(option) and not word.startswith("--") and len(word) > 2:
            found.append(word[2:].removeprefix("="))
    return found


def _without(words: Sequence[str], option: str, drop: Callable[[str], bool]) -> list[str]:
    """``words`` without the occurrences of ``option`` whose value is to be dropped."""
    kept: list[str] = []
    index = 0
    while index < len(words):
        word = words[index]
        if word == option and index + 1 < len(words) and drop(words[index + 1]):
            index += 2
        elif word.startswith(option + "=") and drop(word[len(option) + 1 :]):
            index += 1
        else:
            kept.append(word)
            index += 1
    return kept
