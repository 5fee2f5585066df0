"""Stamps every conda package with where it came from (CEP 31), shows it, and lets builders and people ask.

``import conda_provenance`` costs next to nothing: the names below are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conda_provenance.builders import activate as activate
    from conda_provenance.errors import ProvenanceError as ProvenanceError
    from conda_provenance.hookspecs import PackageBuild as PackageBuild
    from conda_provenance.hookspecs import hookimpl as hookimpl
    from conda_provenance.provenance import Provenance as Provenance

__version__ = "0.1.0"
__all__ = ["PackageBuild", "Provenance", "ProvenanceError", "__version__", "activate", "hookimpl"]

_HOMES = {
    "PackageBuild": "hookspecs",
    "Provenance": "provenance",
    "ProvenanceError": "errors",
    "activate": "builders",
    "hookimpl": "hookspecs",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
