"""What a policy asks of a package that is about to be installed, as far as that is looked at then.

Only what the package says of itself is read: its repository and its CI. No check of ``verify`` is
made here. So a rule that asks for one is met only if ``verify`` verified that file before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from conda_provenance.claim import Claim
from conda_provenance.condarc import INSTALL_VERIFIED
from conda_provenance.patterns import is_allowed
from conda_provenance.policy.expectations import REQUIRED, Expectations
from conda_provenance.policy.policy import Policy
from conda_provenance.text import show

_READ = (*REQUIRED, "expected")
"""The checks that nearly every policy asks for. Of these, only what the package says is read."""


class Place(NamedTuple):
    """Which package it is, by its record."""

    name: str
    channel: str | None = None
    """The channel's address."""
    sha256: str | None = None


def shortcomings_by(
    policy: Policy,
    claim: Claim,
    place: Place,
    now: float,
    verified: Collection[str] = (),
) -> Iterator[str]:
    """What the package lacks, each a part of a sentence. ``now``: seconds since 1970, UTC.

    ``verified``: the sha256 of files that ``verify`` verified by this policy.
    """
    expected = policy.expectations(place.channel, place.name, now)
    applied = policy.applied(place.channel, place.name, now)
    by = f"the policy {policy.name}"
    if applied.rule is None:
        yield f"{by} has no rule for it"
        return

    asked = _not_made(expected)
    if asked and place.sha256 not in verified:
        yield (
            f"{by} (line {applied.rule.line}) asks for what is not checked before installing: "
            f"{', '.join(asked)}; no file of plugins.{INSTALL_VERIFIED.name} says that it was "
            "verified by it"
        )

    if "expected" not in expected.required:  # An exception waives it, or nothing is expected.
        return

    if expected.repositories and not is_allowed(claim.remote_url or "", expected.repositories):
        shown = show(claim.shown("remote_url") or "")
        yield (
            f"its repository is not allowed by {by}: {shown}" if shown else "it names no repository"
        )

    provider = claim.provider
    if expected.providers and provider not in expected.providers:
        yield f"its CI is not allowed by {by}: {show(provider, 100) or 'it names none'}"


def _not_made(expected: Expectations) -> list[str]:
    pins = {
        "repository_id": expected.repository_id,
        "owner_id": expected.owner_id,
    }
    checks = [show(each, 100) for each in expected.required if each not in _READ]
    return [*checks, *(key for key, number in pins.items() if number)]
