"""The checks that take part: the built-in ones, then those that other distributions bring.

What a check asks is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from conda_provenance import plugins
from conda_provenance.log import logger
from conda_provenance.text import escape
from conda_provenance.verify.check import Check
from conda_provenance.verify.checks import IDS

_ID = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_MAX_ID = 60


class Member(NamedTuple):
    """A check, and who brings it."""

    check: Check
    plugin: str = "built-in"

    @property
    def is_built_in(self) -> bool:
        return self.plugin == "built-in"


def roster() -> tuple[Member, ...]:
    """All checks, in the order in which they run. What is unusable is left out with a warning."""
    members: dict[str, Member] = {}
    foreign: list[tuple[str, Check]] = []
    for plugin, check in plugins.checks():
        if plugin == "built-in":
            assert isinstance(check, Check)
            members[check.id] = Member(check)
        elif _is_usable(plugin, check):
            assert isinstance(check, Check)
            foreign.append((plugin, check))

    for plugin, check in foreign:
        if check.id in members:
            _leave_out(plugin, check.id, "its id is another check's")
        else:
            members[check.id] = Member(check, plugin)
    return tuple(members.values())


def ids_of(members: Iterable[Member]) -> Sequence[str]:
    """The ids of the checks, in their order."""
    return [member.check.id for member in members]


def _is_usable(plugin: str, check: object) -> bool:
    if not isinstance(check, Check):
        _leave_out(plugin, type(check).__name__, "it is not a Check")
        return False

    name = getattr(check, "id", None)
    if not isinstance(name, str) or not _ID.fullmatch(name) or len(name) > _MAX_ID:
        _leave_out(plugin, type(check).__name__, "its id is not made of lower-case words")
        return False

    if name in IDS:
        _leave_out(plugin, name, "its id is a built-in check's")
        return False
    return True


def _leave_out(plugin: str, check: str, why: str) -> None:
    logger().warning(
        "conda-provenance: The check %s of the plugin %s is left out: %s.",
        escape(check, _MAX_ID),
        plugin,
        why,
    )
