"""What a CI knows of a run, for commits of a real git history. No vendor is known here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from histories import History

from conda_provenance.run_api import Trigger

NAME = "example/hello-feedstock"
FORK = "mallory/hello-feedstock"
FILE = "linux-64/hello-1.0-h1_0.conda"
SHA256 = "0123456789abcdef" * 4
OTHER = "fedcba9876543210" * 4


def block(path: str = FILE, sha256: str = SHA256, *, size: bool = True) -> str:
    """What conda-forge's ``inspect_artifacts`` prints, before the names that are in the package."""
    rule = "-" * len(path)
    first = f"{rule}\n" if size else ""
    middle = "-- Size: 31.6MB\n" if size else ""
    return f"{first}{path}\n{rule}\n{middle}-- SHA256: {sha256}\n-- Contents:\nlib/hello.py\n"


def line(path: str = FILE, sha256: str = SHA256) -> str:
    return f"conda-provenance: {path} sha256={sha256} sha={'1' * 40} flow_run_id=github_1\n"


@dataclass(frozen=True)
class CiJob:
    name: str = "linux_64_"
    log: str | None = None
    """``None``: it is gone."""
    success: bool = True
    attempt: int = 1
    skipped: bool = False
    labels: tuple[str, ...] = ("ubuntu-latest",)
    started: str = "2026-02-26T13:00:00Z"
    finished: str = "2026-02-26T13:30:00Z"


@dataclass(frozen=True)
class CiRun:
    sha: str
    trigger: Trigger = Trigger.PUSH
    repository: str = NAME
    head_repository: str | None = NAME
    finished: bool = True
    success: bool = True
    attempt: int = 1
    jobs: tuple[CiJob, ...] = (CiJob(),)
    workflow: str = ".github/workflows/build.yml"
    event: str | None = None
    """The CI's own word, if another than the usual one is wanted."""
    site: str = "https://github.com"
    """Where its repository is, for CIs that tell."""

    def with_logs(self, *logs: str | None, **given: Any) -> CiRun:
        return replace(
            self, jobs=tuple(CiJob(f"job{n}", log) for n, log in enumerate(logs)), **given
        )


@dataclass
class CiModel:
    """One repository, with the runs that the CI knows."""

    history: History
    run: CiRun | None
    full_name: str = NAME
    pointer: bool = True
    """Does the forge show the run at the commit?"""
    past: Sequence[CiRun] = field(default_factory=list)

    @property
    def sha(self) -> str:
        return (
            self.history["tip"]
            if "tip" in self.history.shas
            else next(iter(self.history.shas.values()))
        )
