"""The line that a log gets for a finished package file. Its format is not known here."""

from __future__ import annotations

import json
import os

from conda_provenance.claim import Claim
from conda_provenance.keys import KEYS
from conda_provenance.package_line import PackageLine
from conda_provenance.packages.about import ABOUT, parse_about
from conda_provenance.packages.files.digests import sha256_of
from conda_provenance.packages.files.running_digest import Written
from conda_provenance.packages.read import INDEX, read_info_files
from conda_provenance.packages.refusals import PathLike, refusals


def package_line(
    path: PathLike, *, sha256: str | None = None, written: Written | None = None
) -> str | None:
    """The line for this package file, as its bytes are now.

    ``None``: the package says nothing about its origin, or not for which platform it is.
    ``sha256`` is its digest where the caller has computed it. ``written`` is the file that the
    caller has put there, with its digest: if that stands there no more, it does not count.
    Otherwise the whole file is read.
    Raises :class:`~conda_provenance.errors.PackageError` if it cannot be read.
    """
    files = read_info_files(path, (ABOUT, INDEX))
    with refusals(path, "read"):
        claim = Claim.from_extra(parse_about(files.get(ABOUT)).get("extra"))
        values = {key: getattr(claim, key) for key in KEYS}
        subdir, name = _subdir(files.get(INDEX)), os.path.basename(path)
        # Nothing has to be hashed for a package that gets no line.
        if PackageLine.of(subdir, name, "", values) is None:
            return None

        if sha256 is None and written is not None and written.is_at(os.fspath(path)):
            sha256 = written.sha256
        line = PackageLine.of(subdir, name, sha256 or sha256_of(path), values)
        return None if line is None else str(line)


def _subdir(index: bytes | None) -> object:
    try:
        record = json.loads(index or b"null")
    except (ValueError, RecursionError):
        return None
    return record.get("subdir") if isinstance(record, dict) else None
