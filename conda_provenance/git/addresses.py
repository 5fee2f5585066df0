"""The way to a git server: its addresses, looked up once and checked, or the user's proxy.

git is told the way and finds none by itself: a name that leads elsewhere a moment later changes
nothing. It opens no connection.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from typing import NamedTuple

from conda_provenance.errors import UnavailableError
from conda_provenance.net import (
    Origin,
    Reach,
    host_is_private_by_name,
    is_ip_address,
    is_public_address,
)

_PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ftp_proxy")
_MAX_ADDRESSES = 16

FindAddresses = Callable[[str, int], list[str]]


class Way(NamedTuple):
    """How git gets to one server, and to no other."""

    origin: Origin
    protocol: str
    """The only one that git may speak."""
    settings: tuple[tuple[str, str], ...] = ()
    proxy: str = ""
    """May hold a login."""

    def environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The same variables, by which git uses this way's proxy or none."""
        kept = {
            name: value for name, value in environ.items() if name.lower() not in _PROXY_VARIABLES
        }
        if self.proxy:
            kept |= {"http_proxy": self.proxy, "https_proxy": self.proxy}
        return kept


def find_addresses(host: str, port: int) -> list[str]:
    """All addresses that a host's name leads to."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def find_way(
    url: str,
    reach: Reach,
    environ: Mapping[str, str],
    find: FindAddresses = find_addresses,
) -> Way:
    """The way to the server of ``url``.

    Raises :class:`~conda_provenance.errors.UnavailableError` if it may not be asked.
    """
    origin = reach.require(url)
    proxy = _proxy_for(origin, environ)
    needs_public = reach.needs_public(origin)
    if proxy:
        # What it connects to, the proxy alone knows.
        if needs_public and (is_ip_address(origin.host) or host_is_private_by_name(origin.host)):
            raise UnavailableError(
                f"{origin.shown} is not asked through a proxy: only the proxy could see whether"
                " it is in a private network."
            )
        return Way(origin, origin.scheme, proxy=proxy)

    addresses = _addresses(origin, find)
    if needs_public and not all(map(is_public_address, addresses)):
        raise UnavailableError(
            f"{origin.shown} is not asked: it leads into a private network, which"
            " '--allow private' permits."
        )
    if is_ip_address(origin.host):
        return Way(origin, origin.scheme)

    listed = ",".join(f"[{each}]" if ":" in each else each for each in addresses)
    pinned = f"{origin.host}:{origin.port}:{listed}"
    return Way(origin, origin.scheme, (("http.curloptResolve", pinned),))


def _addresses(origin: Origin, find: FindAddresses) -> list[str]:
    if is_ip_address(origin.host):
        return [origin.host]

    try:
        addresses = find(origin.host, origin.port)
    except (OSError, UnicodeError):
        addresses = []
    if not addresses:
        raise UnavailableError(
            f"{origin.shown} cannot be found: its name has no address. Is the network there?"
        )
    return addresses[:_MAX_ADDRESSES] if all(addresses) else []


def _proxy_for(origin: Origin, environ: Mapping[str, str]) -> str:
    """The proxy that the user's variables name for this server. Empty: none."""
    named = {
        name.lower().removesuffix("_proxy"): value
        for name, value in sorted(environ.items())  # So that small letters count, as for curl.
        if name.lower() in _PROXY_VARIABLES and value
    }
    proxy = named.get(origin.scheme) or named.get("all") or ""
    return "" if _is_bypassed(origin, named.get("no", "")) else proxy


def _is_bypassed(origin: Origin, listed: str) -> bool:
    """Does ``no_proxy`` list this server, or a domain that it is in?"""
    for entry in listed.lower().replace(",", " ").split():
        name, _, port = entry.rpartition(":") if entry.count(":") == 1 else (entry, "", "")
        domain = name.lstrip("*").strip("[]").lstrip(".")
        is_host = origin.host == domain or (bool(domain) and origin.host.endswith(f".{domain}"))
        if name == "*" or (is_host and port in ("", str(origin.port))):
            return True
    return False
