"""``PackageContents``: all that a package holds besides its payload.

What it means is not known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from conda_provenance.packages.read import PackageClaim


class PackageFile(NamedTuple):
    """A file or a link in a package."""

    name: str
    """From the package's top, such as ``info/recipe/meta.yaml``."""
    data: bytes
    """What is in it, or where the link leads."""
    is_link: bool = False
    is_executable: bool = False


class PackageContents(NamedTuple):
    """The files of a package that can be held against a commit. All names and bytes are a
    stranger's."""

    package: PackageClaim
    """What it says, from the same bytes. Its ``sha256`` was computed from them, or is ``None``."""
    files: Mapping[str, PackageFile]
    """Everything below ``info/``, by name. What is larger than a limit is in ``left_out``."""
    left_out: tuple[str, ...] = ()
    """Files below ``info/`` that are too large to be held."""
    oddities: tuple[str, ...] = ()
    """What no builder writes, in sentences: a name that comes twice, a ``pkg-*`` member below
    ``info/``, a device."""
    install_scripts: Mapping[str, PackageFile] | None = None
    """The payload's scripts that run at installation, such as ``bin/.NAME-post-link.sh``.
    ``None``: the payload was not read."""
    has_modes: bool = True
    """Can the executable bit be believed? Not of a folder on Windows."""
