"""What is shown of one package: its claim, the pages that it leads to, and its problems."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from conda_provenance.claim import Claim
from conda_provenance.cli.color import BOLD, DIM, LINK, YELLOW
from conda_provenance.cli.output import MAX_VALUE, Output, Part
from conda_provenance.cli.status import Status
from conda_provenance.packages import PackageClaim
from conda_provenance.packages.file_names import name_version_build
from conda_provenance.remotes import RemoteUrl, RemoteUrlError
from conda_provenance.sources.artifact import Artifact, Found
from conda_provenance.text import redact_location, show_value
from conda_provenance.values import KEYS, clean_or_none, is_full_sha

NOT_VERIFIED = "claimed by the package; not verified"


class PackageReport(NamedTuple):
    """What a package says, or the reason why it cannot be read."""

    location: str
    """As the user gave it."""
    package: str
    """The file's name, or the folder's."""
    read_from: str | None = None
    claim: Claim = Claim()
    sha256: str | None = None
    error: str | None = None
    """Why the package cannot be read, in one sentence."""
    has_about: bool = True
    """Has it the file in which provenance stands?"""
    is_of_one_origin: bool = True
    """May commit and repository belong together? No page is made of two that do not."""
    place: str | None = None
    """Where it was read, if that is not ``location``."""
    sha256_from: str | None = None
    artifact: Artifact | None = None
    """Where it was found, with what its record or index says, if it was looked for."""

    @classmethod
    def of(cls, package: PackageClaim, artifact: Artifact | None = None) -> PackageReport:
        """The report of a package that was read."""
        return cls(
            package.location if artifact is None else artifact.location,
            package.package,
            package.read_from,
            package.claim,
            package.sha256,
            has_about=package.has_about,
            place=package.place,
            sha256_from=package.sha256_from,
            artifact=artifact,
        )

    @classmethod
    def of_failure(cls, location: str, error: str, found: Found | None = None) -> PackageReport:
        """The report of a package that cannot be read or changed."""
        artifact = found if isinstance(found, Artifact) else None
        if artifact is not None:
            name = artifact.file_name
        else:
            name = _last_part(location if found is None else found.name)
        return cls(location, name, error=error, artifact=artifact)

    @property
    def full_name(self) -> tuple[str, str, str]:
        """Name, version and build: by its record, or else by its file's name."""
        if self.artifact is not None:
            return (self.artifact.name, self.artifact.version, self.artifact.build)

        return name_version_build(self.package)

    @property
    def status(self) -> Status:
        """Does the package say where it comes from?"""
        if self.error:
            return Status.UNKNOWN

        return Status.YES if self.claim else Status.NO

    @property
    def commit_url(self) -> str | None:
        """The page of the commit, where the forge is known."""
        remote = self.remote
        sha = (self.claim.sha or "").lower()
        if remote is None or not is_full_sha(sha) or not self.is_of_one_origin:
            return None

        # Loaded only when a page is asked for: a stamp prints none.
        from conda_provenance.links import commit_page

        return commit_page(remote, sha, self.claim.provider)

    @property
    def repository_url(self) -> str | None:
        """The repository's address on the web, if it is one."""
        remote = self.remote
        return None if remote is None else str(remote)

    @property
    def run_url(self) -> str | None:
        """The page of the CI run, as the package names it, or else as its id implies."""
        if self.claim.flow_run_url:
            return clean_or_none("flow_run_url", self.claim.flow_run_url)

        from conda_provenance.links import run_page

        return run_page(self.remote, self.claim.flow_run_id or "")

    def to_json(self) -> dict[str, object]:
        """The entry of ``packages`` in what ``--json`` prints."""
        return {
            "package": redact_location(self.package),
            "location": redact_location(self.location),
            **self._identity(),
            "read_from": self.read_from,
            "place": None if self.place is None else redact_location(self.place),
            "sha256": self.sha256,
            "sha256_from": self.sha256_from,
            **{key: self.claim.shown(key) for key in KEYS},
            "commit_url": self.commit_url,
            "run_url": self.run_url,
            "problems": [
                {"code": problem.code, "message": problem.message}
                for problem in self.claim.problems
            ],
            "error": self.error,
        }

    def _identity(self) -> dict[str, object]:
        """Which package it is. What nobody says is ``None``."""
        name, version, build = self.full_name
        artifact = self.artifact
        channel = artifact.channel if artifact else None
        return {
            "name": redact_location(name),
            "version": redact_location(version) or None,
            "build": redact_location(build) or None,
            "subdir": artifact.subdir if artifact else None,
            "channel": None if channel is None else redact_location(channel),
            "timestamp": artifact.timestamp if artifact else None,
        }

    @property
    def remote(self) -> RemoteUrl | None:
        """The repository, if what is said is the address of one."""
        try:
            return RemoteUrl.parse(self.claim.remote_url or "")
        except RemoteUrlError:
            return None


def _last_part(location: str) -> str:
    cleaned = redact_location(location)
    return os.path.basename(cleaned.rstrip("/" + os.sep)) or cleaned


def print_package(report: PackageReport, output: Output) -> None:
    """Print what a package says, a line for each key."""
    output.line((redact_location(report.location), BOLD))
    if not report.claim:
        output.line("  ", (why_nothing(report), YELLOW))

    for key, value in fields(report):
        output.field(key, value, indent=2)


def fields(report: PackageReport) -> Iterator[tuple[str, Part]]:
    """Each key that a package has with its value, and the pages and problems that follow."""
    claim = report.claim
    for key in KEYS:
        value = claim.shown(key)
        if value:
            yield key, show_value(value, MAX_VALUE)
        elif value == "":
            yield key, ("(empty)", DIM)
        elif claim and key != "flow_run_url":
            yield key, ("-", YELLOW)

    if report.commit_url:
        yield "commit_url", (report.commit_url, LINK)

    if report.run_url and report.run_url != claim.shown("flow_run_url"):
        yield "run_url", (report.run_url, LINK)

    if report.sha256:
        yield "sha256", report.sha256

    for problem in claim.problems:
        yield "problem", (f"{problem.code}: {problem.message}", YELLOW)


def why_nothing(report: PackageReport) -> str:
    """Why a package that was read counts as unstamped."""
    if report.claim.says_untracked():
        return "no provenance: an empty sha says that the recipe is not under version control"
    if not report.has_about:
        return "no provenance: the package has no info/about.json"

    return "no provenance"
