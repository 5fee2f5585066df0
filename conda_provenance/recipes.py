"""A recipe on disk: which file it is, and what its own ``extra`` says.

It is read as data. It is never rendered and never run.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from conda_provenance.errors import ProvenanceError
from conda_provenance.text import redact_location

NAMES = ("recipe.yaml", "recipe.yml", "meta.yaml", "meta.yml", "conda.yaml", "conda.yml")
"""Names of the recipe files of rattler-build and conda-build, in the order of precedence."""

_PACKAGE_ENDINGS = (".conda", ".tar.bz2")

MAX_SIZE = 8 * 2**20
"""In bytes. A larger file is no recipe."""

_SECTION = re.compile(
    r"""
    ^extra: [ \t]*
    (?P<flow> \{.* )?                 # extra: {key: value}
    (?: \#.* )? \n
    (?P<block> (?:
        [ \t]+ .* \n                  # an indented line
      | [ \t]* (?: \#.* )? \n         # an empty line or a comment
    )* )
    """,
    re.MULTILINE | re.VERBOSE,
)
_TEMPLATE = re.compile(r"\{\{|\{%|\$\{\{")


_CREATED_BY = "# This file created by conda-build "
"""How the first line of a recipe begins that conda-build has rendered into a package."""


class RecipeExtra(NamedTuple):
    """A recipe's ``extra``, as far as it is known without a builder."""

    values: Mapping[str, object] = MappingProxyType({})
    templated: frozenset[str] = frozenset()
    """Keys whose value is a template, which only the builder can evaluate."""


def find_recipe(given: str | os.PathLike[str]) -> Path:
    """Find the recipe file: ``given`` itself, or a file in it or in its folder ``recipe``.

    A folder without a recipe is returned as it is. Raises :class:`ProvenanceError` if ``given``
    does not exist, may not be read, or is a package.
    """
    place = Path(given)
    if not _exists(place):
        shown = redact_location(str(given))  # an address may hold a password
        raise ProvenanceError(f"There is no recipe at {shown!r}: give a recipe's file or folder.")

    if os.path.isfile(place):
        if place.name.endswith(_PACKAGE_ENDINGS):
            raise ProvenanceError(
                f"{str(given)!r} is a package and no recipe: 'show' says what is in it."
            )
        return _readable(place)

    candidates = (folder / name for folder in (place, place / "recipe") for name in NAMES)
    files = (each for each in candidates if _exists(each) and os.path.isfile(each))
    recipe = next(files, None)
    return place if recipe is None else _readable(recipe)


def _exists(path: Path) -> bool:
    """Is it there? Raises :class:`ProvenanceError` where its folder may not be searched."""
    try:
        os.stat(path)
    except PermissionError as error:
        raise _unreadable(path, error.strerror) from None
    except (OSError, ValueError):
        return False  # such as too long a name

    return True


def _readable(recipe: Path) -> Path:
    if not os.access(recipe, os.R_OK):
        raise _unreadable(recipe, os.strerror(errno.EACCES))

    return recipe


def _unreadable(path: Path, why: str | None) -> ProvenanceError:
    shown = redact_location(str(path))
    return ProvenanceError(f"The recipe at {shown!r} cannot be read: {why}.")


def read_extra(recipe: Path, wanted: Collection[str] = ()) -> RecipeExtra:
    """The ``extra`` of a recipe file.

    It is empty for a folder and for a file that cannot be read. The builder reports those. It is
    empty too where none of the ``wanted`` keys can stand in it: most recipes name maintainers only,
    and to load a YAML parser for them takes as long as asking git.
    """
    # Only this section is parsed: a meta.yaml as a whole is a template, not YAML.
    section = _SECTION.search(_read(recipe) + "\n")
    if section is None or not _may_hold(section[0], wanted):
        return RecipeExtra()

    if section["flow"]:
        return _read_flow(section["flow"] + "\n" + section["block"])
    return _read_block(section["block"])


def is_packaged(recipe: Path) -> bool:
    """Is this a recipe that a builder put into a package, taken out again?

    The ``extra`` of such a recipe says where that package came from: it is a stamp. conda-build
    names itself in the first line of a recipe that it rendered. rattler-build puts the rendered
    recipe beside the recipe.
    """
    folder = recipe.parent
    if _are_files(folder / "rendered_recipe.yaml", folder / "variant_config.yaml"):
        return True

    # conda-build lists the payload in two files, rattler-build in paths.json only.
    info = folder.parent
    lists = [name for name in ("paths.json", "files") if os.path.isfile(info / name)]
    if folder.name == "recipe" and lists and os.path.isfile(info / "index.json"):
        return True

    try:
        if not os.path.isfile(recipe):
            return False

        with open(recipe, encoding="utf-8", errors="replace") as file:
            return file.read(len(_CREATED_BY) + 1).lstrip("\ufeff").startswith(_CREATED_BY)
    except OSError:
        return False


def _are_files(*paths: Path) -> bool:
    return all(map(os.path.isfile, paths))


def _may_hold(section: str, wanted: Collection[str]) -> bool:
    """Can one of the ``wanted`` keys, or any key if none is named, stand in this text?"""
    is_spelled_out = "\\" not in section  # a key in quotes may be written with escapes
    return not wanted or not is_spelled_out or any(key in section for key in wanted)


def _read(recipe: Path) -> str:
    try:
        if recipe.is_file() and recipe.stat().st_size <= MAX_SIZE:
            return recipe.read_text(encoding="utf-8")
    except (OSError, ValueError):
        pass
    return ""


def _read_flow(text: str) -> RecipeExtra:
    """Read ``extra: {key: value}``. One template makes all of it unreadable."""
    if _TEMPLATE.search(text):
        return RecipeExtra(templated=frozenset(re.findall(r"([\w-]+)\s*:", text)))
    return RecipeExtra(_parse(text))


def _read_block(text: str) -> RecipeExtra:
    """Read one key after the other. The parser does not see keys whose value holds a template."""
    plain, templated = [], set()
    for entry in _entries(text):
        if not _TEMPLATE.search(entry):
            plain.append(entry)
        elif key := re.match(r"\s+([\w-]+)\s*:", entry):
            templated.add(key[1])

    return RecipeExtra(_parse("\n".join(plain)), frozenset(templated))


def _entries(text: str) -> list[str]:
    """Each key with the lines of its value, which are indented further than the first key."""
    lines = [
        line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")
    ]
    entries: list[list[str]] = []
    for line in lines:
        is_deeper = _indentation(line) > _indentation(lines[0])
        if entries and is_deeper:
            entries[-1].append(line)
        else:
            entries.append([line])

    return ["\n".join(entry) for entry in entries]


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip())


def _parse(text: str) -> Mapping[str, object]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        loaded = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError, RecursionError):
        return {}
    return {str(key): value for key, value in loaded.items()} if isinstance(loaded, dict) else {}
