"""``Lookup``: which forge a repository's server is, and which CI's server knows a run.

A host's name never decides that: servers are asked, and the user's own word counts first.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import NamedTuple, Protocol, TypeVar

from conda_provenance import systems
from conda_provenance.api import Api, Doors, NamedBy, Server
from conda_provenance.ci import Adapter
from conda_provenance.errors import UnavailableError
from conda_provenance.forge_api import ForgeApi, host_of, how_to_name, site_of
from conda_provenance.net import origin_of
from conda_provenance.remotes import RemoteUrl, vendor_at
from conda_provenance.run_api import RunApi, RunClaim
from conda_provenance.text import show

A = TypeVar("A", bound=Api)

_MAX_PREFIX = 2
"""Segments of the path below which a forge is looked for."""

_AZURE = "azure"
_AZURE_SEGMENT = "_git"


class Lookup(Protocol):
    """Methods raise :class:`~conda_provenance.errors.UnavailableError` where nothing is known."""

    def forge(self, remote: RemoteUrl, *, hint: str = "", with_token: bool = True) -> ForgeApi:
        """The API of the repository's forge. ``hint``: the CI that the package names.

        ``with_token``: may the user's token be sent there?
        """

    def runs(self, claim: RunClaim, *, with_token: bool = True) -> RunApi:
        """The API of the CI that a package names."""

    def is_named(self, host: str) -> bool:
        """Did the user or the policy name this host, or is it a vendor's public server?

        With the port, if it is not the usual one.
        """


class _Place(NamedTuple):
    """A forge that was found."""

    vendor: str
    prefix: str
    named_by: NamedBy


class ProbingLookup:
    """The look-up of one run. Threads share it, and each server is asked what it is once.

    ``user`` and ``policy`` say which forge a host is: ``git.example.org`` or, where the forge is
    below the top of its server, ``example.org/git``, with the vendor's name.
    """

    def __init__(
        self,
        doors: Doors,
        *,
        user: Mapping[str, str] | None = None,
        policy: Mapping[str, str] | None = None,
    ) -> None:
        self._doors = doors
        self._maps = (
            (NamedBy.USER, _normal(user or {})),
            (NamedBy.POLICY, _normal(policy or {})),
        )
        self._found: dict[str, dict[str, str]] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def forge(self, remote: RemoteUrl, *, hint: str = "", with_token: bool = True) -> ForgeApi:
        place = self._named(remote) or self._probed(remote, hint)
        api = _forge_api(place.vendor).of(remote)
        url = api.api_url(remote, place.prefix)
        server = Server(url, host_of(remote), _owner(api, url, place.named_by), with_token)
        return api(self._doors.open(api, server), remote, place.prefix)

    def runs(self, claim: RunClaim, *, with_token: bool = True) -> RunApi:
        adapter = _adapter(claim.provider)
        if adapter is None or not adapter.run_api:
            raise UnavailableError(
                f"Runs of {show(claim.provider) or 'this CI'} cannot be asked for: nobody has "
                "written how yet."
            )

        api = _load(adapter.run_api, RunApi)
        place = self._forge_that_builds(claim) if api.is_of_forge else None
        if place is not None:
            claim = claim._replace(prefix=place.prefix)

        url = api.api_url(claim)
        host = _host_of(url)
        named_by = self._named_by(host) if place is None else place.named_by
        server = Server(url, host, _owner(api, url, named_by), with_token)
        return api(self._doors.open(api, server), claim)

    def _forge_that_builds(self, claim: RunClaim) -> _Place:
        """The repository's forge, where the CI that the package names is a forge's own."""
        place = self._named(claim.remote) or self._probed(claim.remote, claim.provider)
        if place.vendor != claim.provider:
            raise UnavailableError(
                f"{host_of(claim.remote)} has no runs of {show(claim.provider)}: its forge is "
                f"{place.vendor}."
            )
        return place

    def is_named(self, host: str) -> bool:
        return vendor_at(host) is not None or self._named_by(host) is not NamedBy.NOBODY

    def _named_by(self, host: str) -> NamedBy:
        for named_by, forges in self._maps:
            if any(_host(name) == host.lower() for name in forges):
                return named_by
        return NamedBy.NOBODY

    def _named(self, remote: RemoteUrl) -> _Place | None:
        """The forge by what the user says, then the policy, then our own table."""
        places = _prefixes(remote, len(remote.path.split("/")))
        for named_by, forges in self._maps:
            # The longest prefix fits best.
            for prefix in reversed(places):
                name = "/".join(filter(None, (host_of(remote), prefix)))
                if name in forges:
                    return _Place(forges[name], prefix, named_by)

        is_usual = remote.scheme == "https" and remote.port is None
        vendor = vendor_at(remote.host) if is_usual else None
        return _Place(vendor, "", NamedBy.PROJECT) if vendor else None

    def _probed(self, remote: RemoteUrl, hint: str) -> _Place:
        """The forge by what its server answers: at the top, then one segment further each time."""
        host = host_of(remote)
        with self._lock:
            lock = self._locks.setdefault(host, threading.Lock())
            known = self._found.setdefault(site_of(remote), {})
        with lock:
            for prefix in _prefixes(remote, _MAX_PREFIX):
                if prefix not in known:
                    known[prefix] = self._vendor_at(site_of(remote, prefix), hint)
                vendor = known[prefix]
                if vendor and _fits(vendor, remote, prefix):
                    return _Place(vendor, prefix, NamedBy.NOBODY)

        if _AZURE_SEGMENT in remote.path.split("/"):
            return _Place(_AZURE, "", NamedBy.NOBODY)
        raise UnavailableError(f"{host} does not say which forge it is: {how_to_name(host)}.")

    def _vendor_at(self, site: str, hint: str) -> str:
        """The vendor of the forge at this page. Empty: there is none that we know."""
        answers = {}
        for vendor, api in _probing(hint):
            for path in api.probes:
                if path not in answers:
                    answers[path] = self._doors.probe(site + path)._replace(url=site + path)
                if api.recognises(answers[path]):
                    return vendor
        return ""


def _normal(forges: Mapping[str, str]) -> dict[str, str]:
    """Hosts in lower case; paths as they are."""
    normal = {}
    for name, vendor in forges.items():
        host, slash, prefix = name.strip("/").partition("/")
        normal[host.lower() + slash + prefix] = vendor.strip().lower()
    return normal


def _host(name: str) -> str:
    return name.partition("/")[0]


def _host_of(url: str) -> str:
    origin = origin_of(url)
    if origin is None:
        raise UnavailableError("The package does not lead to a CI's server.")
    return origin.shown


def _prefixes(remote: RemoteUrl, count: int) -> list[str]:
    """The top, and the path's first segments. The last one is the repository's name."""
    segments = remote.path.split("/")[:-1][:count]
    return ["/".join(segments[:length]) for length in range(len(segments) + 1)]


def _owner(api: type[Api], url: str, named_by: NamedBy) -> NamedBy:
    origin = origin_of(url)
    is_public = origin is not None and origin.scheme == "https" and origin.shown in api.public_hosts
    return NamedBy.VENDOR if is_public else named_by


def _fits(vendor: str, remote: RemoteUrl, prefix: str) -> bool:
    """Can a repository of this forge have such an address?"""
    try:
        _forge_api(vendor).of(remote).api_url(remote, prefix)
    except UnavailableError:
        return False
    return True


def _probing(hint: str) -> Iterator[tuple[str, type[ForgeApi]]]:
    """The forges that can be recognised. The one that the package hints at comes first."""
    vendors = sorted(_probed_vendors(), key=lambda vendor: vendor != hint)
    for vendor in vendors:
        yield vendor, _forge_api(vendor)


def forge_vendors() -> tuple[str, ...]:
    """The names of the forges that can be asked."""
    from conda_provenance.plugins import ci_adapters

    return tuple(dict.fromkeys(each.provider for each in ci_adapters() if each.forge_api))


@cache
def _probed_vendors() -> tuple[str, ...]:
    return tuple(name for name in forge_vendors() if _forge_api(name).probes)


@cache
def _forge_api(vendor: str) -> type[ForgeApi]:
    adapter = _adapter(vendor)
    if adapter is None or not adapter.forge_api:
        raise UnavailableError(
            f"The forge {show(vendor)} cannot be asked about changes: nobody has written how yet."
        )
    return _load(adapter.forge_api, ForgeApi)


def can_ask_runs(provider: str) -> bool:
    """Has somebody written how this CI is asked about runs?"""
    adapter = _adapter(provider)
    return adapter is not None and bool(adapter.run_api)


def _adapter(vendor: str) -> Adapter | None:
    return systems.adapter(vendor) or _foreign_adapters().get(vendor)


@cache
def _foreign_adapters() -> dict[str, Adapter]:
    from conda_provenance.plugins import foreign_adapters

    return {adapter.provider: adapter for adapter in reversed(foreign_adapters())}


def _load(reference: str, kind: type[A]) -> type[A]:
    """The class that ``reference`` names, ``package.module:NAME``."""
    module, _, name = reference.partition(":")
    try:
        loaded = getattr(import_module(module), name)
    except Exception as error:  # Another distribution's.
        raise UnavailableError(f"{reference} cannot be loaded ({type(error).__name__}).") from None

    if not (isinstance(loaded, type) and issubclass(loaded, kind)):
        raise UnavailableError(f"{reference} is not a {kind.__name__}.")
    return loaded
