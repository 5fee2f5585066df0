"""Policies: what is expected of which package. Whether a package meets it is not known here."""

from __future__ import annotations

from conda_provenance.policy.expectations import REQUIRED, Expectations
from conda_provenance.policy.loading import load_policy, ready_policies
from conda_provenance.policy.policy import Policy
from conda_provenance.policy.reading import PolicyError, parse_policy

__all__ = [
    "REQUIRED",
    "Expectations",
    "Policy",
    "PolicyError",
    "load_policy",
    "parse_policy",
    "ready_policies",
]
