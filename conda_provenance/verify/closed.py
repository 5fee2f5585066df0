"""Stands for doors that are not open: whatever is asked there is unavailable."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn

from conda_provenance.errors import UnavailableError
from conda_provenance.remotes import RemoteUrl
from conda_provenance.run_api import RunClaim


class ClosedRepositories:
    """No repository can be asked."""

    def expect(self, remote: RemoteUrl, shas: Iterable[str], *, with_files: bool) -> None:
        """Nothing will be asked."""

    def of(self, remote: RemoteUrl) -> NoReturn:
        raise UnavailableError(f"{remote} cannot be asked.")


class ClosedLookup:
    """No forge and no CI can be asked."""

    def forge(self, remote: RemoteUrl, *, hint: str = "") -> NoReturn:  # noqa: ARG002
        raise UnavailableError(f"The forge of {remote} cannot be asked.")

    def runs(self, claim: RunClaim) -> NoReturn:  # noqa: ARG002
        raise UnavailableError("The CI that the package names cannot be asked.")

    def is_named(self, host: str) -> bool:  # noqa: ARG002
        return False
