"""``InstallPolicy``: what the condarc keys ask of a package that is about to be installed.

Where a package is read, and how conda is stopped, is not known here.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from conda_provenance.claim import Claim
from conda_provenance.condarc import (
    INSTALL,
    INSTALL_EXEMPT,
    INSTALL_POLICY,
    INSTALL_REPOS,
    INSTALL_REQUIRE,
    INSTALL_SETTINGS,
    INSTALL_VERIFIED,
)
from conda_provenance.errors import SettingsError, UsageError
from conda_provenance.keys import CEP_KEYS
from conda_provenance.patterns import RepositoryPattern, is_allowed
from conda_provenance.policy.channels import channel_address
from conda_provenance.settings import (
    parse_keys,
    parse_list,
    parse_word,
    read_setting,
    wrong_value,
)
from conda_provenance.text import show

if TYPE_CHECKING:
    from conda_provenance.audit.install_rules import Place
    from conda_provenance.policy.policy import Policy

ACTIONS = ("ignore", "warn", "refuse")

_ITEM = re.compile(
    r"(?P<channel>[a-z][a-z0-9+.-]*://(?:\[[^\]]*\])?[^\s\[]*?)(?:::(?P<spec>.+))?\Z", re.IGNORECASE
)


class Exemption(NamedTuple):
    """A channel whose packages, all or those that a spec matches, need no provenance."""

    channel: str
    """Its address, as :func:`channel_address` gives it."""
    spec: str | None = None


class InstallPolicy(NamedTuple):
    """What is asked of a package, and what happens if it falls short."""

    action: str = "ignore"
    """``ignore``, ``warn`` or ``refuse``."""
    require: tuple[str, ...] = CEP_KEYS
    """The keys that it must have. None: any one of the keys will do."""
    repositories: tuple[RepositoryPattern, ...] = ()
    """The repositories that it may name. None: any."""
    exemptions: tuple[Exemption, ...] = ()
    rules: Policy | None = None
    """A policy, of which the repositories and the CI systems count too."""
    verified: frozenset[str] = frozenset()
    """The sha256 of files that ``verify`` verified by that policy."""
    error: str | None = None
    """Why the keys cannot be read, in one sentence. Then nothing else here counts."""

    def shortcomings(self, claim: Claim, place: Place, now: float | None = None) -> tuple[str, ...]:
        """What a package lacks, by what it says: each a part of a sentence. None: it may pass.

        ``place``: which package it is. ``now``: seconds since 1970, UTC.
        """
        said = {key: getattr(claim, key) for key in self.require}
        lacking = [key for key, value in said.items() if not value]
        if not claim:
            return ("it says nothing of where it comes from",)

        found = [f"it lacks {', '.join(lacking)}"] if lacking else []
        needed = (*self.require, *(("remote_url",) if self.repositories else ()))
        found += _problems(claim, dict.fromkeys(needed))
        if self.repositories and not is_allowed(claim.remote_url or "", self.repositories):
            found.append(_wrong_repository(show(claim.shown("remote_url") or "")))

        if self.rules is not None:
            from conda_provenance.audit.install_rules import shortcomings_by

            moment = time.time() if now is None else now
            found += shortcomings_by(self.rules, claim, place, moment, self.verified)
        return tuple(dict.fromkeys(found))


def read_install_policy(values: Mapping[str, object]) -> InstallPolicy:
    """The policy from raw values, by condarc key. A missing key has its default.

    It never raises. A value that cannot be read is its ``error``. A wrong ``provenance_install``
    means ``refuse``: somebody wanted something, and nobody knows what.
    """
    try:
        action = read_setting(INSTALL, values, _parse_action)
    except SettingsError as error:
        return InstallPolicy("refuse", error=str(error))

    if action == "ignore":
        return InstallPolicy(action)

    try:
        rules = _read_rules(values)
        return InstallPolicy(
            action,
            require=read_setting(INSTALL_REQUIRE, values, parse_keys),
            repositories=read_setting(INSTALL_REPOS, values, _parse_repositories),
            exemptions=read_setting(INSTALL_EXEMPT, values, _parse_exemptions),
            rules=rules,
            verified=_read_verified(values, rules),
        )
    except SettingsError as error:
        return InstallPolicy(action, error=str(error))


def load_install_policy(read: Callable[..., Mapping[str, object]]) -> InstallPolicy:
    """The policy in force. ``read`` gives the raw values of the keys that it is called with.

    It raises :class:`SettingsError` for a value of another kind than the key has.
    """
    try:
        values = dict(read((INSTALL,)))
    except SettingsError as error:
        return InstallPolicy("refuse", error=str(error))

    policy = read_install_policy(values)
    if policy.action == "ignore" or policy.error:
        return policy

    try:
        values |= read(INSTALL_SETTINGS[1:])
    except SettingsError as error:
        return InstallPolicy(policy.action, error=str(error))

    return read_install_policy(values)


def _parse_action(value: object) -> str:
    word = parse_word(value)
    if word not in ACTIONS:
        raise ValueError
    return word


def _parse_repositories(value: object) -> tuple[RepositoryPattern, ...]:
    try:
        return tuple(RepositoryPattern.parse(text) for text in parse_list(value))
    except UsageError as error:
        # The reason names the pattern, which the key's own sentence does not.
        raise SettingsError(f"{wrong_value(INSTALL_REPOS)} {error}") from None


def _read_rules(values: Mapping[str, object]) -> Policy | None:
    if not values.get(INSTALL_POLICY.name):
        return None

    # Loaded only where there is one: conda installs while we read it.
    from conda_provenance.policy.loading import load_policy_of, parse_policy_name

    wanted = read_setting(INSTALL_POLICY, values, parse_policy_name)
    return load_policy_of(INSTALL_POLICY, wanted) if wanted else None


def _read_verified(values: Mapping[str, object], rules: Policy | None) -> frozenset[str]:
    if rules is None or not values.get(INSTALL_VERIFIED.name):
        return frozenset()

    from conda_provenance.audit.install_results import parse_paths, verified_by

    paths = read_setting(INSTALL_VERIFIED, values, lambda value: parse_paths(parse_list(value)))
    return verified_by(paths, rules.digest)


def _parse_exemptions(value: object) -> tuple[Exemption, ...]:
    return tuple(_parse_exemption(text) for text in parse_list(value))


def _parse_exemption(text: str) -> Exemption:
    match = _ITEM.match(text)
    channel = channel_address(match["channel"]) if match else None
    spec = match["spec"] if match else None
    if channel is None or (spec is not None and "::" in spec):
        raise ValueError

    return Exemption(channel, spec.strip() if spec else None)


def _wrong_repository(shown: str) -> str:
    return f"its repository is not allowed: {shown}" if shown else "it names no repository"


def _problems(claim: Claim, keys: Mapping[str, None]) -> list[str]:
    """What is wrong with the values of ``keys``."""
    if not claim.problems:
        return []

    given = claim.to_extra()
    relevant = {key: given[key] for key in keys if given.get(key)}
    return [problem.message.rstrip(".") for problem in Claim.from_extra(relevant).problems]
