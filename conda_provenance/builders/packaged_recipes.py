"""Takes credentials out of the files that rattler-build's engine writes into a package.

The engine itself takes them out of the list of channels, but not out of the addresses of packages,
sources and links, nor out of variants and a script's variables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from conda_provenance.credentials import without_credentials

Edit = Callable[[bytes], bytes]

_RECIPE = "info/recipe"
_FILES = (
    "info/about.json",
    "info/hash_input.json",
    *(f"{_RECIPE}/{name}" for name in ("recipe.yaml", "rendered_recipe.yaml")),
    f"{_RECIPE}/variant_config.yaml",
)
_RECIPE_FILES = ("*.yaml", "*.yml")
"""Variant files beside a recipe, whatever their names, are packaged with it."""


def edits_for(recipes: Iterable[Path]) -> dict[str, Edit]:
    """The edits for the files of a package that is built from one of these recipes, by path.

    None of these files has a checksum in paths.json, so that need not change.
    """
    folders = {recipe.parent for recipe in recipes}
    beside = [file for folder in folders for end in _RECIPE_FILES for file in folder.glob(end)]
    names = [*_FILES, *(f"{_RECIPE}/{file.name}" for file in beside)]
    return dict.fromkeys(names, _clean)


def _clean(data: bytes) -> bytes:
    # Bytes that are not UTF-8 are kept.
    text = data.decode("utf-8", "surrogateescape")
    return without_credentials(text).encode("utf-8", "surrogateescape")
