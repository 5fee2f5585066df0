"""``find``: the folder of a commit that holds a packaged recipe, and how the two differ.

Files of the commit are fetched only where a rule of a builder stands in them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, cached_property
from typing import NamedTuple

from conda_provenance.packages.contents import PackageContents, PackageFile
from conda_provenance.verify.recipes.absent import (
    Ignored,
    ignore_files,
    not_copied_by_conda_build,
)
from conda_provenance.verify.recipes.comparison import Compared, Comparison, Ids, Terms, compare
from conda_provenance.verify.recipes.layout import PackagedRecipe, find_recipe
from conda_provenance.verify.recipes.tree import LINK, Tree
from conda_provenance.verify.repository import Entry, Repository

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
    linked: str | None = None
    """The id of the file that the recipe leads to, where it is a link."""


def find(
    repository: Repository, sha: str, packaged: PackagedRecipe, terms: Terms, wanted: Wanted
) -> Found:
    """Look for the recipe in a commit. Raises :class:`UnavailableError`."""
    tree = Tree(repository.files(sha))
    ids = ids_of(repository, sha, (*packaged.files.values(), *packaged.beside.values()))
    search = _Search(repository, sha, packaged, tree, ids, terms)
    places = search.places()
    allowed = [place for place in places if _is_wanted(place.folder, wanted)]
    elsewhere = tuple(each.folder for each in places if each not in allowed)

    ranked = sorted(allowed, key=lambda each: _rank(each.folder, wanted))[:_MAX_FOLDERS]
    results = sorted(map(search.compare, ranked), key=lambda each: (each.faults, each.doubts))
    folders = tuple(each.folder for each in results)
    best = results[0] if results else None
    linked = search.linked(_Place(best.folder, best.recipe)) if best else None
    return Found(best, folders, elsewhere, ids, tree, linked)


def compared_contents(contents: PackageContents) -> list[bytes]:
    """Whatever of a package will be compared by its id, as far as that is known before."""
    packaged = find_recipe(contents)
    files = [*packaged.files.values(), *packaged.beside.values()] if packaged else []
    files += (contents.install_scripts or {}).values()
    return [*(file.data for file in files), *map(with_lf_endings, files)]


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

    @property
    def path(self) -> str:
        return f"{self.folder}/{self.name}" if self.folder else self.name


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

    def places(self) -> list[_Place]:
        """Every file of the commit that is the recipe. Exactly, or else but for line endings."""
        recipe = self._packaged.recipe
        named = self._packaged.names.fullmatch
        links = [
            place
            for path, entry in self._tree.files.items()
            if entry.mode == LINK and named((place := _place(path)).name)
        ]
        for blob in dict.fromkeys(self._ids[recipe]):
            places = [] if recipe.is_link else list(map(_place, self._tree.with_id(blob)))
            places = [place for place in places if named(place.name)]
            places += [place for place in links if self._leads_to(place, blob)]
            if places:
                return places
        return []

    def _leads_to(self, place: _Place, blob: str) -> bool:
        """Is this link the packaged one? Or does it lead to the file, which was copied?"""
        if self._packaged.recipe.is_link:
            return self._tree.files[place.path].id == blob
        if self._packaged.is_v1:
            return False

        target = self._target(place)
        return target is not None and self._tree.files[target].id == blob

    def _target(self, place: _Place) -> str | None:
        """The file of the commit that a link leads to."""
        target = self._tree.target(place.path, self._texts)
        return target if target in self._tree.files else None

    def linked(self, place: _Place) -> str | None:
        """The id of the file that the recipe leads to. ``None``: it is no link, or leads away."""
        target = self._target(place) if self._packaged.recipe.is_link else None
        return None if target is None else self._tree.files[target].id

    def compare(self, place: _Place) -> Comparison:
        folder = self._tree.below(place.folder)
        has_links = any(entry.mode == LINK for entry in folder.values())
        targets = self._texts if has_links and not self._packaged.is_v1 else {}
        case = Compared(self._packaged, self._ids, self._tree, targets, self._terms)
        if self._packaged.is_v1:
            is_left_out = self._ignored(folder)
        else:
            is_left_out = not_copied_by_conda_build(place.folder, self._tree, targets)

        result = compare(case, place.folder, place.name, is_left_out)
        if self._packaged.recipe.is_link and self._target(place) is None:
            result.unknown[place.name] = "is a link, to what is not in the commit"
        return result

    @cached_property
    def _texts(self) -> Mapping[str, bytes]:
        """The texts of the commit's links, by their ids. They are fetched when they are needed."""
        links = [entry.id for entry in self._tree.files.values() if entry.mode == LINK]
        return self._repository.blobs(self._sha, _first(links))

    def _ignored(self, folder: Mapping[str, Entry]) -> Callable[[str], bool]:
        """rattler-build's rules, fetched once a file is missing."""

        @cache
        def ignored() -> Ignored:
            return Ignored(self._rules(folder))

        def is_left_out(path: str) -> bool:
            return ignored()(path)

        return is_left_out

    def _rules(self, folder: Mapping[str, Entry]) -> dict[str, bytes]:
        files = ignore_files(folder)
        if not files:
            return {}

        contents = self._repository.blobs(self._sha, _first(files.values()))
        return {path: contents[each] for path, each in files.items() if each in contents}


def _first(ids: Iterable[str]) -> Sequence[str]:
    return list(dict.fromkeys(ids))[:_MAX_LINKS]
