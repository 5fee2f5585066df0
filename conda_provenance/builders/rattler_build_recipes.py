"""Finds out which recipes a ``rattler-build`` command builds, if any.

The rules are those of rattler-build's ``src/opt.rs``, ``src/main.rs`` and ``src/lib.rs``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from conda_provenance.builders.folder_search import searched_folders
from conda_provenance.builders.options import Arguments, Grammar

BUILDERS = ("build", "publish")
"""The subcommands that build recipes."""

MAX_RECIPES = 1000

_RECIPE = "recipe.yaml"
_PACKAGES = (".conda", ".bz2")
_RECIPES = (".yaml", ".yml")

_BUILDS_NOTHING = {"--render-only", "--help", "--version", "-h", "-V"}

_TAKE_VALUE = """\
    --allow-insecure-host --allow-read --allow-read-execute --allow-read-write --auth-file
    --build-num --build-number --build-platform --build-string-prefix --channel --channel-priority
    --color --compression-threads --config-file --env-isolation --exclude-newer --extra-meta
    --host-platform --io-concurrency-limit --log-style --markdown-summary --noarch-build-platform
    --output-dir --package-format --recipe --recipe-dir --target-platform --test --to --up-to
    --variant --variant-config
"""

_GRAMMAR = Grammar(
    takes_value=frozenset(_TAKE_VALUE.split()),
    may_take_value=frozenset({"--skip-existing", "--wrap-log-lines"}),
    short={"c": "--channel", "m": "--variant-config", "r": "--recipe"},
)


class TooManyRecipes(Exception):
    """There are more recipes than we look at."""


def built_recipes(subcommand: str, words: Sequence[str]) -> list[Path] | None:
    """The recipes that ``build`` or ``publish`` builds, given the words after it.

    ``None``: it builds nothing. A recipe need not exist: it may be a path in a container. If a
    single one does not exist, rattler-build reads the recipe from its standard input.
    """
    arguments = _GRAMMAR.parse(words)
    if not _BUILDS_NOTHING.isdisjoint(arguments.flags):
        return None

    recipes = _of_build(arguments) if subcommand == "build" else _of_publish(arguments)
    if recipes is not None and len(recipes) > MAX_RECIPES:
        raise TooManyRecipes
    return recipes


def _of_build(arguments: Arguments) -> list[Path] | None:
    folders = arguments.of("--recipe-dir")
    if folders:
        return _below(Path(folder) for folder in folders)

    return [Path(place) for place in arguments.of("--recipe") or ["."]]


def _of_publish(arguments: Arguments) -> list[Path] | None:
    """``--recipe-dir`` counts first, then the plain words, then ``--recipe``."""
    folders = arguments.of("--recipe-dir")
    if folders:
        return _below(Path(folder) for folder in folders)

    places = arguments.plain or [_RECIPE]
    if places == [_RECIPE]:
        places = arguments.of("--recipe") or places

    paths = list(map(Path, places))
    if any(_is_package(path) for path in paths):
        # Where a finished package is given, nothing is built, whatever else is given.
        return None

    return _below(path for path in paths if path.suffix in _RECIPES or not path.is_file())


def _is_package(path: Path) -> bool:
    return path.suffix in _PACKAGES and not (path / _RECIPE).is_file()


def _below(places: Iterable[Path]) -> list[Path] | None:
    """The recipes in these folders and below. A place that is no folder is a recipe itself."""
    recipes: list[Path] = []
    for place in places:
        if not place.is_dir():
            recipes.append(place)
            continue

        found = [folder / _RECIPE for folder in searched_folders(place)]
        recipes += sorted(recipe for recipe in found if recipe.is_file())

    by_real_path = {os.path.realpath(recipe): recipe for recipe in reversed(recipes)}
    return list(reversed(by_real_path.values())) or None
