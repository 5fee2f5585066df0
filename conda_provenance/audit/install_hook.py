"""Is the gate before installing asked for? conda wants to know at every transaction.

So this imports nothing but the names of our keys. It does not know what the gate does.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from conda_provenance.condarc import ALL_SETTINGS, INSTALL

if TYPE_CHECKING:
    from conda.plugins.types import CondaPreCommand, CondaPreTransactionAction

_NAMES = frozenset(setting.name for setting in ALL_SETTINGS)
_VARIABLES = frozenset(setting.variable for setting in ALL_SETTINGS)

_INSTALLING = {
    *("install", "create", "update", "upgrade", "remove", "uninstall", "clone"),
    *("env_create", "env_update", "env"),
}
"""The commands that install packages, as conda names them."""


def is_on(context: Any) -> bool:
    """Has the gate anything to do, or to say? If that cannot be known, it has."""
    try:
        return _word(context) != "ignore" or _has_strays(context)
    except Exception:  # conda raises what it likes, such as for a value of another kind
        return True


def transaction_action() -> CondaPreTransactionAction:
    """The gate, as conda takes it."""
    from conda.plugins.types import CondaPreTransactionAction

    from conda_provenance.audit.install_action import gate_class

    return CondaPreTransactionAction(name="provenance-install", action=gate_class())


def warning_command(context: Any) -> CondaPreCommand:
    """Says before a command that installs that nothing will be checked."""
    from conda.plugins.types import CondaPreCommand

    def warn(_command: str) -> None:
        if not _is_on_or_set(context):
            return

        print(
            f"conda-provenance: plugins.{INSTALL.name} has no effect, because this conda is older "
            "than 25.5: nothing is checked before it is installed.",
            file=sys.stderr,
        )

    return CondaPreCommand(name="provenance-install", action=warn, run_for=_INSTALLING)


def _is_on_or_set(context: Any) -> bool:
    """The same where conda may be so old that it does not know our keys."""
    if hasattr(getattr(context, "plugins", None), INSTALL.name):
        return is_on(context)

    if INSTALL.variable in os.environ:
        return True
    return any(INSTALL.name in _plugin_keys(each) for each in context.raw_data.values())


def _plugin_keys(parameters: Mapping[Any, Any]) -> Iterator[str]:
    value = getattr(parameters.get("plugins"), "value", lambda _: None)(None)
    yield from map(str, value if isinstance(value, Mapping) else ())


def _word(context: Any) -> str:
    return str(getattr(context.plugins, INSTALL.name)).strip().lower()


def _has_strays(context: Any) -> bool:
    """Is there a name that may be one of our keys, misspelled or at the wrong place?"""
    if any(_is_stray(name) for name in os.environ):
        return True

    return any(
        "prov" in name.lower()
        for parameters in context.raw_data.values()
        for name in _unknown_names(parameters)
    )


def _is_stray(variable: str) -> bool:
    name = variable.upper()
    if "PROV" not in name or not name.startswith(("CONDA_", "PROV")) or variable in _VARIABLES:
        return False

    # Values for a stamp are given by these.
    return not name.startswith("CONDA_PROVENANCE_") or "INSTAL" in name


def _unknown_names(parameters: Mapping[Any, Any]) -> Iterator[str]:
    """The keys of one file, but for ours below ``plugins``. All of what is below ``plugin``."""
    for key, raw in parameters.items():
        if "plugin" not in str(key).lower() or not hasattr(raw, "value"):
            yield str(key)
            continue

        value = raw.value(None)
        if key == "plugins" and isinstance(value, Mapping):
            yield from (str(name) for name in value if name not in _NAMES)
        else:
            yield str(value)
