"""Where statements are written, a file for each package.

What a statement says is not known here.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from conda_provenance.attest.package_statement import PackageStatement
from conda_provenance.errors import ProvenanceError, UsageError
from conda_provenance.packages.files.once import write_once
from conda_provenance.sources.files import shown

ENDING = ".statement.json"
"""What is put after a package's name. ``stamp`` takes no such file for a signature."""


def require_own_places(folder: str, paths: Iterable[str]) -> None:
    """Raise :class:`UsageError` if two packages have one name, and so one place in the folder."""
    if not folder.strip():
        raise UsageError("-o is given an empty text: give a folder, or leave it out.")

    if os.path.lexists(folder) and not os.path.isdir(folder):
        raise UsageError(f"-o takes a folder, but {shown(folder)} is none.")

    seen: dict[str, str] = {}
    for path in paths:
        name = os.path.basename(path)
        if name in seen:
            raise UsageError(
                f"The statements of {shown(seen[name])} and {shown(path)} would have one name: "
                "write them to different folders, one after the other."
            )
        seen[name] = path


def write_statement(folder: str, stated: PackageStatement) -> str:
    """Write the statement into the folder, which is made if need be. Returns the file's path.

    A file that says the same stays as it is. One that says something else is never replaced: it may
    be about another build, and somebody may have signed it.
    Raises :class:`ProvenanceError`.
    """
    path = os.path.join(folder, stated.file_name + ENDING)
    try:
        write_once(path, stated.statement + b"\n")
    except FileExistsError:
        raise ProvenanceError(
            f"{shown(path)} is there already and says something else: remove it, or give another "
            "folder."
        ) from None
    return path
