"""``Tokens``: which of the user's tokens is for which server. No other server ever gets it.

What a token may do there is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import quote

from conda_provenance.api import Api, NamedBy, Server, TokenVariable
from conda_provenance.net import Origin, may_send_credential, origin_of

_TOKEN = re.compile(r"[!-~]{1,4096}")
"""What can be sent in a header: printable, without spaces."""

SHORTEST = 8
"""Characters of the shortest secret that is looked for in answers. A shorter one is a word."""


class Token(NamedTuple):
    """A token for one server."""

    secret: str
    source: str
    """Where it comes from, for messages: ``GITHUB_TOKEN``."""

    def __repr__(self) -> str:
        return f"Token(source={self.source!r})"


class Tokens:
    """The tokens of one run."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def of(self, api: type[Api], server: Server) -> Token | None:
        """The token for this server, if there is one that may be sent there."""
        here = origin_of(f"https://{server.host}")
        asked = origin_of(server.url)
        if here is None or asked is None or asked.scheme != "https":
            return None
        if not _belongs_to(asked, here, api):
            return None

        for variable in api.tokens:
            secret = self._environ.get(variable.name, "").strip()
            if _TOKEN.fullmatch(secret) and self._is_for(variable, api, server):
                return Token(secret, variable.name)
        return None

    def _is_for(self, variable: TokenVariable, api: type[Api], server: Server) -> bool:
        """Is what this variable holds for this server?"""
        fixed = self._environ.get(variable.host_variable, "").strip()
        if variable.host_variable and fixed:
            return may_send_credential(_address(fixed), f"https://{server.host}")

        asked = origin_of(server.url)
        is_vendors = asked is not None and asked.host in api.public_hosts and asked.port == 443
        return is_vendors or server.named_by is NamedBy.USER


def _address(text: str) -> str:
    """The address of a server, of which some variables hold the host alone."""
    return text if "://" in text else f"https://{text}"


def _belongs_to(asked: Origin, here: Origin, api: type[Api]) -> bool:
    """Is the API's address that of this server, or of the vendor's own?"""
    if asked == here or asked.host in api.public_hosts:
        return True
    return asked.port == here.port and asked.host.endswith(f".{here.host}")


def forms_of(headers: Mapping[str, str], secret: str) -> Iterator[bytes]:
    """The forms in which a server could repeat a secret that it was sent."""
    words = {secret, quote(secret, safe="")}
    words.update(word for value in headers.values() for word in value.split())
    yield from (word.encode("ascii", "replace") for word in words if len(word) >= SHORTEST)
