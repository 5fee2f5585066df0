"""The line that a log gets for a finished package file. Its format is not known here."""

from __future__ import annotations

import json
import os

from conda_provenance.keys import KEYS
from conda_provenance.package_line import PackageLine
from conda_provenance.packages.read import INDEX, read_info_files, read_package
from conda_provenance.packages.refusals import PathLike


def package_line(path: PathLike, *, sha256: str | None = None) -> str | None:
    """The line for this package file, as its bytes are now.

    ``None``: the package says nothing about its origin, or not for which platform it is.
    ``sha256`` is its digest where the caller has computed it; otherwise the whole file is read.
    Raises :class:`~conda_provenance.errors.PackageError` if it cannot be read.
    """
    package = read_package(path, with_sha256=sha256 is None, thorough=False)
    digest = sha256 or package.sha256
    if not package.claim or digest is None:
        return None

    claimed = {key: getattr(package.claim, key) for key in KEYS}
    line = PackageLine.of(_subdir(path), os.path.basename(path), digest, claimed)
    return None if line is None else str(line)


def _subdir(path: PathLike) -> object:
    try:
        record = json.loads(read_info_files(path, (INDEX,)).get(INDEX, b"null"))
    except (ValueError, RecursionError):
        return None
    return record.get("subdir") if isinstance(record, dict) else None
