"""Stamps every conda package with where it came from (CEP 31), and shows and checks it.

The names in ``__all__`` are the public face; every other name may change without notice.
``import conda_provenance`` costs next to nothing: each name is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conda_provenance.builders import activate as activate
    from conda_provenance.ci import NO_VARIABLE as NO_VARIABLE
    from conda_provenance.ci import Adapter as Adapter
    from conda_provenance.ci import unless as unless
    from conda_provenance.ci import when as when
    from conda_provenance.claim import Claim as Claim
    from conda_provenance.claim import Problem as Problem
    from conda_provenance.collector import collect as collect
    from conda_provenance.errors import PackageError as PackageError
    from conda_provenance.errors import ProvenanceError as ProvenanceError
    from conda_provenance.errors import RefusedError as RefusedError
    from conda_provenance.errors import RequirementError as RequirementError
    from conda_provenance.errors import SettingsError as SettingsError
    from conda_provenance.errors import UnavailableError as UnavailableError
    from conda_provenance.forges import Forge as Forge
    from conda_provenance.hookspecs import PackageBuild as PackageBuild
    from conda_provenance.hookspecs import hookimpl as hookimpl
    from conda_provenance.origin import Origin as Origin
    from conda_provenance.packages import StampResult as StampResult
    from conda_provenance.packages import corrected_once as corrected_once
    from conda_provenance.packages import read_claim as read_claim
    from conda_provenance.packages import stamp_package as stamp_package
    from conda_provenance.provenance import Provenance as Provenance
    from conda_provenance.runs import Runs as Runs
    from conda_provenance.settings import Settings as Settings
    from conda_provenance.verify.check import Case as Case
    from conda_provenance.verify.check import Check as Check
    from conda_provenance.verify.check import World as World
    from conda_provenance.verify.outcome import Outcome as Outcome
    from conda_provenance.verify.outcome import Result as Result

__version__ = "0.2.0"

_HOMES = {
    "Adapter": "ci",
    "Case": "verify.check",
    "Check": "verify.check",
    "Claim": "claim",
    "Forge": "forges",
    "NO_VARIABLE": "ci",
    "Origin": "origin",
    "Outcome": "verify.outcome",
    "PackageBuild": "hookspecs",
    "PackageError": "errors",
    "Problem": "claim",
    "Provenance": "provenance",
    "ProvenanceError": "errors",
    "RefusedError": "errors",
    "RequirementError": "errors",
    "Result": "verify.outcome",
    "Runs": "runs",
    "Settings": "settings",
    "SettingsError": "errors",
    "StampResult": "packages",
    "UnavailableError": "errors",
    "World": "verify.check",
    "activate": "builders",
    "collect": "collector",
    "corrected_once": "packages",
    "hookimpl": "hookspecs",
    "read_claim": "packages",
    "stamp_package": "packages",
    "unless": "ci",
    "when": "ci",
}
"""The module that each public name is loaded from."""

__all__ = [
    "Adapter",
    "Case",
    "Check",
    "Claim",
    "Forge",
    "NO_VARIABLE",
    "Origin",
    "Outcome",
    "PackageBuild",
    "PackageError",
    "Problem",
    "Provenance",
    "ProvenanceError",
    "RefusedError",
    "RequirementError",
    "Result",
    "Runs",
    "Settings",
    "SettingsError",
    "StampResult",
    "UnavailableError",
    "World",
    "__version__",
    "activate",
    "collect",
    "corrected_once",
    "hookimpl",
    "read_claim",
    "stamp_package",
    "unless",
    "when",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
