from __future__ import annotations

import pytest

from conda_provenance.net import (
    host_is_private_by_name,
    is_public_address,
    may_send_credential,
    origin_of,
)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.1.1",
        "169.254.169.254",
        "100.100.100.200",  # A cloud's metadata server. is_private misses it.
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",  # Mapped.
        "::127.0.0.1",  # Compatible: is_global says yes.
        "64:ff9b::a9fe:a9fe",  # NAT64 of 169.254.169.254: is_global says yes.
        "64:ff9b:1::7f00:1",
        "2002:7f00:1::",  # 6to4 of 127.0.0.1: is_global says yes.
        "2001:0:4136:e378:8000:63bf:80ff:fffe",  # Teredo.
        "fec0::1",  # Site-local: is_global says yes.
        "::ffff:0:7f00:1",  # Translated (RFC 2765): is_global says yes.
        "2606:4700::5efe:a9fe:a9fe",  # ISATAP of 169.254.169.254: is_global says yes.
        "2606:4700::200:5efe:7f00:1",
        "3fff::1",  # Documentation (RFC 9637).
        "5f00::1",  # Segment routing (RFC 9602).
        "168.63.129.16",  # Azure's own server within each virtual machine: is_global says yes.
        "192.88.99.1",  # 6to4 relays.
        "localhost",
        "",
    ],
)
def test_these_are_not_addresses_of_the_public_internet(address: str) -> None:
    assert not is_public_address(address)


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822"]
)
def test_these_are(address: str) -> None:
    assert is_public_address(address)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "intranet",
        "127.0.0.1",
        "::1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "printer.local",
        "metadata.google.internal",
        "a.localhost.",
    ],
)
def test_some_hosts_are_private_by_their_names(host: str) -> None:
    assert host_is_private_by_name(host)


@pytest.mark.parametrize("host", ["conda.anaconda.org", "93.184.216.34", "prefix.dev."])
def test_others_are_not(host: str) -> None:
    assert not host_is_private_by_name(host)


def test_a_credential_is_for_one_host_and_port_over_https() -> None:
    assert may_send_credential("https://h.example/a", "https://H.example:443/b")
    for other in (
        "http://h.example/b",
        "https://h.example:8443/b",
        "https://g.example/b",
        "https://h.example.evil/b",
        "https://h.example@evil.example/b",
        "file:///etc/passwd",
        "https://[::1/",
    ):
        assert not may_send_credential("https://h.example/a", other)
    assert not may_send_credential("http://h.example/a", "http://h.example/b")


def test_an_origin_is_shown_with_its_port_only_where_that_is_unusual() -> None:
    shown = {url: origin.shown for url in URLS if (origin := origin_of(url))}
    assert shown == URLS


URLS = {
    "https://u:p@Host.example/t/x?q": "host.example",
    "http://host.example:80/": "host.example",
    "http://host.example:8080/": "host.example:8080",
    "https://[::1]:444/": "[::1]:444",
}


@pytest.mark.parametrize(
    "url", ["", "x", "ftp://h/", "https:///x", "https://h:99999/", "https://h:0/", "http://[::1"]
)
def test_what_has_no_server_has_no_origin(url: str) -> None:
    assert origin_of(url) is None
