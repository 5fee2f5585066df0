"""On which line of a TOML text each key stands. Python's own reader does not say.

It is that reader which decides where a statement ends: no second grammar is kept here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from conda_provenance.policy.toml import loads

Path: TypeAlias = tuple[str | int, ...]
"""The keys that lead to a value, and the numbers of the tables in a list of tables."""

_ENDS = ("]", "}", '"""', "'''")
"""A statement of more than one line ends in a line with one of these."""


class Lines:
    """The lines of the keys of one text, which must be valid TOML."""

    def __init__(self, text: str) -> None:
        self._found: dict[Path, int] = {}
        self._counts: dict[Path, int] = {}
        table: Path = ()
        for number, statement in _statements(text):
            data = loads(statement)
            if statement.lstrip().startswith("["):
                table = self._enter(data)
                self._found.setdefault(table, number)
                continue

            for path in _paths(data):
                self._found.setdefault((*table, *path), number)

    def of(self, path: Path) -> int:
        """The line of this key, or of the nearest thing around it. Lines count from 1."""
        for length in range(len(path), 0, -1):
            if path[:length] in self._found:
                return self._found[path[:length]]
        return 1

    def _enter(self, header: Mapping[str, object]) -> Path:
        """The table that a header begins, such as ``[[rules]]``."""
        path: Path = ()
        rest: object = header
        while isinstance(rest, dict) and rest:
            ((key, rest),) = rest.items()
            path = (*path, key)
            if isinstance(rest, list):  # only the last key of "[[…]]" makes a list
                self._counts[path] = self._counts.get(path, 0) + 1
                rest = None
            if path in self._counts:
                path = (*path, self._counts[path] - 1)
        return path


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Each key with its value, and each header, with the number of its first line."""
    lines = text.replace("\r\n", "\n").split("\n")
    first = 0
    while first < len(lines):
        end = first + 1
        while end < len(lines) and not _is_whole(lines[first:end]):
            end += 1

        statement = "\n".join(lines[first:end])
        if statement.strip() and not statement.lstrip().startswith("#"):
            yield first + 1, statement
        first = end


def _is_whole(lines: list[str]) -> bool:
    if len(lines) > 1 and not any(end in lines[-1] for end in _ENDS):
        return False

    try:
        loads("\n".join(lines))
    except ValueError:
        return False
    return True


def _paths(data: Mapping[str, object], before: Path = ()) -> Iterator[Path]:
    for key, value in data.items():
        yield (*before, key)
        if isinstance(value, dict):
            yield from _paths(value, (*before, key))
