"""Knows which addresses of repositories may lead nowhere for others when they are written as https.

It knows no forge: :mod:`conda_provenance.remotes` refuses those whose web addresses differ.
"""

from __future__ import annotations

import re

from conda_provenance.remotes import SSH_SCHEMES, RemoteUrl, vendor_at

_PUBLIC_HOST = re.compile(r"\.(?:[a-z]{2,}|xn--[a-z0-9-]+)\Z|\A[\d.]+\Z|\]\Z")
"""A host with a top-level domain, or an IP address. ``github.com-work`` is a name of ssh's own."""

_REAL_HOSTS = {"gist.github.com"}
"""Hosts within those of public forges whose web addresses are the same as their ssh addresses."""

_OWN_HOSTS = {
    "localhost",
    "localhost6",
    "localhost.localdomain",
    "localhost6.localdomain6",
    "ip6-localhost",
    "ip6-loopback",
    "host.docker.internal",
    "gateway.docker.internal",
    "host.containers.internal",
}
"""Names that systems, Docker and Podman have for the machine itself."""

_SERVER_FOLDERS = {"srv", "home", "var", "opt", "mnt", "usr", "root", "export", "volume1"}


def _is_made_of_vendor(host: str) -> bool:
    """Does the host hold that of a public forge, as ``work.github.com`` does?

    People with several accounts name them like that in ssh's configuration.
    """
    labels = host.split(".")
    parts = {
        ".".join(labels[start:end])
        for start in range(len(labels))
        for end in range(start + 2, len(labels) + 1)
    }
    return host not in _REAL_HOSTS and any(map(vendor_at, parts))


def _is_this_machine(host: str) -> bool:
    """Does the host lead others to their own machine, or to nothing?

    Addresses of a local network are not among them: colleagues can reach those.
    """
    if host in _OWN_HOSTS or host.endswith(".localhost"):
        return True

    if not (host.startswith("[") or host[0].isdigit()):
        return False

    import ipaddress
    import socket

    try:
        # "127.1" and "0x7f000001" are IP addresses, too.
        number = host[1:-1] if host.startswith("[") else socket.inet_aton(host)
        address = ipaddress.ip_address(number)
    except (OSError, ValueError):
        return False

    inner = getattr(address, "ipv4_mapped", None) or address
    return bool(inner.is_loopback or inner.is_unspecified or inner.is_link_local)


def doubt_of(text: str) -> str | None:
    """Why an address that :meth:`RemoteUrl.parse` takes may lead nowhere, or ``None``.

    An address of the machine itself is doubtful. So are some ssh addresses: ssh has names of its
    own for hosts, and a server's folder need not be on the web. The answer is the second half of a
    sentence, and does not repeat the text.
    """
    url = RemoteUrl.parse(text)
    if _is_this_machine(url.host):
        return "its host is one that only this machine reaches"

    scheme, separator, _ = text.strip().partition("://")
    if separator and scheme.lower() not in SSH_SCHEMES:
        return None

    if vendor_at(url.host) is not None:
        return None

    if not _PUBLIC_HOST.search(url.host) or _is_made_of_vendor(url.host):
        return "its host may be a name that only this machine knows"

    first = url.path.partition("/")[0]
    is_absolute = bool(separator) or ":/" in text
    if first.startswith("~") or (is_absolute and first in _SERVER_FOLDERS):
        return "its path is that of a folder on the server"

    return None
