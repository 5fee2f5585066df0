"""The rendered recipe in a conda-build package, and the ``extra`` in its text.

Some readers look there before they look into about.json. Only this block is changed. Readers of
packages that were built from a recipe.yaml look into about.json alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from conda_provenance.packages.refusals import NotAllowed, shown_name

RECIPE = "info/recipe/meta.yaml"
"""Where it stands in a package."""

MAX_SIZE = 256 << 10
"""Bytes. A larger recipe is left as it is: reading YAML takes some ten seconds a megabyte."""

_STRING = "tag:yaml.org,2002:str"
_MAPPING = "tag:yaml.org,2002:map"

_BLOCK = re.compile(r"^extra:[ \t]*(?P<flow>\{[ \t]*\})?[ \t]*(?:#[^\n]*)?$", re.MULTILINE)
_ANY_EXTRA = re.compile(r"^[\"']?extra[\"']?\s*:", re.MULTILINE)
_UNUSUAL = "its rendered recipe has an extra that is laid out in an unusual way; build it again"

Changes = Mapping[str, Any]
"""The keys of ``extra`` to set, or to remove where the value is ``None``."""


def is_conda_builds(about: Mapping[str, Any]) -> bool:
    """Was the package with this about.json built by conda-build from a meta.yaml?"""
    return "conda_build_version" in about


def with_recipe_extra(data: bytes, changes: Changes, *, overwrite: bool = True) -> bytes:
    """The recipe with these changes in its ``extra``. Every other line keeps its bytes.

    A recipe that cannot be read comes back as it is: no reader can take anything from it. Raises
    :class:`NotAllowed` for one that can be read but not changed. Without ``overwrite``, also for
    one that already says something else.
    """
    old = _compose(data)
    if old is None:
        return data

    extra = _mapping(_value(old, "extra"))
    if extra is None:
        return data

    # A key that is to go may have a value of any type: a hash may look like a number.
    differing = {
        key: value
        for key, value in changes.items()
        if (key in extra if value is None else _string(extra.get(key)) != value)
    }
    if not overwrite:
        _require_unsaid(extra, differing)
    if not differing:
        return data

    result = _edited(data.decode("utf-8"), differing).encode("utf-8")
    new = _compose(result)
    if new is None or not _differs_only_by(differing, old, new, extra):
        raise NotAllowed(_UNUSUAL)
    return result


def _require_unsaid(extra: Mapping[str, Any], changes: Changes) -> None:
    for key, value in changes.items():
        if value is not None and key in extra and _string(extra[key]) != "":
            raise NotAllowed(
                f"its recipe says another {shown_name(key)} already; --force overwrites it"
            )


def _differs_only_by(changes: Changes, old: Any, new: Any, extra: Mapping[str, Any]) -> bool:
    """Does ``new`` differ from ``old`` by these changes of ``extra``, and by nothing else?"""
    compared: set[tuple[int, int]] = set()
    old_rest = [part for pair in old.value if _string(pair[0]) != "extra" for part in pair]
    new_rest = [part for pair in new.value if _string(pair[0]) != "extra" for part in pair]
    if not _all_alike(old_rest, new_rest, compared):
        return False

    new_extra = _mapping(_value(new, "extra"))
    kept = extra.keys() - changes.keys()
    set_keys = {key for key, value in changes.items() if value is not None}
    if new_extra is None or new_extra.keys() != kept | set_keys:
        return False

    return all(_string(new_extra[key]) == changes[key] for key in set_keys) and all(
        _alike(extra[key], new_extra[key], compared) for key in kept
    )


def _alike(one: Any, other: Any, compared: set[tuple[int, int]]) -> bool:
    """Are two nodes alike?

    Pairs in ``compared`` are not compared again: aliases can make a small text a huge tree.
    """
    if (id(one), id(other)) in compared:
        return True
    compared.add((id(one), id(other)))

    if type(one) is not type(other) or str(one.tag) != str(other.tag):
        return False
    if isinstance(one.value, str):
        return bool(one.value == other.value)
    return _all_alike(_parts(one.value), _parts(other.value), compared)


def _all_alike(ones: list[Any], others: list[Any], compared: set[tuple[int, int]]) -> bool:
    return len(ones) == len(others) and all(
        _alike(one, other, compared) for one, other in zip(ones, others, strict=True)
    )


def _parts(children: list[Any]) -> list[Any]:
    """The nodes in a sequence, or the keys and values in a mapping."""
    if children and isinstance(children[0], tuple):
        return [part for pair in children for part in pair]
    return children


def _string(node: Any) -> str | None:
    """The value of a node that is a string."""
    if node is None or str(node.tag) != _STRING or not isinstance(node.value, str):
        return None
    return node.value


def _value(mapping: Any, key: str) -> Any:
    return next((value for name, value in mapping.value if _string(name) == key), None)


def _mapping(node: Any) -> dict[str, Any] | None:
    """The values of a mapping by key. ``None``: not a mapping with plain keys, each there once."""
    if node is None or (isinstance(node.value, str) and str(node.tag).endswith(":null")):
        return {}
    if str(node.tag) != _MAPPING:
        return None

    values = {name.value: value for name, value in node.value if isinstance(name.value, str)}
    return values if len(values) == len(node.value) else None


def _edited(text: str, changes: Changes) -> str:
    """The text with another block ``extra``. Whether that is right is checked afterwards."""
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.split(newline)
    blocks = list(_BLOCK.finditer(text.replace("\r\n", "\n")))
    if len(blocks) > 1 or (not blocks and _ANY_EXTRA.search(text)):
        raise NotAllowed(_UNUSUAL)

    if blocks:
        block = blocks[0]
        start = block.string.count("\n", 0, block.start())
        if block["flow"]:
            lines[start] = "extra:"
        _edit_block(lines, start, changes)
    else:
        _append_block(lines, changes)
    return newline.join(lines)


def _append_block(lines: list[str], changes: Changes) -> None:
    while lines and not lines[-1].strip():
        lines.pop()
    lines += ["extra:", *_entries(changes, "  "), ""]


def _edit_block(lines: list[str], start: int, changes: Changes) -> None:
    """Change the block that begins in line ``start``."""
    end = _block_end(lines, start + 1)
    block = lines[start + 1 : end]
    indent = _indent(block)
    for key in changes:
        block = _without(block, key, indent)
    block += _entries(changes, indent or "  ")
    if not block:
        lines[start] = "extra: {}"
    lines[start + 1 : end] = block


def _block_end(lines: list[str], start: int) -> int:
    """The line after the block. Blank lines and comments between two blocks are the next one's."""
    end = start
    while end < len(lines) and (not lines[end].strip() or lines[end][0] in " \t#"):
        end += 1
    while end > start and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
        end -= 1
    return end


def _indent(block: list[str]) -> str:
    for line in block:
        if line.strip() and not line.lstrip().startswith("#"):
            return line[: len(line) - len(line.lstrip(" "))]
    return "  "


def _without(block: list[str], key: str, indent: str) -> list[str]:
    """The block without the lines of ``key``, whose value may take several."""
    begins_key = re.compile(rf"{indent}[\"']?{re.escape(key)}[\"']?\s*:")
    kept = []
    inside = False
    for line in block:
        depth = len(line) - len(line.lstrip(" "))
        if line.strip() and depth <= len(indent):
            # A list may stand as deep as its key.
            is_item = depth == len(indent) and line.lstrip().startswith("- ")
            inside = begins_key.match(line) is not None or (inside and is_item)
        if not inside:
            kept.append(line)
    return kept


def _entries(changes: Changes, indent: str) -> list[str]:
    # Quoted: a hash may look like a number.
    return [
        f"{indent}{key}: {json.dumps(value, ensure_ascii=False)}"
        for key, value in changes.items()
        if value is not None
    ]


def _compose(data: bytes) -> Any:
    """The root node of a recipe, which is a mapping. ``None``: it cannot be read.

    The nodes are not made into values: what merge keys unfold to has no bound.
    """
    if len(data) > MAX_SIZE:
        return None

    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        # Pure Python: deep nesting crashes the library in C.
        root = YAML(typ="safe", pure=True).compose(data.decode("utf-8"))
    except (YAMLError, ValueError, RecursionError, TypeError, LookupError, AttributeError):
        return None
    return root if root is not None and str(root.tag) == _MAPPING else None
