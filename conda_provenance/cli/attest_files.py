"""Writes statements to files of their own: each whole or not at all.

What a statement says is not known here.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from conda_provenance.attest.statements import PackageStatement
from conda_provenance.errors import ProvenanceError, UsageError
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


def require_writable(folder: str) -> None:
    """Make the folder if need be. Raises :class:`OSError` if no file can be made in it."""
    if folder:
        os.makedirs(folder, exist_ok=True)
    probe = _temporary(folder)
    with open(probe, "xb"):
        pass
    os.unlink(probe)


def write_once(path: str, data: bytes) -> None:
    """Write a file, whole or not at all. The folder is made if need be.

    A file that says the same stays as it is. One that says something else stays too, and raises
    :class:`FileExistsError`.
    """
    folder = os.path.dirname(path)
    if folder:
        os.makedirs(folder, exist_ok=True)
    temporary = _temporary(folder)
    try:
        with open(temporary, "xb") as file:
            file.write(data)
        _put(temporary, path)
    except FileExistsError:
        if not _holds(path, data):
            raise
    finally:
        if os.path.lexists(temporary):
            os.unlink(temporary)


def _temporary(folder: str) -> str:
    return os.path.join(folder, f".{os.urandom(8).hex()}.tmp")


def _put(temporary: str, path: str) -> None:
    """Give the file its name, unless another file has it."""
    if os.name == "nt":  # There, it does not replace.
        os.rename(temporary, path)
        return

    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:  # A file system without links.
        if os.path.lexists(path):
            raise FileExistsError from None
        os.rename(temporary, path)


def _holds(path: str, data: bytes) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(len(data) + 1) == data
    except OSError:
        return False
