"""``PackagedRecipe``: which files of ``info/recipe`` are the recipe's, and which the builder made.

What each builder copies, and what it renders, is known here. No commit is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from conda_provenance.packages.contents import PackageContents, PackageFile

FOLDER = "info/recipe/"

TEMPLATE = "meta.yaml.template"
"""conda-build keeps the original here. The meta.yaml beside it is what it made of it."""

_PARENT = "parent/"
"""conda-build keeps the whole folder here, for each output of a recipe that has several."""

_META = ("meta.yaml", "meta.yml", "conda.yaml", "conda.yml")
"""Names that conda-build takes for a recipe, in the order in which it looks for them."""

_VARIANT = "conda_build_config.yaml"
_RENDERED = "rendered_recipe.yaml"
_RATTLER_VARIANT = "variant_config.yaml"

_ORIGIN = re.compile(
    rb"# This file created by conda-build [^\n]*\n[^\n]*\n"
    rb"# Origin [^\n]*, commit (?:b')?([0-9a-f]{40,64})(?:\\n)?'?\s*\n"
)
"""What conda-build writes at the top of a rendered recipe, if its folder is a repository's top. The
commit stands there as Python shows bytes: ``b'…'``."""


class PackagedRecipe(NamedTuple):
    """A recipe as it stands in a package."""

    builder: str
    """``conda-build`` or ``rattler-build``, whose rules were followed."""
    original: str
    """Which of the files is the recipe itself, as its author wrote it."""
    names: re.Pattern[str]
    """What that file may be called in the commit."""
    files: Mapping[str, PackageFile]
    """By their paths in the recipe's folder, without those that the builder made."""
    beside: Mapping[str, PackageFile]
    """Copies of some of them, which conda-build puts beside the whole folder."""
    lost: frozenset[str]
    """Files that a folder may have, and that the builder replaced by its own."""
    left_out: tuple[str, ...]
    """Files that are too large to be compared."""
    origin: str | None
    """The commit that conda-build itself wrote into the rendered recipe, if it did."""

    @property
    def is_v1(self) -> bool:
        return self.builder == "rattler-build"

    @property
    def recipe(self) -> PackageFile:
        return self.files[self.original]


def has_recipe(contents: PackageContents) -> bool:
    """Is there anything of a recipe in the package? Both builders can be told to leave it out."""
    return any(name.startswith(FOLDER) for name in (*contents.files, *contents.left_out))


def find_recipe(contents: PackageContents) -> PackagedRecipe | None:
    """The recipe in the package. ``None``: the original is not among its files."""
    files = _below(contents.files, FOLDER)
    left_out = tuple(_short(name) for name in contents.left_out if name.startswith(FOLDER))
    if "recipe.yaml" in files and _RENDERED in files:
        return _rattler_build(files, left_out)

    if TEMPLATE in files:
        return _conda_build(files, TEMPLATE, left_out)

    parent = _below(files, _PARENT)
    if original := _first(parent):
        return _output(files, parent, original, left_out)

    if original := _first(files):  # Nothing was rendered. Then it must be the commit's own.
        return _conda_build(files, original, left_out)
    return _rattler_build(files, left_out) if "recipe.yaml" in files else None


def _rattler_build(files: Mapping[str, PackageFile], left_out: tuple[str, ...]) -> PackagedRecipe:
    """It calls the recipe ``recipe.yaml``, whatever its name was."""
    made = frozenset({_RENDERED, _RATTLER_VARIANT})
    return PackagedRecipe(
        "rattler-build",
        "recipe.yaml",
        re.compile(r".+\.ya?ml", re.S),
        _without(files, made),
        {},
        made,
        left_out,
        None,
    )


def _conda_build(
    files: Mapping[str, PackageFile], original: str, left_out: tuple[str, ...]
) -> PackagedRecipe:
    made = {_VARIANT} if original != TEMPLATE else {_VARIANT, "meta.yaml"}
    names = _META if original == TEMPLATE else (original,)
    return PackagedRecipe(
        "conda-build",
        original,
        _one_of(*names),
        _without(files, made),
        {},
        frozenset({_VARIANT}),
        left_out,
        _origin(files),
    )


def _output(
    files: Mapping[str, PackageFile],
    parent: Mapping[str, PackageFile],
    original: str,
    left_out: tuple[str, ...],
) -> PackagedRecipe:
    beside = {name: file for name, file in files.items() if not name.startswith(_PARENT)}
    return PackagedRecipe(
        "conda-build",
        original,
        _one_of(original),
        parent,
        _without(beside, {"meta.yaml", _VARIANT}),
        frozenset(),
        tuple(name.removeprefix(_PARENT) for name in left_out),
        _origin(files),
    )


def _below(files: Mapping[str, PackageFile], folder: str) -> dict[str, PackageFile]:
    return {
        name.removeprefix(folder): file for name, file in files.items() if name.startswith(folder)
    }


def _without(
    files: Mapping[str, PackageFile], names: frozenset[str] | set[str]
) -> dict[str, PackageFile]:
    return {name: file for name, file in files.items() if name not in names}


def _first(files: Mapping[str, PackageFile]) -> str | None:
    return next((name for name in _META if name in files), None)


def _one_of(*names: str) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, names)))


def _short(name: str) -> str:
    return name.removeprefix(FOLDER)


def _origin(files: Mapping[str, PackageFile]) -> str | None:
    rendered = files.get("meta.yaml")
    match = _ORIGIN.match(rendered.data) if rendered and not rendered.is_link else None
    return match[1].decode() if match else None
