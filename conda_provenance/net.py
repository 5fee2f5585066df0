"""Which addresses may be reached, and which host a credential belongs to.

It opens no connection. The form of repository addresses is not known here: see
:mod:`conda_provenance.remotes`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple
from urllib.parse import urlsplit

from conda_provenance.errors import UnavailableError

USUAL_PORTS = {"http": 80, "https": 443}

_NOT_PUBLIC = (
    ip_network("100.64.0.0/10"),  # Carrier-grade NAT (RFC 6598), and a cloud's metadata server.
    ip_network("168.63.129.16/32"),  # Azure's own server, as each of its virtual machines sees it.
    ip_network("192.88.99.0/24"),  # Relays of 6to4 (RFC 7526).
    ip_network("3fff::/20"),  # Documentation (RFC 9637).
)
"""Addresses that :mod:`ipaddress` takes for global ones."""

_GLOBAL = IPv6Network("2000::/3")
"""The only IPv6 addresses that were given out to the public internet."""

_ISATAP = frozenset({0x00005EFE, 0x02005EFE})
"""The third quarter of an IPv6 address whose last is an IPv4 address (RFC 5214)."""

_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
"""RFC 6052 and RFC 8215. The last 32 bits are an IPv4 address."""

_COMPATIBLE = IPv6Network("::/96")
"""``::127.0.0.1`` (RFC 4291, 2.5.5.1)."""


_PRIVATE_NAMES = frozenset(
    {"corp", "home", "internal", "intranet", "lan", "local", "localdomain", "localhost", "private",
     "svc"}
)  # fmt: skip
"""Last parts of names that are in no public list, but in many networks (RFC 6762, appendix G)."""

_HOST = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*|[0-9a-f:]+(?:\.[0-9]+){0,3}")


class Origin(NamedTuple):
    """The server that an address leads to. Credentials belong to one of these."""

    scheme: str
    host: str
    port: int

    @property
    def shown(self) -> str:
        """Host, and port where it is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == USUAL_PORTS.get(self.scheme) else f"{host}:{self.port}"


def origin_of(url: str) -> Origin | None:
    """Where ``url`` leads. ``None``: it is no address of a web server, or a malformed one."""
    end = url.find("/", len("https://"))
    return _origin_of(url if end < 0 else url[:end])


@lru_cache(maxsize=1024)
def _origin_of(url: str) -> Origin | None:
    try:
        parts = urlsplit(url)
        scheme, host = parts.scheme.lower(), parts.hostname
        port = parts.port if parts.port is not None else USUAL_PORTS.get(scheme)
    except ValueError:
        return None

    if scheme not in USUAL_PORTS or not host or not port:
        return None
    return Origin(scheme, host.rstrip(".").lower(), port)


def address_fault(url: str) -> str | None:
    """What is wrong with a web address that has no origin. ``None``: it is none, or sound."""
    if not url.lower().startswith(("http://", "https://")):
        return None

    try:
        parts = urlsplit(url)
    except ValueError:  # Half of a numbered host.
        return "its host is malformed"
    if not parts.hostname:
        return "it names no host"

    try:
        has_port = parts.port != 0
    except ValueError:
        has_port = False
    return None if has_port else "its port is no number from 1 to 65535"


def may_send_credential(credential_of: str, to: str) -> bool:
    """May a credential that the user has for one address be sent to the other?

    Only over https, to the same host and port.
    """
    owner = origin_of(credential_of)
    return owner is not None and owner.scheme == "https" and owner == origin_of(to)


def is_public_address(address: str) -> bool:
    """Is this IP address one of the public internet?

    An IPv4 address in an IPv6 one counts as what it is. Anything that is no IP address is not
    public.
    """
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return False

    inner = _inner_addresses(parsed) if isinstance(parsed, IPv6Address) else []
    return all(_is_public(each) for each in (parsed, *inner))


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    is_given_out = address.version == 4 or address in _GLOBAL or bool(_inner_addresses(address))
    is_local = any(
        address in network for network in _NOT_PUBLIC if network.version == address.version
    )
    return address.is_global and is_given_out and not address.is_multicast and not is_local


def _inner_addresses(address: IPv6Address) -> list[IPv4Address]:
    """The IPv4 addresses that an IPv6 address stands for, by any of the ways there are."""
    inner: list[IPv4Address] = []
    if address.ipv4_mapped is not None:
        inner.append(address.ipv4_mapped)
    if address.sixtofour is not None:
        inner.append(address.sixtofour)
    if address.teredo is not None:
        inner += address.teredo

    last = IPv4Address(int(address) & 0xFFFFFFFF)
    is_isatap = int(address) >> 32 & 0xFFFFFFFF in _ISATAP
    if is_isatap or address in _COMPATIBLE or any(address in network for network in _NAT64):
        inner.append(last)
    return inner


def is_ip_address(host: str) -> bool:
    """Is this an address in numbers rather than a name?"""
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def host_is_private_by_name(host: str) -> bool:
    """Does a host's name alone say that it is not on the public internet?

    For where its address cannot be looked up, as behind a proxy.
    """
    host = host.rstrip(".").lower()
    if is_ip_address(host):
        return not is_public_address(host)

    # "2130706433", "0x7f.1" and "127.1" are addresses for some resolvers.
    last = host.rpartition(".")[2]
    if last.isdigit() or last.startswith("0x"):
        return True
    return "." not in host or last in _PRIVATE_NAMES or host.endswith(".home.arpa")


class Tls(NamedTuple):
    """How one server proves who it is, and how we do. Files of the user's."""

    authority: str | None = None
    """The certificates of the authorities that may vouch for it, in PEM."""
    certificate: str | None = None
    """Our certificate."""
    key: str | None = None
    """Its private key, if that is not in the same file."""


class Reach(NamedTuple):
    """Where a package, or the answer of a server, may lead us: what the user allows.

    Without a word of the user, that is https, its usual port, and the public internet.
    """

    http: bool = False
    """``--allow http``: without encryption, and at any port."""
    private: bool = False
    """``--allow private``: in private networks and on this machine, and at any port."""
    named: frozenset[Origin] = frozenset()
    """The servers that the user names. Where they are is his affair."""

    def fault(self, url: str) -> str | None:
        """Why this address may not be asked: the second half of a sentence.

        ``None``: it may, as far as the address alone tells. Where its host's name leads is seen
        when a connection is made: see :meth:`needs_public`.
        """
        origin = origin_of(url)
        if origin is None:
            return "it is no complete https address"
        if "@" in urlsplit(url).netloc:
            return "it holds a login"
        if not _HOST.fullmatch(origin.host):
            return "its host has characters that no host has"
        return None if origin in self.named else self._refusal(origin)

    def require(self, url: str) -> Origin:
        """The server of an address that may be asked.

        Raises :class:`~conda_provenance.errors.UnavailableError` for any other one.
        """
        origin, fault = origin_of(url), self.fault(url)
        if origin is None or fault:
            shown = origin.shown if origin else "An address"
            raise UnavailableError(f"{shown} is not asked: {fault}.")
        return origin

    def _refusal(self, origin: Origin) -> str | None:
        if origin.scheme != "https" and not self.http:
            return "it is not encrypted: '--allow http' permits that"
        if origin.port != USUAL_PORTS["https"] and not (self.http or self.private):
            return "its port is not 443: '--allow private' permits that"
        if not self.private and host_is_private_by_name(origin.host):
            return "it is in a private network: '--allow private' permits that"
        return None

    def needs_public(self, origin: Origin) -> bool:
        """Must this server have an address of the public internet?"""
        return not self.private and origin not in self.named
