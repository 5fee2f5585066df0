"""Which packages a rule is about: patterns of names, and templates with a package's name in them.

A package's name is a stranger's text. One that no package may have matches nothing.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from conda_provenance.errors import UsageError
from conda_provenance.text import show_value

PLACEHOLDER = "{name}"
"""Stands for the package's name in addresses and folders."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*")
_PATTERN = re.compile(r"[a-z0-9_.+*-]+")
_MAX_LENGTH = 200


def fit_name(name: str) -> str | None:
    """A package's name as it is compared, or ``None`` if no package may be called so."""
    is_fit = len(name) <= _MAX_LENGTH and _NAME.fullmatch(name) and ".." not in name
    return name.lower() if is_fit else None


class NamePattern(NamedTuple):
    """Names of packages, such as ``numpy``, ``lib*`` or ``*``. A ``*`` is any run of characters."""

    text: str

    @classmethod
    def parse(cls, text: str) -> NamePattern:
        """Raises :class:`~conda_provenance.errors.UsageError` with the remedy."""
        if _PATTERN.fullmatch(text) and len(text) <= _MAX_LENGTH:
            # More of them in a row mean the same, and would make matching slow.
            return cls(re.sub(r"\*+", "*", text))

        if _PATTERN.fullmatch(text.lower()) and len(text) <= _MAX_LENGTH:
            remedy = f"names of packages are in lower case: write {show_value(text.lower())}"
        else:
            remedy = "write the name of a package, or a pattern like lib* or *"
        raise UsageError(f"{show_value(text) or repr('')} is no pattern of names: {remedy}.")

    @property
    def is_exact(self) -> bool:
        return "*" not in self.text

    def matches(self, name: str) -> bool:
        """Does it match a name that :func:`fit_name` gave?"""
        return _is_match(self.text.split("*"), name)

    def covers(self, other: NamePattern) -> bool:
        """Does it match every name that ``other`` matches?"""
        # No name holds a "*". So only a "*" of ours can match one of the other's.
        return _is_match(self.text.split("*"), other.text)


def _is_match(parts: list[str], name: str) -> bool:
    """Is the name made of these parts, in their order, with anything between them?"""
    if len(parts) == 1:
        return parts[0] == name

    first, *middle, last = parts
    if not name.startswith(first) or len(name) < len(first) + len(last) or not name.endswith(last):
        return False

    # The earliest place is the best one: it leaves the most for the others.
    place, end = len(first), len(name) - len(last)
    for part in middle:
        found = name.find(part, place, end)
        if found < 0:
            return False
        place = found + len(part)
    return True


def filled_in(template: str, name: str) -> str:
    """The template with a name that :func:`fit_name` gave."""
    return template.replace(PLACEHOLDER, name)
