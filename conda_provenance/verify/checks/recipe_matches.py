"""``recipe-matches``: the recipe in the package is the one in the commit. It needs git alone.

What the builder rendered, the dependencies and the files that get installed are not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, NamedTuple

from conda_provenance.errors import UnavailableError
from conda_provenance.packages.contents import PackageContents, PackageFile
from conda_provenance.policy.expectations import Expectations
from conda_provenance.verify.check import Case, Check, World
from conda_provenance.verify.outcome import Result
from conda_provenance.verify.recipes import sentences
from conda_provenance.verify.recipes.attributes import changed_at_checkout
from conda_provenance.verify.recipes.comparison import Comparison, Terms
from conda_provenance.verify.recipes.identity import Belongs, Identity, identify, is_recipe
from conda_provenance.verify.recipes.install_scripts import (
    listed_scripts,
    paths_elsewhere,
    scripts_outside,
)
from conda_provenance.verify.recipes.layout import PackagedRecipe, find_recipe, has_recipe
from conda_provenance.verify.recipes.line_diff import line_diff
from conda_provenance.verify.recipes.search import Found, Wanted, find, with_lf_endings
from conda_provenance.verify.stamped import (
    NAMES_NO_COMMIT,
    NO_SUCH_COMMIT,
    Stamped,
    stamped,
)

_LARGE_FILE = b"version https://git-lfs.github.com/spec/"
_FILLED_IN = re.compile(rb"\$Id: [0-9a-f]{40}(?:[0-9a-f]{24})? \$")
_TO_FILL_IN = re.compile(rb"\$Id: ?[^\s$]* ?\$")
"""Where git fills in an id, besides ``$Id$`` itself. Other systems' have more than one word."""

_MAX_FETCHED = 20
"""Files that differ and are fetched, to say how."""

_MAX_DIFFS = 3
_MAX_LISTED = 100
"""Names that a fact lists."""


class _Asked(NamedTuple):
    """One package's recipe, and where it should be."""

    commit: Stamped
    contents: PackageContents
    expected: Expectations
    packaged: PackagedRecipe
    record: Mapping[str, Any]
    """Its index.json."""
    terms: Terms


class RecipeMatches(Check):
    id = "recipe-matches"
    summary = "Is the recipe in the package that of the commit, file by file?"
    proves = (
        "where the recipe comes from. Not the rendered files, not the dependencies, not what gets "
        "installed"
    )

    def check(self, case: Case, world: World) -> Result:
        commit, contents = stamped(case, world), case.subject.contents
        if commit is None:
            return self.not_applicable(NAMES_NO_COMMIT)
        if commit.repository.commit(commit.sha) is None:
            return self.not_applicable(NO_SUCH_COMMIT)

        if contents.oddities:
            return self.failed(sentences.odd(contents.oddities), contradicts=True)
        if not has_recipe(contents):
            return self.not_applicable(sentences.NO_RECIPE)

        packaged = find_recipe(contents)
        if packaged is None:
            return self.unavailable(sentences.NO_ORIGINAL)
        if packaged.origin not in (None, commit.sha):
            return self.failed(
                sentences.other_origin(str(packaged.origin)),
                contradicts=True,
                commit_in_recipe=packaged.origin,
            )

        record = case.subject.record
        terms = _terms(record, contents)
        return self._compared(_Asked(commit, contents, case.expected, packaged, record, terms))

    def _compared(self, asked: _Asked) -> Result:
        sha, repository = asked.commit.sha, asked.commit.repository
        wanted = Wanted(
            _text(asked.record, "name"), _text(asked.record, "version"), asked.expected.paths
        )
        found = find(repository, sha, asked.packaged, asked.terms, wanted)
        if found.best is None:
            return self._not_found(asked, found)

        differing = _contents_of(asked, found, found.best)
        _set_aside(found.best, differing)
        _set_aside_changed(asked, found, found.best)
        result = self._judged(asked, found, found.best)
        return result._replace(detail=_diffs(found.best, differing))

    def _not_found(self, asked: _Asked, found: Found) -> Result:
        if found.elsewhere:
            return self.failed(
                sentences.elsewhere(found.elsewhere, asked.expected.paths),
                folders=list(found.elsewhere[:_MAX_LISTED]),
                paths=list(asked.expected.paths),
            )
        if asked.expected.generated_recipe:
            return self.unavailable(sentences.GENERATED)
        if _may_be_changed(asked, found):
            return self.unavailable(sentences.CHANGED_RECIPE)
        return self.failed(sentences.NOT_THERE, contradicts=True, builder=asked.packaged.builder)

    def _judged(self, asked: _Asked, found: Found, best: Comparison) -> Result:
        recipe = _recipe(asked, found)
        identity = _identity(asked, recipe)
        scripts = _scripts(asked, found)
        facts = _facts(asked, found, best) | {
            "name": identity.name.value,
            "version": identity.version.value,
            "install_scripts": scripts.names,
        }

        if fault := sentences.faults(best):
            return self.failed(fault, contradicts=True, **facts)
        if Belongs.NO in identity:
            return self.failed(sentences.foreign(best, asked.record), contradicts=True, **facts)
        if asked.expected.strict_extras and best.untracked:
            return self.failed(sentences.untracked(best), **facts)

        if not best.unknown and not is_recipe(recipe, is_v1=asked.packaged.is_v1):
            return self.unavailable(sentences.no_recipe(best), **facts)
        if doubt := sentences.doubts(best) or scripts.doubt:
            return self.unavailable(doubt, **facts)
        return self.passed(sentences.passed(best, identity, has_scripts=scripts.are_known), **facts)


class _Scripts(NamedTuple):
    """The scripts that run at installation."""

    names: list[str]
    doubt: str = ""
    are_known: bool = True
    """Was the payload read?"""


def _scripts(asked: _Asked, found: Found) -> _Scripts:
    contents = asked.contents
    if elsewhere := paths_elsewhere(contents):
        return _Scripts([], sentences.leading_elsewhere(elsewhere), are_known=False)

    if contents.install_scripts is None:
        listed = listed_scripts(contents) or []
        doubt = sentences.unread_scripts(listed) if listed else ""
        return _Scripts(listed[:_MAX_LISTED], doubt, are_known=False)

    outside = scripts_outside(
        asked.commit.repository, asked.commit.sha, contents, found, asked.terms
    )
    names = sorted(contents.install_scripts)[:_MAX_LISTED]
    return _Scripts(names, sentences.foreign_scripts(outside) if outside else "")


def _text(record: Mapping[str, Any], key: str) -> str:
    value = record.get(key)
    return value if isinstance(value, str) else ""


def _terms(record: Mapping[str, Any], contents: PackageContents) -> Terms:
    """How exactly the files can be compared, by where the package may have been built.

    A noarch package may have been built on Windows.
    """
    subdir = _text(record, "subdir")
    may_be_windows = subdir == "noarch" or subdir.startswith("win-")
    return Terms(
        line_endings_count=not may_be_windows,
        modes_count=not may_be_windows and bool(subdir) and contents.has_modes,
        has_links=not may_be_windows,
    )


def _recipe(asked: _Asked, found: Found) -> bytes:
    """The recipe's text. Of a link, that of the file in the commit to which it leads."""
    recipe = asked.packaged.recipe
    if not recipe.is_link:
        return recipe.data
    if found.linked is None:
        return b""
    return asked.commit.repository.blobs(asked.commit.sha, [found.linked])[found.linked]


def _identity(asked: _Asked, recipe: bytes) -> Identity:
    record = asked.record
    return identify(recipe, record.get("name"), record.get("version"), is_v1=asked.packaged.is_v1)


def _contents_of(asked: _Asked, found: Found, best: Comparison) -> dict[str, bytes]:
    """What the commit has of the files that differ, as far as the server sends it."""
    entries = found.tree.below(best.folder)
    ids = {path: entries[path].id for path in list(best.contents)[:_MAX_FETCHED]}
    try:
        blobs = asked.commit.repository.blobs(asked.commit.sha, ids.values()) if ids else {}
    except UnavailableError:
        return {}
    return {path: blobs[each] for path, each in ids.items() if each in blobs}


def _set_aside(best: Comparison, differing: Mapping[str, bytes]) -> None:
    """What git makes of a file when it checks it out is not decoded, and refutes nothing."""
    for path, data in differing.items():
        if data.startswith(_LARGE_FILE):
            why = "is kept by Git LFS, outside of the commit"
        elif _is_filled_in(best.contents[path], data):
            why = "differs where git fills in $Id$"
        else:
            continue
        del best.differs[path]
        best.unknown[path] = why

    for path in best.contents.keys() & best.differs.keys() - differing.keys():
        if _FILLED_IN.search(best.contents[path].data):
            del best.differs[path]
            best.unknown[path] = "may differ only where git fills in $Id$"


def _is_filled_in(file: PackageFile, data: bytes) -> bool:
    empty = _TO_FILL_IN.sub(b"$Id$", data)
    return any(
        _FILLED_IN.sub(b"$Id$", each) == empty for each in (file.data, with_lf_endings(file))
    )


def _set_aside_changed(asked: _Asked, found: Found, best: Comparison) -> None:
    """The same of what git may make of a file by the commit's attributes."""
    start = f"{best.folder}/" if best.folder else ""
    places = {f"{start}{path}": path for path in best.contents if path in best.differs}
    for place in changed_at_checkout(places, found.tree.files, _blobs(asked)):
        del best.differs[places[place]]
        best.unknown[places[place]] = sentences.CHANGED


def _may_be_changed(asked: _Asked, found: Found) -> bool:
    """May the recipe be in the commit all the same, as git changed it for a checkout?"""
    named, files = asked.packaged.names.fullmatch, found.tree.files
    places = [path for path in files if named(path.rpartition("/")[2])]
    has_ident = _FILLED_IN.search(asked.packaged.recipe.data) is not None
    return bool(changed_at_checkout(places, files, _blobs(asked), has_ident=has_ident))


def _blobs(asked: _Asked) -> Callable[[Iterable[str]], Mapping[str, bytes]]:
    return partial(asked.commit.repository.blobs, asked.commit.sha)


def _diffs(best: Comparison, differing: Mapping[str, bytes]) -> str:
    lines: list[str] = []
    for path in [each for each in differing if each in best.differs][:_MAX_DIFFS]:
        lines += line_diff(differing[path], best.contents[path].data, path)
    return "\n".join(lines)


def _facts(asked: _Asked, found: Found, best: Comparison) -> dict[str, Any]:
    lists: Mapping[str, Iterable[str]] = {
        "folders": found.folders,
        "differs": best.differs,
        "extra": best.extra,
        "missing": best.missing,
        "untracked": best.untracked,
        "explained": best.explained,
        "line_endings": [*best.line_endings, *best.other_endings],
        "unknown": best.unknown,
        "submodules": best.submodules,
        "composed": best.composed,
    }
    return {
        "builder": asked.packaged.builder,
        "folder": best.folder,
        "recipe": best.recipe,
        "same": len(best.same) + len(best.other_endings),
        "commit_in_recipe": asked.packaged.origin,
        **{name: sorted(listed)[:_MAX_LISTED] for name, listed in lists.items() if listed},
    }


CHECK = RecipeMatches()
