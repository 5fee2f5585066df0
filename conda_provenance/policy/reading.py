"""Reads a policy's file. Whatever is wrong with it is said with its line and its key."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from conda_provenance.errors import UsageError
from conda_provenance.policy.conflicts import conflicts
from conda_provenance.policy.keys import (
    Parse,
    Wrong,
    acceptance,
    check_id,
    day,
    forge_host,
    forge_vendor,
    list_of,
    nearest,
    repository,
    scope_keys,
    term_keys,
    text,
)
from conda_provenance.policy.lines import Lines, Path
from conda_provenance.policy.names import NamePattern
from conda_provenance.policy.policy import Policy, PolicyException, Rule, Scope, Terms
from conda_provenance.policy.toml import loads
from conda_provenance.text import escape, redact_location

MAX_SIZE = 1 << 18
"""Bytes of a policy's file."""

VERSION = 1
"""The form of the file that this version of ours reads."""

MAX_FAULTS = 50
MAX_RULES = 2000

_MAX_KEY = 60
_ANY = (NamePattern("*"),)


class Fault(NamedTuple):
    """One thing that is wrong with a policy."""

    line: int
    key: str
    """The names that lead to it, such as ``rules.reviews``. Empty: the whole file."""
    message: str
    """The rest of a sentence, without its full stop."""

    def __str__(self) -> str:
        return f"line {self.line}, {self.key + ': ' if self.key else ''}{self.message}"


class PolicyError(UsageError):
    """A policy cannot be used. The message says the first thing that is wrong with it."""

    def __init__(self, location: str, faults: tuple[Fault, ...]) -> None:
        self.location = location
        self.faults = faults
        shown = escape(redact_location(location))
        more = len(faults) - 1
        rest = f" ({more} more: 'conda provenance policy check' lists all)" if more else ""
        super().__init__(f"{shown}, {faults[0]}{rest}.")


def parse_policy(
    data: bytes, name: str, location: str, known_checks: Collection[str] | None = None
) -> Policy:
    """The policy in the bytes of a file.

    ``known_checks`` are the ids of all checks that there are. ``None``: ids that are not built in
    are not looked at. Raises :class:`PolicyError`, which names everything that is wrong.
    """
    content, table = _table(data, location)
    reader = _Reader(known_checks)
    policy = reader.policy(table, name, location)._replace(digest=hashlib.sha256(data).hexdigest())
    faults = reader.faults or list(conflicts(policy))
    if faults:
        lines = Lines(content)
        raise PolicyError(location, _shown(faults, lines))

    lines = Lines(content)
    return policy._replace(
        rules=tuple(
            each._replace(line=lines.of(("rules", number)))
            for number, each in enumerate(policy.rules)
        ),
        exceptions=tuple(
            each._replace(line=lines.of(("exceptions", number)))
            for number, each in enumerate(policy.exceptions)
        ),
    )


def _table(data: bytes, location: str) -> tuple[str, Mapping[str, Any]]:
    if len(data) > MAX_SIZE:
        why = f"it is larger than {MAX_SIZE >> 10} KiB, which no policy needs to be"
        raise PolicyError(location, (Fault(1, "", why),))

    try:
        content = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PolicyError(location, (Fault(line, "", "it is not UTF-8"),)) from None

    try:
        return content, loads(content)
    except ValueError as error:
        raise PolicyError(location, (_syntax(content, str(error)),)) from None


def _syntax(content: str, message: str) -> Fault:
    """The TOML reader's message, and the line that it names."""
    place = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)\Z", message)
    line = int(place[1]) if place and place[1] else content.count("\n") + 1
    why = message[: place.start()] if place else message
    return Fault(line if place else 1, "", f"it is not TOML: {escape(why.rstrip('.'), 200)}")


def _shown(faults: list[tuple[Path, str]], lines: Lines) -> tuple[Fault, ...]:
    found = [
        Fault(lines.of(path), escape(".".join(each for each in path if isinstance(each, str))), why)
        for path, why in faults[:MAX_FAULTS]
    ]
    return tuple(sorted(found, key=lambda fault: fault.line))


class _Reader:
    """Reads the tables of one file, and notes what is wrong."""

    def __init__(self, known_checks: Collection[str] | None) -> None:
        self.faults: list[tuple[Path, str]] = []
        self._terms = term_keys(known_checks)
        self._check_id = check_id(known_checks)

    def policy(self, table: Mapping[str, Any], name: str, location: str) -> Policy:
        keys: dict[str, Parse] = {
            "version": _version,
            "description": text,
            "defaults": _is_table,
            "rules": _is_list_of_tables("[[rules]]"),
            "exceptions": _is_list_of_tables("[[exceptions]]"),
            "forges": _is_table,
        }
        read = self._read(table, keys, (), needed=("version", "rules"))
        defaults = self._read(read.get("defaults", {}), self._terms, ("defaults",))
        rules = [
            self._rule(each, defaults, ("rules", number))
            for number, each in enumerate(read.get("rules", ()))
        ]
        exceptions = [
            self._exception(each, ("exceptions", number))
            for number, each in enumerate(read.get("exceptions", ()))
        ]
        return Policy(
            name,
            location,
            "",
            tuple(rules),
            tuple(each for each in exceptions if each is not None),
            self._forges(read.get("forges", {})),
            read.get("description", ""),
        )

    def _rule(self, table: Mapping[str, Any], defaults: Mapping[str, Any], path: Path) -> Rule:
        read = self._read(table, {**scope_keys(), **self._terms}, path)
        scope = Scope.of(read.pop("packages", _ANY), read.pop("channels", ()))
        return Rule(scope, Terms(**{**defaults, **read}))

    def _exception(self, table: Mapping[str, Any], path: Path) -> PolicyException | None:
        keys: dict[str, Parse] = {
            **scope_keys(),
            "reason": text,
            "until": day,
            "waive": list_of(self._check_id),
            "repositories": list_of(repository),
            "accept": acceptance,
        }
        before = len(self.faults)
        read = self._read(table, keys, path, needed=("packages", "reason", "until"))
        if not {"waive", "repositories", "accept"} & read.keys() and len(self.faults) == before:
            self.faults.append((path, "it excepts nothing: add waive, repositories or accept"))
        if not {"packages", "reason", "until"} <= read.keys():
            return None

        return PolicyException(
            Scope.of(read["packages"], read.get("channels", ())),
            read["reason"],
            read["until"],
            read.get("waive", ()),
            read.get("repositories", ()),
            read.get("accept") == "consistent",
        )

    def _forges(self, table: Mapping[str, Any]) -> Mapping[str, str]:
        forges: dict[str, str] = {}
        for host, vendor in table.items():
            try:
                forges[forge_host(host)] = forge_vendor(vendor)
            except Wrong as error:
                self.faults.append((("forges", host), str(error)))
        return forges

    def _read(
        self,
        table: Mapping[str, Any],
        keys: Mapping[str, Parse],
        path: Path,
        *,
        needed: tuple[str, ...] = (),
    ) -> dict[str, Any]:
        """The values of a table that are right. What is wrong is noted."""
        read: dict[str, Any] = {}
        for key, value in table.items():
            if key not in keys:
                self.faults.append(((*path, key[:_MAX_KEY]), _unknown(key, keys)))
                continue
            try:
                read[key] = keys[key](value)
            except Wrong as error:
                self.faults.append(((*path, key), str(error)))

        for key in needed:
            if key not in table:
                self.faults.append((path, f"the key {key} is missing"))
        return read


def _unknown(key: str, keys: Mapping[str, Parse]) -> str:
    hint = nearest(key, keys)
    return (
        f"there is no such key here{hint}"
        if hint
        else (f"there is no such key here; the keys are {', '.join(keys)}")
    )


def _version(value: Any) -> int:
    if value is not VERSION and (isinstance(value, bool) or value != VERSION):
        raise Wrong(f"this version of conda-provenance reads policies of version {VERSION} only")
    return VERSION


def _is_table(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Wrong("it must be a table, begun by its name in brackets")
    return value


def _is_list_of_tables(header: str) -> Parse:
    def parse(value: Any) -> list[Any]:
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise Wrong(f"it must be a list of tables, each begun by {header}")
        if not value:
            raise Wrong(f"it has no entry: begin one by {header}")
        if len(value) > MAX_RULES:
            raise Wrong(f"it has more than {MAX_RULES} entries")
        return value

    return parse
