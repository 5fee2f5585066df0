"""The scripts of a package that run at installation, against the files of the recipe's folder.

They are the one part of the payload that git can answer for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from conda_provenance.packages.contents import PackageContents
from conda_provenance.packages.inventory import is_install_script, windows_name
from conda_provenance.verify.recipes.comparison import Terms
from conda_provenance.verify.recipes.search import Found, ids_of
from conda_provenance.verify.recipes.tree import LINK
from conda_provenance.verify.repository import Repository

_LIST = "info/files"
_PATHS = "info/paths.json"
_PATH = re.compile(r"[^\n]+")


def listed_scripts(contents: PackageContents) -> list[str] | None:
    """Scripts that the metadata lists, for where the payload was not read.

    conda installs what is listed, and nothing else. ``None``: there is no list that can be read.
    """
    names = set(_listed(contents))
    if _PATHS not in contents.files and _LIST not in contents.files:
        return None
    return sorted(
        name for name in names if is_install_script(name) or is_install_script(windows_name(name))
    )


def paths_elsewhere(contents: PackageContents) -> list[str]:
    """Listed paths that lead up or to the system's top: what they become is not in their name."""
    names = dict.fromkeys(_listed(contents))
    return sorted(name for name in names if _leads_elsewhere(name.replace("\\", "/")))


def _leads_elsewhere(path: str) -> bool:
    return path.startswith("/") or ".." in path.split("/")


def scripts_outside(
    repository: Repository, sha: str, contents: PackageContents, found: Found, terms: Terms
) -> list[str]:
    """The scripts that are not, byte for byte, a file of the folder with the recipe.

    Where the system's line endings do not count, neither do theirs.
    """
    scripts = contents.install_scripts or {}
    if not scripts or found.best is None:
        return sorted(scripts)

    known = {
        entry.id for entry in found.tree.below(found.best.folder).values() if entry.mode != LINK
    }
    ids = ids_of(repository, sha, scripts.values())
    outside = []
    for name, file in scripts.items():
        own = ids[file]
        usable = {own.id} if terms.line_endings_count else set(own)
        if file.is_link or known.isdisjoint(usable):
            outside.append(name)
    return sorted(outside)


def _listed(contents: PackageContents) -> Iterator[str]:
    for name, file in contents.files.items():
        if file.is_link:
            continue
        if name == _LIST:
            yield from _PATH.findall(file.data.decode("utf-8", "surrogateescape"))
        elif name == _PATHS:
            yield from _paths(file.data)


def _paths(data: bytes) -> Iterator[str]:
    try:
        record = json.loads(data)
    except (ValueError, RecursionError):
        return

    paths = record.get("paths") if isinstance(record, dict) else None
    for each in paths if isinstance(paths, list) else ():
        path = each.get("_path") if isinstance(each, dict) else None
        if isinstance(path, str):
            yield path
