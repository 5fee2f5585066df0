"""The rendered recipe in a conda-build package: the ``extra`` in its text, which some readers look at before about.json's.

Only this one block is changed. Readers of packages built from a recipe.yaml look at about.json alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from conda_provenance.packages.refusals import Refusal, shown_name

RECIPE = "info/recipe/meta.yaml"
"""Where it stands in a package."""

MAX_SIZE = 256 << 10
"""Bytes; a larger recipe is left as it is, for reading YAML takes some ten seconds a megabyte."""

_STRING = "tag:yaml.org,2002:str"

_BLOCK = re.compile(r"^extra:[ \t]*(?P<flow>\{[ \t]*\})?[ \t]*(?:#[^\n]*)?$", re.MULTILINE)
_UNUSUAL = "its rendered recipe has an extra that is laid out in an unusual way; build it again"


def is_conda_builds(about: Mapping[str, Any]) -> bool:
    """Was this package, by its about.json, built by conda-build from a meta.yaml?"""
    return "conda_build_version" in about


def with_recipe_extra(data: bytes, changes: Mapping[str, Any], *, overwrite: bool = True) -> bytes:
    """The recipe with these keys of its ``extra`` set, or removed where the value is ``None``; every other line as it is.

    A recipe that cannot be read is no reader's source either and comes back as it is. Raises :class:`Refusal` for one that
    can be read and not be changed, and without ``overwrite`` for one that says something else already.
    """
    old = _compose(data)
    if old is None:
        return data
    extra = _entries_of(_entry(old, "extra"))
    if extra is None:
        return data
    differing = {key: value for key, value in changes.items() if _string(extra.get(key)) != value}
    if not overwrite:
        for key in differing:
            if key in extra and _string(extra[key]) != "":
                raise Refusal(
                    f"its recipe says another {shown_name(key)} already; --force overwrites it"
                )
    if not differing:
        return data
    result = _edited(data.decode("utf-8"), differing).encode("utf-8")
    new = _compose(result)
    if new is None or not _is_changed_so(old, new, extra, differing):
        raise Refusal(_UNUSUAL)
    return result


def _is_changed_so(old: Any, new: Any, extra: dict[str, Any], changes: Mapping[str, Any]) -> bool:
    """Does ``new`` differ from ``old`` in these keys of ``extra`` and nowhere else?"""
    seen: set[tuple[int, int]] = set()
    old_rest, new_rest = (
        [pair for pair in root.value if _string(pair[0]) != "extra"] for root in (old, new)
    )
    if len(old_rest) != len(new_rest) or not all(
        _same(one, other, seen)
        for pair, pair2 in zip(old_rest, new_rest, strict=True)
        for one, other in zip(pair, pair2, strict=True)
    ):
        return False
    found = _entries_of(_entry(new, "extra"))
    expected = {key for key in extra if key not in changes} | {
        key for key, value in changes.items() if value is not None
    }
    return (
        found is not None
        and found.keys() == expected
        and all(
            _string(found[key]) == changes[key]
            if key in changes
            else _same(extra[key], found[key], seen)
            for key in expected
        )
    )


def _same(one: Any, other: Any, seen: set[tuple[int, int]]) -> bool:
    """Are two nodes alike? Pairs that were compared are not compared again: aliases can make a small text a huge tree."""
    if (id(one), id(other)) in seen:
        return True
    seen.add((id(one), id(other)))
    if type(one) is not type(other) or str(one.tag) != str(other.tag):
        return False
    if isinstance(one.value, str):
        return bool(one.value == other.value)
    if len(one.value) != len(other.value):
        return False
    for left, right in zip(one.value, other.value, strict=True):
        pairs = zip(left, right, strict=True) if isinstance(left, tuple) else ((left, right),)
        if not all(_same(*pair, seen) for pair in pairs):
            return False
    return True


def _string(node: Any) -> str | None:
    return (
        node.value
        if node is not None and isinstance(node.value, str) and str(node.tag) == _STRING
        else None
    )


def _entry(root: Any, key: str) -> Any:
    return next((value for name, value in root.value if _string(name) == key), None)


def _entries_of(extra: Any) -> dict[str, Any] | None:
    """The entries of ``extra`` by key; ``None`` if it is no mapping with plain keys, each given once."""
    if extra is None or (isinstance(extra.value, str) and str(extra.tag).endswith(":null")):
        return {}
    if str(extra.tag) != "tag:yaml.org,2002:map":
        return None
    entries = {name.value: value for name, value in extra.value if isinstance(name.value, str)}
    return entries if len(entries) == len(extra.value) else None


def _edited(text: str, changes: Mapping[str, Any]) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    found = list(_BLOCK.finditer(text.replace("\r\n", "\n")))
    lines = text.split(newline)
    if not found:
        if re.search(r"^[\"']?extra[\"']?\s*:", text, re.MULTILINE):
            raise Refusal(_UNUSUAL)
        while lines and not lines[-1].strip():
            lines.pop()
        return newline.join([*lines, "extra:", *_entries(changes, "  "), ""])
    if len(found) > 1:
        raise Refusal(_UNUSUAL)
    start = text.replace("\r\n", "\n").count("\n", 0, found[0].start())
    if found[0]["flow"]:
        lines[start] = "extra:"
    end = start + 1
    while end < len(lines) and (not lines[end].strip() or lines[end][0] in " \t#"):
        end += 1
    while end > start + 1 and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
        end -= 1
    block = lines[start + 1 : end]
    entries = [line for line in block if line.strip() and not line.lstrip().startswith("#")]
    indent = entries[0][: len(entries[0]) - len(entries[0].lstrip(" "))] if entries else "  "
    for key in changes:
        block = _without(block, key, indent)
    block += _entries(changes, indent or "  ")
    if not block:
        lines[start] = "extra: {}"
    return newline.join([*lines[: start + 1], *block, *lines[end:]])


def _without(block: list[str], key: str, indent: str) -> list[str]:
    kept, inside = [], False
    for line in block:
        depth = len(line) - len(line.lstrip(" "))
        if line.strip() and depth <= len(indent):
            inside = re.match(rf"{indent}[\"']?{re.escape(key)}[\"']?\s*:", line) is not None or (
                inside and line.lstrip().startswith("- ") and depth == len(indent)
            )
        if not inside:
            kept.append(line)
    return kept


def _entries(changes: Mapping[str, Any], indent: str) -> list[str]:
    # Quoted: a hash may look like a number.
    return [
        f"{indent}{key}: {json.dumps(value, ensure_ascii=False)}"
        for key, value in changes.items()
        if value is not None
    ]


def _compose(data: bytes) -> Any:
    """The root node of a recipe, a mapping; nothing is made of the nodes, for what merge keys unfold to has no bound."""
    if len(data) > MAX_SIZE:
        return None
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        # Pure Python: the library in C is brought down by deep nesting.
        root = YAML(typ="safe", pure=True).compose(data.decode("utf-8"))
    except (YAMLError, ValueError, RecursionError, TypeError, LookupError, AttributeError):
        return None
    return root if root is not None and str(root.tag) == "tag:yaml.org,2002:map" else None
