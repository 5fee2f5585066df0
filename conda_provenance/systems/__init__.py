"""One place for each vendor. It knows where their modules are, and loads one only when asked.

A system that only runs builds is a module, ``systems/<vendor>.py``. A vendor that also hosts
repositories, or whose runs can be looked up by their id, has a folder with ``ci.py`` and
``forge.py`` or ``runs.py``. A system is found by being here: its module, or ``ci.py`` in its
folder, has an ``ADAPTER``, which names the other two.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from conda_provenance.systems._marks import VARIABLES

if TYPE_CHECKING:
    from conda_provenance.ci import Adapter

__all__ = ["adapter", "adapters", "candidates", "module_name", "names"]


def names() -> tuple[str, ...]:
    """The built-in systems' names. Each is the ``provider`` of its adapter."""
    return tuple(_modules())


def module_name(system: str) -> str:
    """The module that holds the built-in system's ``ADAPTER``."""
    return f"{__name__}.{system}.ci" if _modules()[system] else f"{__name__}.{system}"


def adapter(system: str) -> Adapter | None:
    """The adapter of one built-in system, without loading the others."""
    if system not in _modules():
        return None
    loaded: Adapter = import_module(module_name(system)).ADAPTER
    return loaded


@cache
def adapters() -> tuple[Adapter, ...]:
    """Every built-in system's adapter."""
    return tuple(import_module(module_name(system)).ADAPTER for system in names())


def candidates(environ: Mapping[str, str]) -> tuple[Adapter, ...]:
    """The adapters of the built-in systems that may be running us. The others are not loaded.

    A system cannot run us if none of the variables that its marks read is set.
    """
    present = set(environ)
    return tuple(
        import_module(module_name(system)).ADAPTER
        for system in names()
        if _may_run(system, present)
    )


def _may_run(system: str, present: set[str]) -> bool:
    variables = VARIABLES.get(system)
    if variables is None:
        return True  # a system that was added and has not been listed yet

    # On Windows, names are in upper case.
    return any(name in present or name.upper() in present for name in variables)


@cache
def _modules() -> dict[str, bool]:
    """Every built-in system, and whether it has a folder."""
    # pkgutil does the same, and takes 2 ms to import.
    found = {}
    with os.scandir(os.path.dirname(__file__)) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                found[entry.name.removesuffix(".py")] = False
            # A folder of compiled files alone is what is left of a system that has been moved.
            elif entry.is_dir() and os.path.exists(os.path.join(entry.path, "__init__.py")):
                found[entry.name] = True

    return {name: found[name] for name in sorted(found) if name[0] != "_"}
