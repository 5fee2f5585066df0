"""Hosts that look like an expected one. What this says is for people, and decides nothing."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from conda_provenance.patterns import RepositoryPattern

_ALIKE = 0.8
_MAX_HOST = 255


def look_alike(address: str, patterns: Iterable[RepositoryPattern]) -> str:
    """The end of a sentence about an address that no pattern matches, or an empty text."""
    host = _host(address)
    expected = {pattern.host for pattern in patterns}
    if not host or host in expected:
        return ""

    if any(label.startswith("xn--") for label in host.split(".")):
        return ": its host has letters that are not ASCII, which may look like others"

    near = next((each for each in sorted(expected) if _is_alike(host, each)), None)
    return f": its host looks like {near}, and is another" if near else ""


def _is_alike(host: str, expected: str) -> bool:
    """Does one hold the other, or do they differ in few letters?"""
    if expected in host or host in expected:
        return True

    from difflib import SequenceMatcher

    return SequenceMatcher(None, host, expected).ratio() >= _ALIKE


def _host(address: str) -> str:
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        return ""
    return host if len(host) <= _MAX_HOST else ""
