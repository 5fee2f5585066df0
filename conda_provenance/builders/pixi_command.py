"""``pixi build`` and ``pixi publish``: why they are not stamped, and what to do instead.

Both start rattler-build's engine in a process of their own, and take no extra metadata for it.
"""

from __future__ import annotations

from collections.abc import Sequence

from conda_provenance.builders.launchers import find_program
from conda_provenance.builders.options import first_plain_word
from conda_provenance.builders.plan import Plan

_GLOBAL_OPTIONS = frozenset({"--color"})
"""Options before the subcommand whose value is the next word."""

_STAMP = "'conda-provenance stamp --recipe DIR PACKAGE'"

_INSTEAD = {
    "build": f"stamp its packages afterwards, with {_STAMP}",
    "publish": f"run 'pixi build', then {_STAMP}, and then 'pixi upload'",
}


def plan_pixi(command: Sequence[str]) -> Plan | None:
    """The plan for a ``pixi build`` or ``pixi publish``. ``None``: the command is neither."""
    program = find_program(command, ("pixi",))
    if program is None:
        return None

    index = first_plain_word(command, program.index + 1, _GLOBAL_OPTIONS)
    subcommand = "" if index is None else command[index]
    if subcommand not in _INSTEAD:
        return None

    why = f"'pixi {subcommand}' takes no extra metadata"
    instead = _INSTEAD[subcommand]
    return Plan(
        tuple(command),
        warnings=(f"{why}, so it runs as it is and its packages stay unstamped: {instead}.",),
        uncertain=why,
        remedy=instead,
    )
