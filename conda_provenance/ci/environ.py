"""The environment variables of a CI run, as adapters read them. It knows no system."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from conda_provenance.values import MAX_LENGTH, clean_or_none

_VARIABLE = re.compile(r"\{(\w+)(?::([^{}]+))?\}")


class Environ(Mapping[str, str]):
    """Environment variables without the values that no adapter can use.

    A variable that is empty, longer than ``MAX_LENGTH`` or holds a control character counts as not
    set, so no adapter needs a guard of its own against ``BUILDKITE_TAG=""`` or a line break in an
    id. White space around a value is removed.

    Windows variable names are case-insensitive; look-up accepts either spelling.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = dict(variables)
        self._any_case = self._variables.get("OS") == "Windows_NT"

    def __getitem__(self, name: str) -> str:
        raw = self.raw(name)
        value = "" if raw is None or len(raw) > MAX_LENGTH else raw.strip()
        if not value or not value.isprintable():
            raise KeyError(name)
        return value

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._variables if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def raw(self, name: str) -> str | None:
        """The variable's value as it is, or ``None`` if it is not set."""
        value = self._variables.get(name)
        return self._variables.get(name.upper()) if value is None and self._any_case else value

    def on(self, name: str) -> bool:
        """Is this flag set, and not to ``false``, ``0``, ``no`` or ``off``?"""
        value = self.get(name)
        return value is not None and value.lower() not in ("false", "0", "no", "off")

    def first(self, *names: str) -> str | None:
        """The value of the first of these variables that has one."""
        values = map(self.get, names)
        return next((value for value in values if value is not None), None)

    def commit(self, name: str) -> str | None:
        """The full hash that this variable holds. ``HEAD`` or a shortened hash is not compared."""
        value = self.get(name)
        return clean_or_none("sha", value and value.lower())

    def has(self, mark: str) -> bool:
        """Is this mark there?

        ============== =============================================================
        ``NAME``       the variable is a flag that is on (:meth:`on`)
        ``NAME=value`` the variable has this value
        ``{NAME}``     a template that can be filled: the variable has any value
        ============== =============================================================

        A mark in braces may hold a regular expression, ``{NAME:regexp}``. It may also name several
        variables, ``{ONE}{OTHER}``. Then all of them must be there.
        """
        if mark.startswith("{"):
            return self.fill(mark) is not None
        name, equals, value = mark.partition("=")
        return self.get(name) == value if equals else self.on(name)

    def has_any(self, marks: Iterable[str]) -> bool:
        """Is one of these marks there?"""
        return any(map(self.has, marks))

    def fill(self, template: str) -> str | None:
        """Replace each ``{NAME}`` in ``template`` by the variable's value.

        In ``{NAME:regexp}`` the expression must match the whole value. If it has a group, the
        group's text is put in, else the whole value.

        The answer is ``None`` if any variable is missing or does not match. No template is filled
        in half.
        """
        parts, end = [], 0
        for variable in _VARIABLE.finditer(template):
            value = self.get(variable[1])
            if value is not None and variable[2]:
                match = re.fullmatch(variable[2], value, re.ASCII)
                value = match and match[1 if match.re.groups else 0]
            if not value:
                return None

            parts += [template[end : variable.start()], value]
            end = variable.end()
        return "".join([*parts, template[end:]])
