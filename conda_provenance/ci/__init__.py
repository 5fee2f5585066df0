"""Recognises the CI run we are in. It knows what an adapter is, and no single CI system."""

from __future__ import annotations

from conda_provenance.ci.adapter import FACTS, NO_VARIABLE, Adapter
from conda_provenance.ci.detection import detect, names_commit, providers
from conda_provenance.ci.environ import Environ
from conda_provenance.ci.fact import Fact, When, unless, when
from conda_provenance.ci.run import CIRun, make_run

__all__ = [
    "FACTS",
    "NO_VARIABLE",
    "Adapter",
    "CIRun",
    "Environ",
    "Fact",
    "When",
    "detect",
    "make_run",
    "names_commit",
    "providers",
    "unless",
    "when",
]
