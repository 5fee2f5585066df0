"""Leads from what a package says of its run to the CI that can be asked.

What the CI's answers mean is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from conda_provenance.claim import Claim
from conda_provenance.errors import UnavailableError
from conda_provenance.forge_api import ForgeApi, Pointer, host_of
from conda_provenance.lookup import can_ask_runs
from conda_provenance.remotes import RemoteUrl, vendor_at
from conda_provenance.run_api import RunApi, RunClaim
from conda_provenance.verify.check import Case, World
from conda_provenance.verify.named import is_named

_ID = re.compile(r"([a-z][a-z0-9-]*)_(.+)", re.DOTALL)

_ALIKE = frozenset({"gitea", "forgejo"})
"""Forgejo's older runners cannot be told from Gitea's."""


class NamedRun(NamedTuple):
    """The run that a package names: the CI, and the run's id there."""

    provider: str
    run_id: str


def named_run(claim: Claim) -> NamedRun | None:
    """By ``flow_run_id``. ``None``: it is not there, or has no CI's name in front."""
    match = _ID.fullmatch(claim.flow_run_id or "")
    return NamedRun(match[1], match[2]) if match else None


class RunsAsked(NamedTuple):
    """The CI's API, and what could not be asked before it."""

    api: RunApi
    error: UnavailableError | None
    """Why the forge does not say which runs there are at the commit, if it was asked."""


def api_of(case: Case, world: World, run: NamedRun, remote: RemoteUrl, sha: str) -> RunsAsked:
    """The CI's API. Raises :class:`UnavailableError` where nothing leads to one."""
    forge, error = _forge(world, remote, run.provider)
    provider = run.provider
    if forge is not None and {provider, forge.vendor} <= _ALIKE:
        provider = forge.vendor

    is_own = provider == (_public_vendor(remote) if forge is None else forge.vendor)
    pointers: Sequence[Pointer] = ()
    if not is_own and forge is not None and can_ask_runs(provider):
        pointers, error = _pointers(forge, sha)

    claim = RunClaim(
        provider,
        run.run_id,
        case.subject.package.claim.flow_run_url,
        remote,
        sha,
        pointers,
        case.expected.ci_hosts,
    )
    try:
        api = world.lookup.runs(claim)
    except UnavailableError:
        if error is not None and can_ask_runs(provider):
            raise error from None
        raise

    if api.is_of_forge and not is_own:
        raise error or UnavailableError(
            f"{host_of(remote)} is another forge than the one whose CI the package names."
        )
    return RunsAsked(api, error)


def is_forge_named(case: Case, world: World, remote: RemoteUrl) -> bool:
    """May the repository's forge be believed about its own runs, and those that it points to?"""
    return is_named(remote, case.expected, world.lookup)


def _forge(
    world: World, remote: RemoteUrl, hint: str
) -> tuple[ForgeApi | None, UnavailableError | None]:
    try:
        return world.lookup.forge(remote, hint=hint), None
    except UnavailableError as error:
        return None, error


def _public_vendor(remote: RemoteUrl) -> str | None:
    """Whose public forge this is, where it cannot be asked itself."""
    is_usual = remote.scheme == "https" and remote.port is None
    return vendor_at(remote.host) if is_usual else None


def _pointers(forge: ForgeApi, sha: str) -> tuple[Sequence[Pointer], UnavailableError | None]:
    """The runs that the forge shows at the commit. Without them, a CI may still be named."""
    try:
        return tuple(forge.pointers(sha)), None
    except NotImplementedError:
        return (), None
    except UnavailableError as error:
        return (), error
