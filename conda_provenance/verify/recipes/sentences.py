"""What ``recipe-matches`` says to people, one sentence each. What follows is decided elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from conda_provenance.text import listed, show
from conda_provenance.verify.recipes.comparison import Comparison
from conda_provenance.verify.recipes.identity import Belongs, Identity

NO_RECIPE = "No recipe is in the package: its builder was told to leave it out."
NO_ORIGINAL = (
    "The recipe as its author wrote it is not in the package, so there is nothing to compare with "
    "the commit."
)
NOT_THERE = "The recipe is not in that commit: no file of it is the packaged recipe."
GENERATED = "The policy says that the CI makes the recipe, so no commit has it."
CHANGED = "differs, and git may change it when it checks it out (.gitattributes)"
CHANGED_RECIPE = (
    "No file of that commit is the packaged recipe, but git may change what it checks out there "
    "(.gitattributes): whether the recipe is one of them cannot be told."
)

_MAX_NAMED = 5
_MAX_SHOWN = 120
_NOT_CHECKED = (
    "what the builder rendered, the dependencies and the files that get installed were not checked"
)


def odd(oddities: Sequence[str]) -> str:
    return (
        "The package holds what no builder writes, so readers may see another recipe: "
        f"{oddities[0]}"
    )


def other_origin(sha: str) -> str:
    return f"conda-build wrote into the packaged recipe that it is of another commit, {sha}."


def elsewhere(folders: Sequence[str], paths: Sequence[str]) -> str:
    return (
        f"The recipe is in {_folders(folders)} of that commit, where the policy does not expect it:"
        f" it expects {_joined(paths)}."
    )


def faults(best: Comparison) -> str:
    """Every kind of difference. Empty: there is none."""
    parts = [f"{_shown(path)} {why}" for path, why in sorted(best.differs.items())]
    parts += [f"{_shown(path)} is not in the commit" for path in sorted(best.extra)]
    parts += [f"{_shown(path)} is missing" for path in sorted(best.missing)]
    if not parts:
        return ""
    return f"The packaged recipe is not {_place(best)} of that commit: {_cut(parts)}."


def foreign(best: Comparison, index: Mapping[str, Any]) -> str:
    package = f"{_shown(str(index.get('name')))} {_shown(str(index.get('version')))}"
    return f"The recipe in {_place(best)} of that commit makes no package {package}."


def untracked(best: Comparison) -> str:
    return (
        f"The packaged recipe has files that nobody committed, which the policy does not accept: "
        f"{_cut(map(_shown, best.untracked))}."
    )


def doubts(best: Comparison) -> str:
    """What keeps equal files from being a pass. Empty: nothing does."""
    if best.unknown:
        parts = [f"{_shown(path)} {why}" for path, why in sorted(best.unknown.items())]
        return f"Not all of the packaged recipe can be compared: {_cut(parts)}."
    if best.line_endings:
        return (
            f"Only line endings differ, in {_cut(map(_shown, best.line_endings))}: that happens on "
            "Windows, and this package is for another system."
        )
    return ""


def no_recipe(best: Comparison) -> str:
    place = "/".join(filter(None, (best.folder, best.recipe)))
    return (
        f"{_shown(place)} of that commit is what the package calls its recipe, and it names no "
        "package: any file can be called so."
    )


def foreign_scripts(names: Iterable[str]) -> str:
    return f"{_cut(map(_shown, names))} runs at install, not from the recipe."


def leading_elsewhere(names: Iterable[str]) -> str:
    return (
        f"The package lists {_cut(map(_shown, names))}, which leads elsewhere: what runs at "
        "install cannot be told."
    )


def unread_scripts(names: Iterable[str]) -> str:
    return (
        f"{_cut(map(_shown, names))} runs at install, and was not read: the package has to be read "
        "whole for that."
    )


def passed(best: Comparison, identity: Identity, *, has_scripts: bool) -> str:
    number = len(best.same) + len(best.other_endings) + len(best.explained)
    files = f"{number} files" if number != 1 else "one file"
    parts = [f"The packaged recipe is {_place(best)} of that commit ({files})"]
    if best.other_endings:
        parts.append("but for line endings, as on Windows")
    if best.untracked:
        parts.append(f"besides {_cut(map(_shown, best.untracked))}, which nobody committed")
    if untold := [
        word
        for word, each in (("name", identity.name), ("version", identity.version))
        if each is Belongs.UNTOLD
    ]:
        parts.append(
            f"whether it makes a package of this {' and '.join(untold)} cannot be told without "
            "rendering it"
        )
    scripts = "" if has_scripts else ", and scripts that run at install were not looked for"
    return f"{'; '.join(parts)}; {_NOT_CHECKED}{scripts}."


def _place(best: Comparison) -> str:
    return _folder(best.folder)


def _folder(folder: str) -> str:
    return f"the folder {_shown(folder)}" if folder else "the top folder"


def _folders(folders: Sequence[str]) -> str:
    return _joined(map(_folder, folders))


def _shown(name: str) -> str:
    return show(name, _MAX_SHOWN)


def _cut(parts: Iterable[str]) -> str:
    return listed(parts, "and", _MAX_NAMED)


def _joined(names: Iterable[str]) -> str:
    return listed(names, "or", _MAX_NAMED)
