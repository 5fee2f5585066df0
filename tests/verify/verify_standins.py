"""Stand-ins for what ``verify`` asks: packages, repositories and checks that say what a test wants.

They are for the machinery around the checks. The checks themselves meet real git and real packages.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

from conda_provenance.claim import Claim
from conda_provenance.errors import UnavailableError
from conda_provenance.packages import PackageClaim
from conda_provenance.packages.contents import PackageContents, PackageFile
from conda_provenance.policy.expectations import Expectations
from conda_provenance.remotes import RemoteUrl
from conda_provenance.run_api import RunClaim
from conda_provenance.sources import Artifact
from conda_provenance.verify.answers import Answers
from conda_provenance.verify.check import Case, Check, World
from conda_provenance.verify.outcome import Outcome, Result
from conda_provenance.verify.roster import Member
from conda_provenance.verify.verifier import Verified, Verifier, Wanted

NOTHING = Expectations()
SHA = "0123456789abcdef0123456789abcdef01234567"


class StandInContents:
    """A package that is not there. ``before`` is called when it is read, and may wait or raise."""

    def __init__(
        self,
        name: str,
        *,
        remote_url: str | None = "https://github.com/o/n",
        sha: str | None = SHA,
        size: int = 10,
        is_remote: bool = False,
        before: Callable[[], None] = lambda: None,
    ) -> None:
        self.name = name
        self.is_remote = is_remote
        self.reads: list[bool] = []
        self._extra = {"remote_url": remote_url, "sha": sha, "flow_run_id": sha and "github_1"}
        self._size = size
        self._before = before

    def everything(self, *, whole: bool = False) -> PackageContents:
        self.reads.append(whole)
        self._before()
        package = PackageClaim(
            f"{self.name}-1.0-0.conda",
            f"{self.name}-1.0-0.conda",
            "remote" if self.is_remote else "file",
            Claim.from_extra(self._extra),
            "a" * 64 if whole else None,
            sha256_from="file" if whole else None,
        )
        file = PackageFile("info/recipe/meta.yaml", b"x" * self._size)
        return PackageContents(package, {file.name: file})


def wanted(name: str, *, is_whole: bool = False, **given: Any) -> Wanted:
    """A package to be verified."""
    contents: Any = StandInContents(name, **given)
    file = f"{name}-1.0-0.conda"
    return Wanted(Artifact(name, "1.0", "0", file, file, contents), is_whole)


class ClosedRepositories:
    """No repository can be asked."""

    def expect(
        self,
        remote: RemoteUrl,
        shas: Iterable[str],
        *,
        with_files: bool,
        with_token: bool = True,
        contents: Iterable[bytes] = (),
    ) -> None:
        """Nothing will be asked."""

    def of(self, remote: RemoteUrl, *, with_token: bool = True) -> NoReturn:
        raise UnavailableError(f"{remote} cannot be asked.")


class ClosedLookup:
    """No forge and no CI can be asked."""

    def forge(self, remote: RemoteUrl, *, hint: str = "", with_token: bool = True) -> NoReturn:
        raise UnavailableError(f"The forge of {remote} cannot be asked.")

    def runs(self, claim: RunClaim, *, with_token: bool = True) -> NoReturn:
        raise UnavailableError("The CI that the package names cannot be asked.")

    def is_named(self, host: str) -> bool:
        return False


class Asked(ClosedRepositories):
    """Notes what is announced."""

    def __init__(self) -> None:
        self.announced: list[tuple[str, tuple[str, ...], bool]] = []
        self.contents: list[bytes] = []

    def expect(
        self,
        remote: Any,
        shas: Iterable[str],
        *,
        with_files: bool,
        with_token: bool = True,
        contents: Iterable[bytes] = (),
    ) -> None:
        self.announced.append((str(remote), tuple(shas), with_files))
        self.contents += contents


class CheckOf(Check):
    """A check that does what a test wants. Without that, it passes."""

    summary = "A stand-in."

    def __init__(self, id: str, what: Callable[[Case, World], Any] | None = None) -> None:
        self.id = id  # type: ignore[misc]
        self._what = what
        self.seen: list[str] = []
        self._lock = threading.Lock()

    def check(self, case: Case, world: World) -> Result:
        with self._lock:
            self.seen.append(case.subject.artifact.name)
        return self._what(case, world) if self._what else self.passed(f"{self.id} is well.")


def members(*checks: Check, plugin: str = "built-in") -> list[Member]:
    return [Member(check, plugin) for check in checks]


def verifier_of(
    *checks: Check,
    expected: Expectations = NOTHING,
    repositories: Any = None,
    answers: Answers | None = None,
    **given: Any,
) -> Verifier:
    """A verifier whose world is closed."""
    answers = answers or Answers()
    world = World(repositories or ClosedRepositories(), ClosedLookup(), 0.0, answers)
    return Verifier(
        world,
        members(*checks),
        lambda _subject: expected,
        **given,
    )


def outcomes(verified: Verified) -> Mapping[str, Outcome]:
    return {name: result.outcome for name, result in verified.results.items()}
