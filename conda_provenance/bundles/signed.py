"""``SignedStatement``: a statement whose signature was verified, and how verifying can end.

Whether the signer may sign for a package is not known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from conda_provenance.bundles.certificate import Certificate
from conda_provenance.errors import ProvenanceError


class BundleError(ProvenanceError):
    """A bundle is broken, or its signature does not hold. The message is one sentence."""


class UncheckableError(ProvenanceError):
    """A bundle of a kind that cannot be checked here. Nothing follows from it.

    Such as one of GitHub's own authority, one signed with a key, or one of a later version.
    """


class StatementSubject(NamedTuple):
    """A file that a statement is about."""

    name: str | None
    digest: Mapping[str, str]
    """Algorithm and lower-case hex."""


class Statement(NamedTuple):
    """An in-toto statement, version 1: https://github.com/in-toto/attestation/tree/main/spec/v1."""

    subjects: tuple[StatementSubject, ...]
    predicate_type: str
    predicate: Mapping[str, Any] | None = None

    def is_about(self, sha256: str) -> bool:
        """Is the file with this digest one of its subjects?"""
        return any(each.digest.get("sha256") == sha256 for each in self.subjects)


class SignedStatement(NamedTuple):
    """A statement and who signed it. The signature holds. Whether the signer is trusted is open."""

    statement: Statement
    certificate: Certificate
    signed_at: float | None
    """When, as the log or a time stamp says: seconds since 1970, UTC."""


class BundleVerifier(Protocol):
    """Verifies bundles against one root of trust. Threads may share it."""

    def verify(self, data: bytes) -> SignedStatement:
        """The statement in this bundle.

        Raises :class:`BundleError` for one that is broken or does not hold,
        :class:`UncheckableError` for one of another kind, and
        :class:`~conda_provenance.errors.UnavailableError` where the library is not installed.
        """
