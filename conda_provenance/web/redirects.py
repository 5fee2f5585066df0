"""Where a redirect may lead, and what of a request goes there.

Credentials never leave their server. Nothing leads from a public server into a private network.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urldefrag, urljoin, urlsplit, urlunsplit

from conda_provenance.net import host_is_private_by_name, is_public_address, origin_of
from conda_provenance.web import faults

REDIRECTS = frozenset({301, 302, 303, 307, 308})
"""Statuses that lead to another address."""


@dataclass(frozen=True, slots=True)
class Hop:
    """An address to ask, and what may be sent to it."""

    url: str
    with_credentials: bool = True
    """May the user's credentials be sent there?"""
    public: bool = False
    """Must it be an address of the public internet?"""
    is_redirected: bool = False

    @property
    def host(self) -> str:
        """The server, fit to be shown."""
        origin = origin_of(self.url)
        return origin.shown if origin else "(no server)"


class Head(Protocol):
    """The part of an answer that decides where its redirect may lead."""

    @property
    def peer(self) -> str | None: ...
    @property
    def is_proxied(self) -> bool: ...


def redirected(hop: Hop, location: str | None, head: Head) -> Hop:
    """Where an answer's ``location`` leads."""
    if not location:
        raise faults.bad_redirect(hop.host, "nowhere")

    try:
        url = urldefrag(urljoin(hop.url, location.strip())).url
    except ValueError:
        raise faults.bad_redirect(hop.host, "an address that makes no sense") from None

    here, there = origin_of(hop.url), origin_of(url)
    if here is None or there is None:
        raise faults.bad_redirect(hop.host, "an address that is neither http nor https")

    if here == there:
        url = _with_login_of(hop.url, url)
    public = hop.public or _is_public(here.host, head)
    if public and here.scheme == "https" and there.scheme == "http":
        raise faults.bad_redirect(hop.host, "an address without encryption")
    return Hop(url, hop.with_credentials and here == there, public, is_redirected=True)


def _with_login_of(url: str, there: str) -> str:
    """The address ``there``, with the login of another one on the same server.

    A redirect may give the whole address of its own server, in which the login is missing.
    """
    login, at, _ = urlsplit(url).netloc.rpartition("@")
    parts = urlsplit(there)
    if not at or "@" in parts.netloc:
        return there
    return urlunsplit(parts._replace(netloc=f"{login}@{parts.netloc}"))


def _is_public(host: str, head: Head) -> bool:
    """Is the server one of the public internet? If that is not known, it is taken for one."""
    if head.is_proxied or head.peer is None:
        return not host_is_private_by_name(host)
    return is_public_address(head.peer)


def require_public(
    hop: Hop, *, is_proxied: bool, lookup: Callable[[str], list[str]] | None = None
) -> None:
    """Refuse a private address before any connection is made to it.

    The connection looks at it once more. What a proxy connects to, it alone knows.
    """
    origin = origin_of(hop.url)
    assert origin is not None
    if is_proxied:
        is_allowed = not host_is_private_by_name(origin.host)
    else:
        is_allowed = all(map(is_public_address, (lookup or _addresses)(origin.host)))
    if not is_allowed:
        raise faults.private_address(hop.host)


def _addresses(host: str) -> list[str]:
    """All addresses of a host. None, if its name is not known: connecting says that better."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(each[4][0]) for each in found]
