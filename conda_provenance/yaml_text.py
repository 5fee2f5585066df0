"""YAML from strangers, within bounds. Every scalar is a text: nothing is guessed of its type.

What the documents mean is not known here.
"""

from __future__ import annotations

import re
from typing import Any

from conda_provenance.errors import UnavailableError

MAX_DEPTH = 100
"""Brackets within each other. Lockfiles have three or four."""

_MAX_INDENT = 200
_BRACKETS = re.compile(r"[\[{]+|[\]}]+")
_DEEP_LINE = re.compile(rf"^[ \t?:-]{{{_MAX_INDENT}}}", re.MULTILINE)


def load_yaml(text: str, shown: str) -> Any:
    """The document: objects, lists and texts. ``shown`` is the file's name in an error.

    Aliases are the same object again, not a copy, and merge keys are not followed: a small text
    stays small.
    """
    if _is_deep(text):
        raise UnavailableError(f"{shown} cannot be read: its YAML is nested too deeply.")

    # CBaseLoader is two to eight times as fast as ruamel.yaml. PyYAML may lack it.
    try:
        return _by_pyyaml(text)
    except ImportError:
        pass
    except Exception as error:
        raise _damaged(shown) from error

    try:
        return _by_ruamel(text)
    except Exception as error:
        raise _damaged(shown) from error


def _by_pyyaml(text: str) -> Any:
    import yaml

    try:
        loader = yaml.CBaseLoader
    except AttributeError:
        raise ImportError from None  # Built without libyaml, it would take minutes.
    return yaml.load(text, Loader=loader)  # noqa: S506 (it makes nothing but texts)


def _by_ruamel(text: str) -> Any:
    from ruamel.yaml import YAML, YAMLError

    try:
        return YAML(typ="base").load(text)
    except YAMLError:
        # Its parser in C takes no plain address in braces. Its slow one does, and takes keys twice.
        yaml = YAML(typ="base", pure=True)
        yaml.allow_duplicate_keys = True
        return yaml.load(text)


def _is_deep(text: str) -> bool:
    """May parsing it exhaust the stack? Brackets within texts count too."""
    if _DEEP_LINE.search(text):
        return True

    depth = 0
    for brackets in _BRACKETS.finditer(text):
        length = brackets.end() - brackets.start()
        depth = depth + length if brackets[0][0] in "[{" else max(0, depth - length)
        if depth > MAX_DEPTH:
            return True
    return False


def _damaged(shown: str) -> UnavailableError:
    return UnavailableError(f"{shown} cannot be read: it is no sound YAML; lock it again.")
