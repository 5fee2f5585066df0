"""Stamps packages while they are built. Only this folder knows how builders work inside.

Importing it changes nothing. :func:`activate` wraps the builders' functions.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

__all__ = ["activate"]


def activate() -> None:
    """Stamp every package that conda-build or py-rattler-build makes in this process from now on.

    Call it before or after the builders are imported, once or more often. Our conda plugin calls
    it. A program that uses ``rattler_build`` or ``conda_build.api`` without conda's plugins has to
    call it itself.
    """
    from conda_provenance.builders.imports import when_imported

    when_imported("conda_build.build", _attach("conda_build", "attach_build"))
    when_imported("conda_build.metadata", _attach("conda_build", "attach_metadata"))
    when_imported("conda_build.source", _attach("conda_build_info", "attach_source"))
    when_imported("conda_build._rattler_build.compat", _attach("conda_build", "attach_v1"))
    when_imported("rattler_build.render", _attach("rattler_build", "attach"))
    when_imported("rattler_build.stage0", _attach("rattler_build", "attach_recipes"))
    when_imported("rattler_build.cli_api", _attach("rattler_build", "attach_cli_api"))


def _attach(builder: str, function: str) -> Callable[[ModuleType], None]:
    """Return a function that imports our module for ``builder`` and calls its ``function``."""

    def attach(module: ModuleType) -> None:
        from importlib import import_module

        getattr(import_module(f"{__name__}.{builder}"), function)(module)

    return attach
