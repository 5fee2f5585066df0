"""``compare``: each file of a packaged recipe against the file of that name in a commit, by ids.

No contents of the commit are needed for that. What the differences mean is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from conda_provenance.packages.contents import PackageFile
from conda_provenance.verify.recipes.layout import PackagedRecipe
from conda_provenance.verify.recipes.names import Names, pair_names
from conda_provenance.verify.recipes.tree import LINK, SCRIPT, SUBMODULE, Tree
from conda_provenance.verify.repository import Entry

LICENSE = "recipe-scripts-license.txt"
"""conda-forge copies the feedstock's license to this place just before it builds."""

FEEDSTOCK_LICENSE = "LICENSE.txt"

_UNTRACKED = re.compile(
    r"(?:.*/)?(?:__pycache__|\.ipynb_checkpoints|\.idea|\.vscode|\.mypy_cache|\.pytest_cache"
    r"|\.ruff_cache)/.*"
    r"|(?:.*/)?(?:[^/]+\.py[co]|[^/]+~|\.[^/]*\.sw[a-p]|\.#[^/]*|#[^/]*#|\.DS_Store|Thumbs\.db"
    r"|desktop\.ini|[^/]+\.(?:orig|rej|bak))",
    re.S,
)
"""What programs leave behind in a folder, and nobody commits."""

_FALLS_TOGETHER = "falls together with another name, where letters and accents are one"

_FOR_WINDOWS = (".bat", ".cmd", ".ps1")
"""Scripts that only Windows runs. Repositories give them its line endings on every system."""


class Ids(NamedTuple):
    """The ids that a packaged file would have in the repository."""

    id: str
    with_lf: str
    """Where each CRLF is an LF, as git keeps text."""


class Terms(NamedTuple):
    """How exactly the files can be compared."""

    line_endings_count: bool
    """Was the package made where checkouts cannot have Windows' line endings?"""
    modes_count: bool
    """Was it made where files keep their executable bit?"""
    has_links: bool
    """Was it made where links are links? Elsewhere git writes files with the targets."""


@dataclass(slots=True)
class Comparison:
    """What was found. All names are a stranger's, from the recipe's folder on."""

    folder: str
    """Where the recipe is in the commit. Empty: at its top."""
    recipe: str
    """The recipe's name there."""
    same: list[str] = field(default_factory=list)
    line_endings: list[str] = field(default_factory=list)
    """Equal but for line endings, where that counts."""
    other_endings: list[str] = field(default_factory=list)
    """The same, where it does not count."""
    differs: dict[str, str] = field(default_factory=dict)
    """Why, as a verb."""
    contents: dict[str, PackageFile] = field(default_factory=dict)
    """Those of them that have other contents, as they are in the package."""
    extra: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    untracked: list[str] = field(default_factory=list)
    explained: list[str] = field(default_factory=list)
    unknown: dict[str, str] = field(default_factory=dict)
    """What the commit cannot answer for, and why."""
    submodules: list[str] = field(default_factory=list)
    composed: list[str] = field(default_factory=list)
    """Names that the package has in letters and their accents apart, as they are in the commit."""

    @property
    def faults(self) -> int:
        return len(self.differs) + len(self.extra) + len(self.missing)

    @property
    def doubts(self) -> int:
        return len(self.unknown) + len(self.line_endings) + len(self.untracked)


class Compared(NamedTuple):
    """Everything that a comparison needs."""

    packaged: PackagedRecipe
    ids: Mapping[PackageFile, Ids]
    tree: Tree
    targets: Mapping[str, bytes]
    """The texts of the commit's links, by their ids."""
    terms: Terms


def compare(
    case: Compared, folder: str, recipe: str, is_left_out: Callable[[str], bool]
) -> Comparison:
    """Compare with a folder in which the recipe's file is called ``recipe``.

    ``is_left_out``: does the builder leave out this file of the folder?
    """
    result = Comparison(folder, recipe)
    tracked = case.tree.below(folder)
    result.submodules = [path for path, entry in tracked.items() if entry.mode == SUBMODULE]

    packaged = case.packaged
    names = pair_names((*packaged.files, *packaged.left_out), tracked)
    _compare_files(case, result, names, tracked)
    beside = pair_names(packaged.beside, tracked)
    for name, file in ((beside.of(path), file) for path, file in packaged.beside.items()):
        if name not in beside.unsure:
            _compare_file(case, result, name, file, tracked.get(name))

    result.unknown |= dict.fromkeys(names.unsure | beside.unsure, _FALLS_TOGETHER)
    result.composed += sorted({*names.composed.values(), *beside.composed.values()})
    compared = {path: each for path, each in tracked.items() if path not in names.unsure}
    _find_missing(case, result, names, compared, is_left_out)
    return result


def _compare_files(
    case: Compared, result: Comparison, names: Names, tracked: Mapping[str, Entry]
) -> None:
    for path, file in case.packaged.files.items():
        name = result.recipe if path == case.packaged.original else names.of(path)
        if name not in names.unsure:
            _compare_file(case, result, name, file, tracked.get(name))


def _compare_file(
    case: Compared, result: Comparison, path: str, file: PackageFile, entry: Entry | None
) -> None:
    if entry is None:
        _judge_extra(case, result, path, file)
    elif entry.mode == SUBMODULE:
        result.unknown[path] = "is a submodule in the commit"
    elif entry.mode == LINK:
        _compare_link(case, result, path, file, entry)
    elif file.is_link:
        result.differs[path] = "is a link, where the commit has a file"
    else:
        _compare_contents(case, result, path, file, entry)


def _compare_contents(
    case: Compared, result: Comparison, path: str, file: PackageFile, entry: Entry
) -> None:
    ids = case.ids[file]
    if entry.id not in ids:
        result.differs[path] = "differs"
        result.contents[path] = file
    elif case.terms.modes_count and file.is_executable != (entry.mode == SCRIPT):
        result.differs[path] = "is executable" if file.is_executable else "is not executable"
    elif entry.id == ids.id:
        result.same.append(path)
    elif case.terms.line_endings_count and not path.lower().endswith(_FOR_WINDOWS):
        result.line_endings.append(path)
    else:
        result.other_endings.append(path)


def _compare_link(
    case: Compared, result: Comparison, path: str, file: PackageFile, entry: Entry
) -> None:
    is_text = file.is_link or not case.terms.has_links
    if is_text and case.ids[file].id == entry.id:
        result.same.append(path)
        return

    if file.is_link:
        result.differs[path] = "leads elsewhere"
    elif case.packaged.is_v1:
        result.differs[path] = "is a file, where the commit has a link"
    else:
        _compare_copy(case, result, path, file)


def _compare_copy(case: Compared, result: Comparison, path: str, file: PackageFile) -> None:
    """conda-build copies what a link leads to."""
    place = f"{result.folder}/{path}" if result.folder else path
    target = case.tree.target(place, case.targets)
    entry = case.tree.files.get(target) if target is not None else None
    if entry is None or entry.mode in (LINK, SUBMODULE):
        result.unknown[path] = "is a link in the commit, to what is not in it"
    else:
        _compare_contents(case, result, path, file, entry)


def _judge_extra(case: Compared, result: Comparison, path: str, file: PackageFile) -> None:
    """What to think of a file that the folder does not have."""
    inside = next((each for each in result.submodules if path.startswith(f"{each}/")), None)
    feedstock_license = case.tree.files.get(FEEDSTOCK_LICENSE) if path == LICENSE else None
    if inside is not None:
        result.unknown[path] = "is in a submodule, which is not fetched"
    elif feedstock_license and not file.is_link and feedstock_license.id in case.ids[file]:
        result.explained.append(path)
    elif _UNTRACKED.fullmatch(path) and not file.is_link:
        result.untracked.append(path)
    else:
        result.extra.append(path)


def _find_missing(
    case: Compared,
    result: Comparison,
    names: Names,
    tracked: Mapping[str, Entry],
    is_left_out: Callable[[str], bool],
) -> None:
    packaged = case.packaged
    there = {names.of(path) for path in packaged.files} - {packaged.original} | {result.recipe}
    left_out = {names.of(path) for path in packaged.left_out} - names.unsure
    lost = set(packaged.lost)
    if packaged.is_v1 and result.recipe != packaged.original:
        lost.add(packaged.original)

    for path, entry in tracked.items():
        if path in there or path in lost or entry.mode == SUBMODULE:
            continue
        if path in left_out:
            result.unknown[path] = "is too large to be compared"
        elif not is_left_out(path):
            result.missing.append(path)

    for path in left_out - tracked.keys():
        result.extra.append(path)
