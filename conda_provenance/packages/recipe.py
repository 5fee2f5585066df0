"""The rendered recipe in a conda-build package: the ``extra`` in its text, which some readers look at before about.json's.

Only this one block is changed. Readers of packages built from a recipe.yaml look at about.json alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from conda_provenance.packages.refusals import Refusal

RECIPE = "info/recipe/meta.yaml"
"""Where it stands in a package."""

MAX_SIZE = 512 << 10
"""Bytes; a larger recipe is left as it is."""

_BLOCK = re.compile(r"^extra:[ \t]*(?P<flow>\{[ \t]*\})?[ \t]*(?:#[^\n]*)?$", re.MULTILINE)
_UNUSUAL = "its rendered recipe has an extra that is laid out in an unusual way; build it again"


def is_conda_builds(about: Mapping[str, Any]) -> bool:
    """Was this package, by its about.json, built by conda-build from a meta.yaml?"""
    return "conda_build_version" in about


def with_recipe_extra(data: bytes, changes: Mapping[str, Any]) -> bytes:
    """The recipe with these keys of its ``extra`` set, or removed where the value is ``None``; every other line as it is.

    A recipe that cannot be read is no reader's source either and comes back as it is. Raises :class:`Refusal` for one that
    can be read and not be changed.
    """
    old = _load(data)
    if old is None or not isinstance(old.get("extra") or {}, dict):
        return data
    extra = {str(key): value for key, value in (old.get("extra") or {}).items()}
    differing = {key: value for key, value in changes.items() if extra.get(key) != value}
    if not differing:
        return data
    result = _edited(data.decode("utf-8"), differing).encode("utf-8")
    expected = {
        key: value for key, value in (extra | differing).items() if value is not None or key in extra.keys() - differing.keys()
    }
    new = _load(result)
    found = new and new.get("extra")
    if (
        not new
        or [key for key in new if key != "extra"] != [key for key in old if key != "extra"]
        or (found or {}).keys() != expected.keys()
        or any(value is not None and (found or {})[key] != value for key, value in differing.items())
    ):
        raise Refusal(_UNUSUAL)
    return result


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
    indent = next((re.match(r" *", line)[0] for line in block if line.strip() and not line.lstrip().startswith("#")), "  ")  # type: ignore[index]
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
    return [f"{indent}{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in changes.items() if value is not None]


def _load(data: bytes) -> dict[Any, Any] | None:
    if len(data) > MAX_SIZE or b"<<" in data:  # what merge keys unfold to has no bound
        return None
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        loaded = YAML(typ="safe").load(data.decode("utf-8"))
    except (YAMLError, ValueError, RecursionError, TypeError, LookupError, AttributeError):
        return None
    return loaded if isinstance(loaded, dict) else None
