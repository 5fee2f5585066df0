"""A recipe as it lies on disk: which file it is, and what its own ``extra`` says. It is read as data, never rendered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conda_provenance.errors import ProvenanceError

NAMES = ("recipe.yaml", "recipe.yml", "meta.yaml", "meta.yml", "conda.yaml")
"""Names of recipe files, rattler-build's and conda-build's."""

MAX_SIZE = 8 * 2**20

_SECTION = r"^extra:[ \t]*(?P<flow>\{.*)?(?:#.*)?\n(?P<block>(?:[ \t]+.*\n|[ \t]*(?:#.*)?\n)*)"
_TEMPLATE = r"\{\{|\{%|\$\{\{"


@dataclass(frozen=True, slots=True)
class RecipeExtra:
    """A recipe's ``extra`` as far as it can be told without a builder."""

    values: Mapping[str, Any] = field(default_factory=dict)
    templated: frozenset[str] = frozenset()
    """Keys whose value is a template, which only the builder can evaluate."""


def find_recipe(place: Path) -> Path:
    """The recipe file that ``place`` is or holds (itself or in its folder ``recipe``); a folder without one is returned as it is.

    Raises :class:`ProvenanceError` if there is no such place.
    """
    if not place.exists():
        raise ProvenanceError(
            f"There is no recipe at {str(place)!r}: give a recipe's file or folder."
        )
    if place.is_file():
        return place
    candidates = (folder / name for folder in (place, place / "recipe") for name in NAMES)
    return next((candidate for candidate in candidates if candidate.is_file()), place)


def read_extra(recipe: Path) -> RecipeExtra:
    """The ``extra`` of a recipe file; nothing for a folder or a file that cannot be read, which is its builder's to report."""
    try:
        if not recipe.is_file() or recipe.stat().st_size > MAX_SIZE:
            return RecipeExtra()
        text = recipe.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return RecipeExtra()
    # Only this section is parsed: a meta.yaml as a whole is a template, not YAML.
    section = re.search(_SECTION, text + "\n", re.MULTILINE) if "extra:" in text else None
    if section is None:
        return RecipeExtra()
    if section["flow"]:
        flow = section["flow"] + "\n" + section["block"]
        if re.search(_TEMPLATE, flow):
            return RecipeExtra(templated=frozenset(re.findall(r"([\w-]+)\s*:", flow)))
        return RecipeExtra(_parse(flow))
    lines, templated = [], set()
    for line in section["block"].splitlines():
        if re.search(_TEMPLATE, line):
            if key := re.match(r"\s+([\w-]+)\s*:", line):
                templated.add(key[1])
        else:
            lines.append(line)
    return RecipeExtra(_parse("\n".join(lines)), frozenset(templated))


def _parse(text: str) -> Mapping[str, Any]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        loaded = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError, RecursionError):
        return {}
    return {str(key): value for key, value in loaded.items()} if isinstance(loaded, dict) else {}
