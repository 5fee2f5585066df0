"""The names of package files: what they end in, and what they say. No file is looked at here."""

from __future__ import annotations

ENDINGS = (".conda", ".tar.bz2")
"""How the names of package files end."""


def stem_of(name: str) -> str:
    """The name of a package file without its ending. Any other name stays as it is."""
    for ending in ENDINGS:
        if name.endswith(ending):
            return name.removesuffix(ending)
    return name


def name_version_build(file_name: str) -> tuple[str, str, str]:
    """What a file's name says the package is. What it does not say is empty."""
    stem = stem_of(file_name)
    parts = stem.rsplit("-", 2)
    return (parts[0], parts[1], parts[2]) if len(parts) == 3 and all(parts) else (stem, "", "")
