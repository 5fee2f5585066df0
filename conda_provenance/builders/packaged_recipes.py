"""The files in a package into which rattler-build's engine writes addresses as it was given them.

It leaves the credentials out of the list of channels, but not out of the packages' addresses in
them, nor out of sources, variants, links and a script's variables.
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
    """What makes the new data of each file of a package that is built from one of these recipes.

    paths.json has no checksum of any of these files.
    """
    folders = {recipe.parent for recipe in recipes}
    beside = [file for folder in folders for end in _RECIPE_FILES for file in folder.glob(end)]
    names = [*_FILES, *(f"{_RECIPE}/{file.name}" for file in beside)]
    return dict.fromkeys(names, _clean)


def _clean(data: bytes) -> bytes:
    # Whatever bytes there are come back as they were.
    text = data.decode("utf-8", "surrogateescape")
    return without_credentials(text).encode("utf-8", "surrogateescape")
