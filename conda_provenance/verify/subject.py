"""``Subject``: one package that is verified. What it says and what it holds, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from conda_provenance.packages import PackageClaim
from conda_provenance.packages.contents import PackageContents
from conda_provenance.packages.read import INDEX
from conda_provenance.remotes import RemoteUrl
from conda_provenance.sources import Artifact


class Subject(NamedTuple):
    """A package that was read."""

    artifact: Artifact
    contents: PackageContents
    """What it says, its metadata, and the scripts that run when it is installed."""
    remote: RemoteUrl | None
    """The repository that it names. ``None``: it names none that can be asked."""

    @property
    def package(self) -> PackageClaim:
        return self.contents.package

    @property
    def sha(self) -> str | None:
        return self.package.claim.sha or None

    @property
    def record(self) -> Mapping[str, Any]:
        """What its index.json says. Empty: there is none that can be read."""
        file = self.contents.files.get(INDEX)
        try:
            record = json.loads(file.data) if file is not None else None
        except (ValueError, RecursionError):
            return {}
        return record if isinstance(record, dict) else {}

    @property
    def computed_sha256(self) -> str | None:
        """The digest of its bytes, if we computed it. What an index says never counts."""
        return self.package.sha256 if self.package.sha256_from == "file" else None
