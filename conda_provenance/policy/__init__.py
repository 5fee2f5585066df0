"""Policies: what is expected of which package. Whether a package meets it is not known here.

Everything is loaded when it is first used: conda asks for the gate at every installation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from conda_provenance.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from conda_provenance.policy.expectations import REQUIRED as REQUIRED
    from conda_provenance.policy.expectations import Expectations as Expectations
    from conda_provenance.policy.loading import load_policy as load_policy
    from conda_provenance.policy.loading import ready_policies as ready_policies
    from conda_provenance.policy.policy import Policy as Policy
    from conda_provenance.policy.reading import PolicyError as PolicyError
    from conda_provenance.policy.reading import parse_policy as parse_policy

_HOMES = {
    "REQUIRED": "expectations",
    "Expectations": "expectations",
    "Policy": "policy",
    "PolicyError": "reading",
    "load_policy": "loading",
    "parse_policy": "reading",
    "ready_policies": "loading",
}
"""The module that each name is loaded from."""

__all__ = [
    "REQUIRED",
    "Expectations",
    "Policy",
    "PolicyError",
    "load_policy",
    "parse_policy",
    "ready_policies",
]

__getattr__ = lazy_exports(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted(__all__)
