"""Which keys ``stamp`` is to set, and to take out: from its options, and from a recipe."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Mapping
from typing import TypeAlias

from conda_provenance.cli.output import Output
from conda_provenance.errors import ProvenanceError, UsageError
from conda_provenance.values import KEYS, InvalidValue, clean

Changes: TypeAlias = Mapping[str, str | None]
"""The new value of each key to change. ``None`` takes the key out."""


def wanted_changes(arguments: Namespace, output: Output) -> Changes:
    """The keys to set, and to take out.

    What is given goes before what the recipe says. The recipe counts only if it is named, or if
    nothing else is asked for. A forced stamp takes out the keys that have no value, because those
    of a package would be of another origin.
    """
    options = {key: getattr(arguments, key) for key in KEYS}
    given = {key: _clean(key, value) for key, value in options.items() if value is not None}
    removed, kept = _named_keys(arguments, "remove", given), _named_keys(arguments, "keep", given)
    if both := sorted(removed & kept):
        raise UsageError(f"{both[0]} cannot be both removed and kept: give one option.")

    found: Mapping[str, str] = {}
    if arguments.recipe or not (given or removed):
        found = _find(arguments.recipe, output)

    known = {**found, **given}
    values = {key: known[key] for key in KEYS if key in known and key not in removed | kept}
    if values.get("sha") == "" and (values.get("remote_url") or "remote_url" in kept):
        raise UsageError(
            "An empty sha says that the recipe is not under version control, and then there is no "
            "remote_url: give the commit's full hash, or take one of the two out with --remove."
        )

    if not removed and not any(values.values()):
        raise ProvenanceError(
            "There is nothing to stamp: "
            "neither a commit, a repository nor a CI run is known or given."
        )

    is_replaced = arguments.force and (given or found)
    taken_out = set(KEYS) - values.keys() - kept if is_replaced else removed
    return {key: values.get(key) for key in KEYS if key in values or key in taken_out}


def _named_keys(arguments: Namespace, option: str, given: Mapping[str, str]) -> set[str]:
    """The keys that ``--keep`` or ``--remove`` names."""
    keys = names_of(getattr(arguments, option))
    if not keys <= set(KEYS):
        raise UsageError(f"--{option} takes one of {', '.join(KEYS)}.")

    if both := sorted(keys & given.keys()):
        value = f"--{both[0].replace('_', '-')}"
        raise UsageError(f"--{option} {both[0]} does not go with {value}: give one of them.")

    return keys


def names_of(given: list[str] | None) -> set[str]:
    return {name.replace("-", "_") for name in given or ()}


def _clean(key: str, value: str) -> str:
    try:
        return clean(key, value)
    except InvalidValue as error:
        option = f"--{key.replace('_', '-')}"
        raise UsageError(f"{option} cannot be stamped: {str(error).rstrip('.')}.") from None


def _find(place: str | None, output: Output) -> Mapping[str, str]:
    """What ``detect`` finds for the recipe at ``place``, or for the one in this folder."""
    # To load these takes longer than to stamp a package with values that are given.
    from conda_provenance.collector import collect
    from conda_provenance.plugins import provider_names
    from conda_provenance.recipes import find_recipe
    from conda_provenance.settings import load_settings

    settings = load_settings(os.environ, provider_names)
    try:
        recipe = find_recipe(place or ".")
    except ProvenanceError as error:
        raise UsageError(str(error)) from None

    if place is None and not recipe.is_file():
        # This folder may be in some repository, but that need not be where the packages are from.
        raise UsageError(
            "There is no recipe in this folder: "
            "name the packages' recipe with --recipe, or give the values."
        )

    origin = collect(recipe, settings=settings)
    for warning in origin.warnings:
        output.warn(warning)
    origin.require(settings)
    return origin.stamp(settings.fields)
