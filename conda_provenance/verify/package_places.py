"""Where a package file belongs in a channel, as logs name it. Its contents are not known here."""

from __future__ import annotations

from typing import NamedTuple

from conda_provenance.packages.file_names import ENDINGS
from conda_provenance.verify.subject import Subject


class PackagePlace(NamedTuple):
    """A file of a channel."""

    subdir: str
    file_name: str
    sha256: str | None
    """The digest of its bytes, if we computed it."""

    @property
    def path(self) -> str:
        return f"{self.subdir}/{self.file_name}"


def place_of(subject: Subject) -> PackagePlace | None:
    """``None``: it is no package file, or does not say for which platform it is."""
    artifact = subject.artifact
    subdir = subdir_of(subject)
    if not subdir or not artifact.file_name.endswith(ENDINGS):
        return None
    return PackagePlace(subdir, artifact.file_name, subject.computed_sha256)


def subdir_of(subject: Subject) -> str | None:
    """The platform: of its channel, or else as the package itself says."""
    subdir = subject.artifact.subdir or subject.record.get("subdir")
    return subdir if isinstance(subdir, str) else None
