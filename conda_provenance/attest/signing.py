"""Signs statements with Sigstore, by the CI's own identity or by a login in a browser.

What a statement says is not known here.
"""

from __future__ import annotations

from typing import Protocol


class Signer(Protocol):
    """Signs statements as one identity."""

    @property
    def identity(self) -> str:
        """Who signs, for sentences: the workflow's address, or an e-mail address."""

    def sign(self, statement: bytes) -> str:
        """A Sigstore bundle (JSON) with exactly these bytes as its payload.

        Raises :class:`~conda_provenance.errors.UnavailableError`.
        """
