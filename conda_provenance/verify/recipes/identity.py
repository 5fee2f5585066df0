"""Does a package belong to a recipe, by its name and version? Said without rendering the recipe.

A recipe is a template. What stands in it literally is certain; what only a builder could evaluate
may be anything, and is not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from itertools import islice
from typing import Any, NamedTuple

from conda_provenance.errors import UnavailableError
from conda_provenance.yaml_text import load_yaml

MAX_SIZE = 128 << 10
"""Bytes of a recipe that is read. Parsing YAML takes some ten seconds a megabyte."""

_MAX_TEXT = 500
_MAX_VALUES = 1000
_MAX_PLACES = 5000
_MAX_STEPS = 10
"""How often a variable is replaced by its value, in one text."""

_ANYTHING = "\0"
"""Stands in a value for what only a builder could tell."""

_MAX_OPEN = 4
"""Such places in one value. With more of them it may be anything."""

_TEMPLATE = re.compile(r"\$?\{\{\s*(?P<expression>[^{}]*?)\s*\}\}")
_VARIABLE = re.compile(r"(?P<name>\w+)\s*(?:\|\s*(?:lower|string|trim)\s*)?")
_SET = re.compile(r"\{%-?\s*set\s+(?P<name>\w+)\s*=\s*(?P<value>.*?)\s*-?%\}", re.S)
_LITERAL = re.compile(r"(?P<quote>['\"])(?P<text>[^'\"\\{}]*)(?P=quote)|(?P<number>[\d.]+)")
_GENERATES = re.compile(r"\{%-?\s*(?:for|include|import|from|macro|call|extends|block)\b")
_STATEMENT = re.compile(r"\{%.*?%\}|\{#.*?#\}", re.S)
_SECTION = re.compile(r"(?P<name>[\w-]+)[ \t]*:(?P<rest>.*)")
_LINE = re.compile(r"[ \t]*(?:-[ \t]+)?(?P<key>name|version)[ \t]*:(?P<value>.*)")
_FLOW = re.compile(
    r"[{,][ \t]*(?P<key>name|version)[ \t]*:(?P<value>(?:\$?\{\{[^{}]*\}\}|[^,{}\n])*)"
)
_SECTIONS = ("package", "outputs")


class Belongs(str, Enum):
    """Is a value one that the recipe gives?"""

    YES = "yes"
    NO = "no"
    UNTOLD = "untold"
    """Only a builder could tell."""


class Identity(NamedTuple):
    """How a package's name and version compare with a recipe's."""

    name: Belongs
    version: Belongs


class _Given(NamedTuple):
    """What a recipe says of the packages that are made of it, as it stands there."""

    names: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    variables: Mapping[str, tuple[str, ...]] = {}
    """The values that each may have."""
    is_open: bool = False
    """May there be more, which only rendering shows?"""


def identify(recipe: bytes, name: object, version: object, *, is_v1: bool) -> Identity:
    """Are this ``name`` and ``version`` those of a package that this recipe makes?"""
    if len(recipe) > MAX_SIZE:
        return Identity(Belongs.UNTOLD, Belongs.UNTOLD)

    text = _text(recipe)
    given = _of_v1(text) if is_v1 else _of_template(text)
    return Identity(_belongs(name, given.names, given), _belongs(version, given.versions, given))


def is_recipe(recipe: bytes, *, is_v1: bool) -> bool:
    """Does it name any package, as both builders want it? Other files, such as a CI's, do not."""
    text = _text(recipe)
    if not is_v1 and _GENERATES.search(text):
        return True  # What names it may be made only by rendering.
    if any(key == "name" for key, _ in _lines(_STATEMENT.sub("", text))):
        return True
    return is_v1 and len(recipe) <= MAX_SIZE and bool(_of_v1(text).names)


def _text(recipe: bytes) -> str:
    return recipe.decode("utf-8", "replace").replace("\r\n", "\n").replace(_ANYTHING, " ")


def _belongs(value: object, templates: tuple[str, ...], given: _Given) -> Belongs:
    if not isinstance(value, str) or len(value) > _MAX_TEXT or not templates:
        return Belongs.UNTOLD

    values = (each for text in templates for each in _possible(text, given.variables, 0))
    possible = list(islice(values, _MAX_VALUES))
    # Both builders make names lower-case.
    if any(each.lower() == value.lower() for each in possible):
        return Belongs.YES

    is_open = given.is_open or len(possible) == _MAX_VALUES
    if is_open or any(_may_be(each, value) for each in possible):
        return Belongs.UNTOLD
    return Belongs.NO


def _may_be(possible: str, value: str) -> bool:
    parts = possible.split(_ANYTHING)
    if len(parts) > _MAX_OPEN + 1:
        return True
    if len(parts) == 1:
        return False
    return re.fullmatch(".*".join(map(re.escape, parts)), value, re.I | re.S) is not None


def _possible(text: str, variables: Mapping[str, tuple[str, ...]], steps: int) -> Iterator[str]:
    """The values that a template may have."""
    match = _TEMPLATE.search(text)
    if match is None or len(text) > _MAX_TEXT:
        yield _ANYTHING if "{{" in text or "{%" in text else text
        return

    variable = _VARIABLE.fullmatch(match["expression"])
    values: tuple[str, ...] = (_ANYTHING,)
    if variable is not None and steps < _MAX_STEPS:
        values = variables.get(variable["name"], values)
    for value in values:
        yield from _possible(
            text[: match.start()] + value + text[match.end() :], variables, steps + 1
        )


def _of_template(text: str) -> _Given:
    """What a meta.yaml says. It is no YAML, so its lines are read."""
    variables: dict[str, tuple[str, ...]] = {}
    for match in _SET.finditer(text):
        literal = _LITERAL.fullmatch(match["value"])
        value = _ANYTHING
        if literal is not None:
            value = literal["number"] or literal["text"] or ""
        name = match["name"]
        variables[name] = (*variables.get(name, ()), value)

    names: list[str] = []
    versions: list[str] = []
    for key, value in _lines(_STATEMENT.sub("", text)):
        (names if key == "name" else versions).append(value)
    return _Given(tuple(names), tuple(versions), variables, bool(_GENERATES.search(text)))


def _lines(text: str) -> Iterator[tuple[str, str]]:
    """Every name and version that is given where packages are named."""
    section = ""
    for line in text.split("\n"):
        rest = line
        if top := _SECTION.fullmatch(line):
            section, rest = top["name"], top["rest"]
        if section not in _SECTIONS:
            continue

        if match := _LINE.fullmatch(rest):
            yield match["key"], _plain(match["value"])
        else:
            for match in _FLOW.finditer(rest):
                yield match["key"], _plain(match["value"])


def _plain(value: str) -> str:
    """A YAML scalar without quotes and comment. What takes a parser to know may be anything."""
    value = value.strip()
    if value[:1] in ("'", '"'):
        text = value[1:].partition(value[0])[0]
        return _ANYTHING if "\\" in text else text

    text = re.split(r"(?:\A|[ \t])#", value, maxsplit=1)[0].strip()
    return _ANYTHING if not text or text[0] in "*&!|>" else text


def _of_v1(text: str) -> _Given:
    """What a recipe.yaml says. It is YAML, with templates in its values."""
    recipe = _parse(text)
    context = recipe.get("context")
    variables = {}
    for name, value in context.items() if isinstance(context, dict) else ():
        variables[str(name)] = (_scalar(value),)

    tops = [recipe.get("package"), recipe.get("recipe")]
    outputs = [each.get("package") for each in _items(recipe.get("outputs"))]
    named = outputs if "outputs" in recipe else tops
    is_open = "outputs" in recipe and not outputs
    return _Given(
        tuple(_values("name", named)),
        tuple(_values("version", [*outputs, *tops])),
        variables,
        is_open,
    )


def _values(key: str, mappings: Iterable[Any]) -> Iterator[str]:
    for each in mappings:
        if isinstance(each, dict) and key in each:
            yield _scalar(each[key])


def _scalar(value: Any) -> str:
    return value if isinstance(value, str) else _ANYTHING


def _items(value: Any) -> Iterator[dict[Any, Any]]:
    """The outputs, also those that are there on a condition only.

    Aliases can make a small text a huge tree: no more than so many places are looked at.
    """
    waiting = [value]
    for _ in range(_MAX_PLACES):
        if not waiting:
            return

        each = waiting.pop()
        if isinstance(each, list):
            waiting += each[:_MAX_VALUES]
        elif isinstance(each, dict) and "if" in each:
            waiting += [each.get("then"), each.get("else")]
        elif isinstance(each, dict):
            yield each


def _parse(text: str) -> dict[Any, Any]:
    try:
        # Every value as the text that it is: 1.10 is no number here.
        loaded = load_yaml(text, "recipe.yaml")
    except UnavailableError:
        return {}
    return loaded if isinstance(loaded, dict) else {}
