"""One place a vendor: a module for a system that only runs builds, a folder for one that is more.

A system is found by being here. Its module, or ``ci.py`` in its folder, has an ``ADAPTER``.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from conda_provenance.ci.adapter import Adapter


def names() -> tuple[str, ...]:
    """The built-in systems' names, each the ``provider`` of its adapter."""
    return tuple(
        module.name for module in iter_modules(__path__) if not module.name.startswith("_")
    )


def module_name(system: str) -> str:
    """The module that holds the built-in system's ``ADAPTER``."""
    folders = {module.name for module in iter_modules(__path__) if module.ispkg}
    return f"{__name__}.{system}.ci" if system in folders else f"{__name__}.{system}"


@cache
def adapters() -> tuple[Adapter, ...]:
    """Every built-in system's adapter."""
    return tuple(import_module(module_name(name)).ADAPTER for name in names())
