"""``Lookup``: which forge a repository's server is, and which CI's server knows a run.

A host's name never decides that: servers are asked, and the user's own word counts first.
"""

from __future__ import annotations

from typing import Protocol

from conda_provenance.forge_api import ForgeApi
from conda_provenance.remotes import RemoteUrl
from conda_provenance.run_api import RunApi, RunClaim


class Lookup(Protocol):
    """Methods raise :class:`~conda_provenance.errors.UnavailableError` where nothing is known."""

    def forge(self, remote: RemoteUrl, *, hint: str = "") -> ForgeApi:
        """The API of the repository's forge. ``hint``: the CI that the package names."""

    def runs(self, claim: RunClaim) -> RunApi:
        """The API of the CI that a package names."""

    def is_named(self, host: str) -> bool:
        """Did the user or the policy name this host, or is it a vendor's public server?"""
