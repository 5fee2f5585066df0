"""``find``: the folder of a commit that holds a packaged recipe, and how the two differ.

Files of the commit are fetched only where a rule of a builder stands in them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from conda_provenance.packages.contents import PackageFile
from conda_provenance.verify.recipes.absent import (
    Ignored,
    ignore_files,
    not_copied_by_conda_build,
)
from conda_provenance.verify.recipes.comparison import Compared, Comparison, Ids, Terms, compare
from conda_provenance.verify.recipes.layout import PackagedRecipe
from conda_provenance.verify.recipes.tree import LINK, Tree
from conda_provenance.verify.repository import Repository

_MAX_FOLDERS = 50
"""Folders with the same recipe that are compared."""

_MAX_LINKS = 1000


class Wanted(NamedTuple):
    """Where the recipe may be."""

    name: str
    version: str
    paths: tuple[str, ...]
    """Folders, in which ``{name}``, ``{version}`` and ``*`` stand for a segment. None: any."""


class Found(NamedTuple):
    """What a commit has of a recipe."""

    best: Comparison | None
    """With the folder that has the fewest differences. ``None``: no folder has this recipe."""
    folders: tuple[str, ...]
    """All that have it. The best one comes first."""
    elsewhere: tuple[str, ...]
    """Those that have it, and are not among the folders that are wanted."""
    ids: Mapping[PackageFile, Ids]
    tree: Tree


def find(
    repository: Repository, sha: str, packaged: PackagedRecipe, terms: Terms, wanted: Wanted
) -> Found:
    """Look for the recipe in a commit. Raises :class:`UnavailableError`."""
    tree = Tree(repository.files(sha))
    ids = ids_of(repository, sha, (*packaged.files.values(), *packaged.beside.values()))
    places = _places(tree, packaged, ids[packaged.recipe])
    allowed = [place for place in places if _is_wanted(place.folder, wanted)]
    elsewhere = tuple(each.folder for each in places if each not in allowed)

    search = _Search(repository, sha, packaged, tree, ids, terms)
    ranked = sorted(allowed, key=lambda each: _rank(each.folder, wanted))[:_MAX_FOLDERS]
    results = sorted(map(search.compare, ranked), key=lambda each: (each.faults, each.doubts))
    folders = tuple(each.folder for each in results)
    return Found(results[0] if results else None, folders, elsewhere, ids, tree)


def ids_of(
    repository: Repository, sha: str, files: Iterable[PackageFile]
) -> dict[PackageFile, Ids]:
    """The ids that these files would have, as they are and with LF line endings."""
    files = list(dict.fromkeys(files))
    plain = [file.data for file in files]
    with_lf = [with_lf_endings(file) for file in files]
    contents = list(dict.fromkeys((*plain, *with_lf)))
    known = dict(zip(contents, repository.blob_ids(sha, contents), strict=True))
    return {
        file: Ids(known[one], known[other])
        for file, one, other in zip(files, plain, with_lf, strict=True)
    }


def with_lf_endings(file: PackageFile) -> bytes:
    """As git keeps a text. What is no text stays as it is."""
    is_text = b"\r\n" in file.data and b"\0" not in file.data and not file.is_link
    return file.data.replace(b"\r\n", b"\n") if is_text else file.data


class _Place(NamedTuple):
    folder: str
    name: str


def _places(tree: Tree, packaged: PackagedRecipe, ids: Ids) -> list[_Place]:
    """Every file of the commit that is the recipe. Exactly, or else but for its line endings."""
    for blob in dict.fromkeys(ids):
        paths = (path for path in tree.with_id(blob))
        places = [place for place in map(_place, paths) if packaged.names.fullmatch(place.name)]
        if places:
            return places
    return []


def _place(path: str) -> _Place:
    folder, _, name = path.rpartition("/")
    return _Place(folder, name)


def _is_wanted(folder: str, wanted: Wanted) -> bool:
    """Is it one of the folders that are wanted, or in one?"""
    return not wanted.paths or any(_is_in(folder, each, wanted) for each in wanted.paths)


def _is_in(folder: str, pattern: str, wanted: Wanted) -> bool:
    segments = [each for each in pattern.split("/") if each not in ("", ".")]
    parts = folder.split("/") if folder else []
    if len(parts) < len(segments):
        return False

    values = {"{name}": wanted.name, "{version}": wanted.version}
    pairs = zip(segments, parts, strict=False)
    return all(segment == "*" or values.get(segment, segment) == part for segment, part in pairs)


def _rank(folder: str, wanted: Wanted) -> tuple[bool, int, str]:
    """The likely ones first."""
    return wanted.name not in folder.split("/"), folder.count("/"), folder


class _Search:
    """Compares one recipe with folders of one commit."""

    def __init__(
        self,
        repository: Repository,
        sha: str,
        packaged: PackagedRecipe,
        tree: Tree,
        ids: Mapping[PackageFile, Ids],
        terms: Terms,
    ) -> None:
        self._repository = repository
        self._sha = sha
        self._packaged = packaged
        self._tree = tree
        self._ids = ids
        self._terms = terms
        self._texts: Mapping[str, bytes] | None = None

    def compare(self, place: _Place) -> Comparison:
        targets = {} if self._packaged.is_v1 else self._targets(place.folder)
        case = Compared(self._packaged, self._ids, self._tree, targets, self._terms)
        if self._packaged.is_v1:
            is_left_out = self._ignored(place.folder)
        else:
            is_left_out = not_copied_by_conda_build(place.folder, self._tree, targets)
        return compare(case, place.folder, place.name, is_left_out)

    def _targets(self, folder: str) -> Mapping[str, bytes]:
        """The texts of the commit's links, if the folder has any."""
        entries = self._tree.below(folder).values()
        if not any(entry.mode == LINK for entry in entries):
            return {}

        if self._texts is None:
            links = [entry.id for entry in self._tree.files.values() if entry.mode == LINK]
            self._texts = self._repository.blobs(self._sha, _first(links))
        return self._texts

    def _ignored(self, folder: str) -> Callable[[str], bool]:
        """rattler-build's rules, fetched once a file is missing."""
        known: list[Ignored] = []

        def is_left_out(path: str) -> bool:
            if not known:
                known.append(Ignored(self._rules(folder)))
            return known[0](path)

        return is_left_out

    def _rules(self, folder: str) -> dict[str, bytes]:
        files = ignore_files(self._tree.below(folder))
        if not files:
            return {}

        contents = self._repository.blobs(self._sha, _first(files.values()))
        return {path: contents[each] for path, each in files.items() if each in contents}


def _first(ids: Iterable[str]) -> Sequence[str]:
    return list(dict.fromkeys(ids))[:_MAX_LINKS]
