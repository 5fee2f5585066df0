"""``WebError``: why a server gave no usable answer."""

from __future__ import annotations

from typing import Literal, TypeAlias

from conda_provenance.errors import UnavailableError

Kind: TypeAlias = Literal[
    "offline", "refused", "missing", "unavailable", "not-allowed", "malformed"
]
"""``offline``: we may not ask. ``refused``: the server wants other credentials, or none will do.
``missing``: it has no such file. ``unavailable``: it does not answer, is busy, or broke off.
``not-allowed``: the address is one that may not be reached. ``malformed``: its answer makes no
sense."""


class WebError(UnavailableError):
    """A server could not be asked, or its answer was of no use.

    The message names the host only. The rest of an address may hold a secret.
    """

    def __init__(
        self,
        kind: Kind,
        message: str,
        *,
        challenge: str | None = None,
        retry_at: float | None = None,
    ) -> None:
        super().__init__(message, retry_at=retry_at)
        self.kind: Kind = kind
        self.challenge = challenge
        """Which login a server asks for (``WWW-Authenticate``). It is a stranger's text."""


class NoPartError(WebError):
    """A server answers as if it sent a part of a file, and it cannot be known which part."""
