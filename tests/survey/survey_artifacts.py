"""Artifacts whose contents are stand-ins: they say what a test wants them to, and when."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from conda_provenance.claim import Claim
from conda_provenance.packages import PackageClaim
from conda_provenance.sources import Artifact

SHA = "0123456789abcdef0123456789abcdef01234567"
EXTRA = {
    "sha": SHA,
    "remote_url": "https://github.com/conda-forge/demo-feedstock",
    "flow_run_id": "github_123",
}


@dataclass
class StandIn:
    """Contents without a package. ``before`` is called when it is read, and may wait or raise."""

    name: str
    extra: Any = field(default_factory=lambda: EXTRA)
    before: Callable[[], None] = lambda: None
    is_remote: bool = False
    sha256: str | None = ""
    """Of the file that was read. Empty: the one that its name has in :func:`artifact`."""
    reads: int = 0

    def claim(self, *, thorough: bool = False) -> PackageClaim:
        self.reads += 1
        self.before()
        location = f"https://example.org/noarch/{self.name}-1.0-0.conda"
        return PackageClaim(
            f"{self.name}-1.0-0.conda",
            location,
            "remote" if self.is_remote else "folder",
            Claim.from_extra(self.extra),
            hashlib.sha256(self.name.encode()).hexdigest() if self.sha256 == "" else self.sha256,
            sha256_from="index",
        )

    def files(self, names: Collection[str]) -> dict[str, bytes]:
        raise AssertionError("a survey reads claims only")


def artifact(name: str, contents: Any = None, **given: Any) -> Artifact:
    """A package of this name, version 1.0, that a channel or an environment lists."""
    return Artifact(
        name,
        "1.0",
        "0",
        f"{name}-1.0-0.conda",
        f"https://example.org/noarch/{name}-1.0-0.conda",
        StandIn(name) if contents is None else contents,
        **{"sha256": hashlib.sha256(name.encode()).hexdigest(), **given},
    )
