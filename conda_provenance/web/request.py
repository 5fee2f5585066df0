"""``Request``: a question to the API of a server. How it is sent is not known here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from conda_provenance.net import Origin, Reach, Tls


class Request(NamedTuple):
    """A question to an API. No credentials are sent with it but its own."""

    url: str
    reach: Reach
    """Where it may lead, itself and by redirects."""
    headers: Mapping[str, str] = {}
    credential: Mapping[str, str] = {}
    """Headers for the server of ``url`` alone."""
    body: bytes | None = None
    """Sent by POST. It must change nothing: it may be sent again."""
    limit: int = 1 << 20
    """Bytes of the answer that are read."""
    is_redirected: bool = True
    """Are redirects followed on the same server?"""
    may_leave: bool = False
    """Are they followed to another one? It gets neither ``credential`` nor ``headers``."""
    tls: Mapping[Origin, Tls] = {}
    """Of the servers for which the user has said it."""

    def __repr__(self) -> str:
        return f"Request(url={self.url!r})"  # The rest may hold a token.
